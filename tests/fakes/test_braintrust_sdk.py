"""The official SDK's own end-to-end tests, which its package contains, pass against the fake."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.fakes.braintrust import BraintrustServer
from tests.fakes.braintrust.json_values import JsonObject
from tests.fakes.calls import put
from tests.fakes.vendor import needs_braintrust_sdk, run_braintrust_python

pytestmark = [pytest.mark.network, pytest.mark.vendor, needs_braintrust_sdk]

# Run from a copy: the conftest beside the originals points them at the real service.
CONFTEST = """\
import os
import pytest

@pytest.fixture
def api_key():
    return os.environ["BRAINTRUST_API_KEY"]
"""

LOAD = """\
import braintrust
prompt = braintrust.load_prompt(project="Trader", slug="greeting")
print(prompt.version, prompt.build(name="Ada")["messages"][0]["content"])
"""

BUILD = """\
import json
import braintrust
prompt = braintrust.load_prompt(project="Trader", slug="greeting")
print(json.dumps(prompt.build()["span_info"]))
"""


def test_the_sdks_own_tests_pass(service: BraintrustServer, tmp_path: Path) -> None:
    where = "import braintrust.api; print(braintrust.api.__path__[0])"
    package = Path(_run(service, tmp_path, "-c", where))
    for name in ("test_prompts.py", "test_projects.py"):
        shutil.copy(package / name, tmp_path)
    (tmp_path / "conftest.py").write_text(CONFTEST)

    # Their mark `vcr` is unknown without the plug-in, which must not replay recordings here.
    report = _run(service, tmp_path, "-m", "pytest", "-q", "-p", "no:vcr", "-p", "no:cacheprovider")

    assert re.search(r"^\d+ passed(, \d+ warnings?)? in ", report, re.MULTILINE), report
    met = {(request.method, request.path.split("/")[2]) for request in service.requests}
    assert met >= {(method, "prompt") for method in ("POST", "GET", "PATCH", "PUT", "DELETE")}


def test_the_sdk_loads_a_prompt(service: BraintrustServer, tmp_path: Path) -> None:
    messages = [{"role": "user", "content": "Hello {{name}}"}]
    data = {"prompt": {"type": "chat", "messages": messages}, "options": {"model": "gpt-5-mini"}}
    prompt = put(service, prompt_data=data)

    loaded = _run(service, tmp_path, "-c", LOAD)

    assert loaded == f"{prompt['_xact_id']} Hello Ada"


def test_the_sdk_marks_model_calls_as_the_fakes_evaluations_do(
    service: BraintrustServer, tmp_path: Path
) -> None:
    data: JsonObject = {
        "prompt": {"type": "chat", "messages": [{"role": "user", "content": "Hello"}]},
        "options": {"model": "gpt-5-mini"},
    }
    put(service, prompt_data=data)

    marked = json.loads(_run(service, tmp_path, "-c", BUILD))

    _, call = service.person.evaluates("greeting").spans
    assert marked["metadata"] == call.metadata


def _run(service: BraintrustServer, folder: Path, *arguments: str) -> str:
    result = run_braintrust_python(*arguments, cwd=folder, url=service.url, api_key=service.api_key)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout.strip()
