"""The eleven prompts of examples/assistant: valid, filled in, seeded as git says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from promptsync import Client, seed
from promptsync.cli import app
from promptsync.registries.local import LocalRegistry
from tests.assistant_service import EXAMPLE, copy_example, example_variables
from tests.builders import Repo

pytestmark = pytest.mark.system

PROMPTS = [
    "calibration",
    "knowledge-graph",
    "memory",
    "memory-write",
    "notification",
    "observation",
    "onboarding",
    "orchestrator-base",
    "proactive-greeting",
    "schedule",
    "weather",
]


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the example outside of git, which is also the working directory."""
    folder = copy_example(tmp_path / "assistant")
    monkeypatch.chdir(folder)
    return folder


def promptsync(*arguments: str) -> str:
    result = CliRunner().invoke(app, arguments, prog_name="promptsync")
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.usefixtures("example")
def test_the_prompts_have_no_findings() -> None:
    assert promptsync("lint", "--strict") == "14 prompt files checked, no findings\n"


@pytest.mark.parametrize("name", PROMPTS)
@pytest.mark.usefixtures("example")
def test_the_examples_in_a_prompt_file_fill_the_prompt_in(name: str) -> None:
    with Client(offline=True) as client:
        loaded = client.load(name)
        arguments = loaded.openai(**example_variables(name))

    assert loaded.variables == set(example_variables(name))
    assert re.findall(r"\{\{|\{%|\}\}|%\}", json.dumps(arguments["messages"])) == []
    assert {"model", "messages", "temperature"} <= set(arguments)


@pytest.mark.usefixtures("example")
def test_the_calendar_is_listed_as_people_write_it() -> None:
    with Client(offline=True) as client:
        rendered = client.load("schedule").render(**example_variables("schedule"))

    system, _ = rendered.messages
    assert (
        "In the calendar (2):\n"
        "\n"
        "- 09:00 to 10:00: Compiler meeting\n"
        "- 12:30 to 13:30: Lunch with Grace, at Rua das Flores 12\n"
        "\n"
        "- Leave 30 minutes"
    ) in str(system.content)


def test_what_is_seeded_is_in_sync_with_git(repo: Repo) -> None:
    copy_example(repo.path)
    repo.commit()

    report = seed()

    assert (report.ok, sorted(report.created)) == (True, PROMPTS)
    assert "11 in sync" in promptsync("verify", "--strict", "--alias", "production")


def test_model_parameters_tools_and_schemas_come_back_from_a_registry(example: Path) -> None:
    with Client(offline=True) as client:
        deployed = {name: client.load(name).prompt for name in PROMPTS}
    seed()
    registry = LocalRegistry(folder=example)
    stored = {each.name: each.prompt for each in registry.get_prompts(PROMPTS)}
    registry.close()

    assert stored == deployed


def test_the_service_asks_for_every_prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(EXAMPLE)
    from assistant.app import PROMPTS as ASKED

    assert sorted(ASKED) == PROMPTS
