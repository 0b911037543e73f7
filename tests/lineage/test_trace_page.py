"""The programs of the page on tracing do what it says, in each tool."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import indent

import pytest

import promptsync
from promptsync.registries.braintrust import BraintrustRegistry
from promptsync.registries.mlflow import MlflowRegistry
from promptsync.registries.opik import OpikRegistry
from promptsync.remote_prompt import RemotePrompt
from tests.builders import prompt
from tests.documentation.pages import read_page
from tests.fakes.braintrust import BraintrustServer
from tests.fakes.opik import OpikServer
from tests.fakes.vendor import (
    needs_braintrust_sdk,
    needs_opik_sdk,
    run_braintrust_python,
    run_opik_python,
)
from tests.mlflow_server import MlflowServer, needs_mlflow, run_mlflow_python
from tests.registries.contract import STAMP

pytestmark = [pytest.mark.network, pytest.mark.vendor]

Registry = BraintrustRegistry | MlflowRegistry | OpikRegistry
PROGRAMS = {block.title: block.text for block in read_page("docs/how-to/trace-prompts.md").blocks}


@pytest.fixture(autouse=True)
def beside_promptsync(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(promptsync.__file__).parents[1]))


@pytest.fixture
def set_up(tmp_path: Path) -> Callable[..., list[RemotePrompt]]:
    """Return a function that uploads two versions, each under its alias, and a configuration."""

    def set_up(registry: Registry, aliases: tuple[str, str], config: str) -> list[RemotePrompt]:
        (tmp_path / "promptsync.toml").write_text(f"[registries.production]\n{config}")
        versions = []
        for alias, text in zip(aliases, ("Greet {{name}}", "Greet {{name}} warmly"), strict=True):
            stored = registry.save_prompt(prompt(text=text, model="gpt-5-mini"), STAMP)
            registry.set_alias("greeting", alias, stored.version)
            versions.append(stored)
        return versions

    return set_up


@needs_mlflow
@pytest.mark.slow
def test_the_program_for_mlflow(
    mlflow: MlflowRegistry,
    mlflow_service: MlflowServer,
    set_up: Callable[..., list[RemotePrompt]],
    tmp_path: Path,
) -> None:
    old, new = set_up(mlflow, ("production", "candidate"), 'kind = "mlflow"\n')

    results = [
        run_mlflow_python(PROGRAMS[name], cwd=tmp_path, url=mlflow_service.url)
        for name in ("evaluate_mlflow.py", "read_mlflow.py")
    ]

    assert [each.returncode for each in results] == [0, 0], results[0].stderr + results[1].stderr
    # The latest run comes first.
    assert results[1].stdout == (
        f"candidate v2\n{new.content_hash}\nproduction v1\n{old.content_hash}\n"
    )


@needs_braintrust_sdk
def test_the_program_for_braintrust(
    open_braintrust: Callable[..., BraintrustRegistry],
    service: BraintrustServer,
    set_up: Callable[..., list[RemotePrompt]],
    tmp_path: Path,
) -> None:
    service.store.projects.add(service.store.organizations[0], "Greetings", None)
    registry = open_braintrust(project="Greetings")
    config = 'kind = "braintrust"\nproject = "Greetings"\n'
    aliases = ("production", "staging")
    versions = set_up(registry, aliases, config)

    result = run_braintrust_python(
        "-c",
        PROGRAMS["evaluate_braintrust.py"],
        cwd=tmp_path,
        url=service.url,
        api_key=service.api_key,
    )

    assert result.returncode == 0, result.stderr
    found = {each.name: each.version for each in registry.list_experiments("greeting")}
    assert found == dict(zip(aliases, (each.version for each in versions), strict=True))


# What stands in for OpenAI's package, which answers nothing here.
OPENAI = """\
from types import SimpleNamespace as Object
import braintrust, promptsync
from promptsync import lineage

class Completions:
    def create(self, **arguments):
        assert sorted(arguments) == ["messages", "model"], arguments
        return {"choices": []}

openai = Object(OpenAI=lambda: Object(chat=Object(completions=Completions())))
greeting = promptsync.load("greeting", alias="production")
experiment = braintrust.init(project="Trader", experiment="wrapped")
with experiment.start_span("example"):
"""


@needs_braintrust_sdk
def test_the_call_of_a_wrapped_client(
    braintrust: BraintrustRegistry,
    service: BraintrustServer,
    set_up: Callable[..., list[RemotePrompt]],
    tmp_path: Path,
) -> None:
    call = indent(PROGRAMS["call_model.py"], "    ")
    aliases = ("production", "staging")
    old, _ = set_up(braintrust, aliases, 'kind = "braintrust"\nproject = "Trader"\n')

    result = run_braintrust_python(
        "-c", OPENAI + call, cwd=tmp_path, url=service.url, api_key=service.api_key
    )

    assert result.returncode == 0, result.stderr
    (found,) = braintrust.list_experiments("greeting")
    assert (found.name, found.version) == ("wrapped", old.version)


@needs_opik_sdk
def test_the_program_for_opik(
    opik: OpikRegistry,
    opik_service: OpikServer,
    set_up: Callable[..., list[RemotePrompt]],
    tmp_path: Path,
) -> None:
    aliases = ("production", "staging")
    versions = set_up(opik, aliases, 'kind = "opik"\nproject = "Trader"\n')

    result = run_opik_python(
        "-c", PROGRAMS["evaluate_opik.py"], cwd=tmp_path, url=opik_service.url, project="Trader"
    )

    assert result.returncode == 0, result.stderr
    found = {each.name: each.version for each in opik.list_experiments("greeting")}
    assert found == dict(zip(aliases, (each.version for each in versions), strict=True))
    assert len(opik_service.store.traces) == 2
