"""Opik's own end-to-end tests of prompts pass against the fake.

No package contains them. They are run from a checkout of its repository that the environment
variable OPIK_SOURCE names, with `make opik-tests`; CONTRIBUTING.md says how to get one.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest

from tests.fakes.opik import FallsBackToWorkspace, OpikServer, opik_server
from tests.fakes.vendor import needs_opik_sdk, run_opik_python

# Read while this is imported: a test's own environment says nothing about this machine.
SOURCE = os.environ.get("OPIK_SOURCE")

pytestmark = [
    pytest.mark.network,
    pytest.mark.slow,
    pytest.mark.vendor,
    needs_opik_sdk,
    pytest.mark.skipif(not SOURCE, reason="needs a checkout of Opik: OPIK_SOURCE is not set"),
]

FILES = (
    "e2e/test_prompt.py",
    "e2e/test_chat_prompt.py",
    "e2e/test_environment.py",
    "e2e/compatibility_v1/test_prompt.py",
    "e2e/compatibility_v1/test_chat_prompt.py",
)

TRACES = "needs traces, which the fake does not keep"
SKEW = (
    "asks a project for a prompt of another one, which the service answered until July 2026; the "
    "client of autumn says that it no longer does"
)
KNOWN_FAILURES = {
    "test_prompt.py::test_prompt__auto_inject_into_trace__happyflow": TRACES,
    "test_environment.py::test_trace__environment_kwarg_is_persisted_on_the_trace": TRACES,
    "test_environment.py::test_span__inherits_trace_environment_and_ignores_per_call_override": (
        TRACES
    ),
    "test_environment.py::test_trace_without_environment__still_works_for_backwards_compat": TRACES,
    "test_prompt.py::test_get_prompt__chat_prompt__returns_none": SKEW,
    "test_prompt.py::test_get_prompt_history__chat_prompt__returns_empty_list": SKEW,
    "compatibility_v1/test_prompt.py::test_prompt__initialize_class_instance": SKEW,
}


def test_the_clients_own_tests_pass_but_for_those_that_are_named(tmp_path: Path) -> None:
    with opik_server(projects=()) as service:
        failed, passed = run_tests(service, tmp_path)

    assert failed - KNOWN_FAILURES.keys() == set()
    assert passed > len(failed)
    private = [each for each in service.requests if each.path.startswith("/v1/private/")]
    called = {(each.method, each.path.split("/")[3]) for each in private}
    assert called >= {("POST", "prompts"), ("GET", "prompts"), ("PATCH", "prompts")}


def test_where_the_service_is_that_of_july_only_traces_are_missing(tmp_path: Path) -> None:
    with opik_server(FallsBackToWorkspace(), projects=()) as service:
        failed, _ = run_tests(service, tmp_path)

    assert failed - {name for name, why in KNOWN_FAILURES.items() if why is TRACES} == set()


def run_tests(service: OpikServer, folder: Path) -> tuple[set[str], int]:
    """Run the tests in a copy and return the names of those that failed, and how many passed."""
    there = Path(SOURCE or "") / "sdks" / "python" / "tests"
    shutil.copytree(there, folder / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    files = [f"tests/{each}" for each in FILES if (folder / "tests" / each).exists()]
    options = ["-q", "-rf", "--tb=no", "-p", "no:cacheprovider", "-W", "ignore"]
    result = run_opik_python(
        "-m", "pytest", *options, *files, cwd=folder, url=service.url, project="Default Project"
    )
    summary = re.search(r"^(?:\d+ failed, )?(\d+) passed", result.stdout, re.MULTILINE)
    assert summary, result.stdout + result.stderr
    failed = re.findall(r"^FAILED tests/e2e/(\S+)", result.stdout, re.MULTILINE)
    return set(failed), int(summary[1])
