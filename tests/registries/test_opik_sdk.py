"""What promptsync uploads to Opik, applications read with the official SDK, and the other way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import promptsync
from promptsync.prompt import Message, Prompt, Template
from promptsync.prompt_file import format_prompt
from promptsync.registries.opik import OpikRegistry
from promptsync.registries.opik_identity import Identity
from tests.builders import prompt
from tests.fakes.opik import OpikServer
from tests.fakes.vendor import needs_opik_sdk, run_opik_python
from tests.registries.contract import RESPONSE_FORMAT, SAMPLING, STAMP, TOOL

pytestmark = [pytest.mark.network, pytest.mark.vendor, needs_opik_sdk]

BEGIN = """\
import json, sys
import opik

client = opik.Opik()
"""

CHAT = Prompt(
    name="analyze-signal",
    content=(
        Message("system", "You are careful."),
        Message("user", "Signal: {{signal}}, Grüße"),
        Message("user", [{"type": "text", "text": "Chart of {{day}}"}]),
    ),
    title="Analyze signal",
    model="gpt-5-mini",
    params=SAMPLING,
    tools=[TOOL],
    response_format=RESPONSE_FORMAT,
    metadata={"owner": "support"},
)


@pytest.fixture
def sdk(opik_service: OpikServer, tmp_path: Path) -> Any:
    """Return a function that runs statements with the SDK and returns what `answer` is then."""

    def run(statements: str) -> Any:
        program = f"{BEGIN}{statements}\nclient.end()\nprint(json.dumps(answer))"
        result = run_opik_python(
            "-c", program, cwd=tmp_path, url=opik_service.url, project="Trader"
        )
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout.splitlines()[-1])

    return run


def test_the_sdk_reads_a_chat_prompt_as_it_was_uploaded(opik: OpikRegistry, sdk: Any) -> None:
    stored = opik.save_prompt(CHAT, STAMP)
    identity = Identity("Trader", "analyze-signal", stored.service_ids["prompt_id"])

    answer = sdk(
        "found = client.get_chat_prompt('analyze-signal')\n"
        "filled = found.format({'signal': 'up', 'day': 'Monday'})\n"
        "answer = [found.version, found.metadata, filled]"
    )

    assert answer == [
        stored.version,
        {
            "owner": "support",
            "title": "Analyze signal",
            "model": "gpt-5-mini",
            "params": SAMPLING,
            "tools": [TOOL],
            "response_format": RESPONSE_FORMAT,
            "promptsync": {**STAMP.to_json(), **identity.to_json()},
        },
        [
            {"role": "system", "content": "You are careful."},
            {"role": "user", "content": "Signal: up, Grüße"},
            {"role": "user", "content": [{"type": "text", "text": "Chart of Monday"}]},
        ],
    ]


def test_the_sdk_reads_text_prompts_by_latest_version_and_alias_and_lists_them(
    opik: OpikRegistry, sdk: Any
) -> None:
    old = opik.save_prompt(prompt(text="old {{name}}"), STAMP)
    opik.save_prompt(prompt(text="new {{name}}"), STAMP)
    opik.save_prompt(prompt("jinja", "{% if a %}a{% endif %}", template=Template.JINJA2), STAMP)
    opik.save_prompt(CHAT, STAMP)
    opik.set_alias("greeting", "production", old.version)

    answer = sdk(
        "latest = client.get_prompt('greeting')\n"
        f"first = client.get_prompt('greeting', version='{old.version}')\n"
        "aliased = client.get_prompt('greeting', environment='production')\n"
        "jinja = client.get_prompt('jinja')\n"
        "everything = client.search_prompts()\n"
        "answer = [latest.format(name='Ada'), first.prompt, aliased.prompt, aliased.version,\n"
        "          jinja.format(a=1), sorted(each.name for each in everything)]"
    )

    assert answer == [
        "new Ada",
        "old {{name}}",
        "old {{name}}",
        old.version,
        "a",
        ["analyze-signal", "greeting", "jinja"],
    ]


def test_what_an_application_writes_is_a_version_without_a_stamp(
    opik: OpikRegistry, sdk: Any
) -> None:
    opik.save_prompt(prompt(text="Hello"), STAMP)

    sdk(
        "answer = client.create_prompt('greeting', 'Hello there').version\n"
        "client.create_chat_prompt('chat', [{'role': 'user', 'content': 'Hi {{name}}'}],\n"
        "                          metadata={'model': 'gpt-5-mini', 'team': 'support'},\n"
        "                          description='Says hi', tags=['b', 'a'])"
    )

    greeting, other = opik.get_prompt("greeting"), opik.get_prompt("chat")
    assert greeting is not None
    assert (greeting.version, greeting.prompt.content, greeting.stamp) == (
        "v2",
        "Hello there",
        None,
    )
    assert other is not None
    assert other.prompt == Prompt(
        name="chat",
        content=(Message("user", "Hi {{name}}"),),
        description="Says hi",
        model="gpt-5-mini",
        tags=("a", "b"),
        metadata={"team": "support"},
    )


def test_the_sdk_and_promptsync_do_not_take_turns(opik: OpikRegistry, sdk: Any) -> None:
    opik.save_prompt(prompt(text="Hello"), STAMP)
    write = "answer = client.create_prompt('greeting', 'Hello').version"
    assert sdk(write) == "v2"  # with other metadata than ours, which is none

    adopted = opik.save_prompt(prompt(text="Hello"), STAMP)

    assert (adopted.version, adopted.stamp) == ("v2", STAMP)
    assert sdk(write) == "v2"
    assert opik.get_prompt("greeting") == adopted


def test_what_the_sdk_loaded_is_compared_at_a_cold_start(
    opik: OpikRegistry,
    opik_service: OpikServer,
    sdk: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(promptsync.__file__).parents[1]))
    (tmp_path / "prompts").mkdir()
    for sent in (CHAT, prompt(model="gpt-5-mini"), prompt("edited", "Hello")):
        text = format_prompt(sent, path_name=sent.name)
        (tmp_path / "prompts" / f"{sent.name}.md").write_text(text, "utf-8")
        opik.save_prompt(sent, None)
    config = '[registries.production]\nkind = "opik"\nproject = "Trader"\n'
    (tmp_path / "promptsync.toml").write_text(config)
    opik_service.person.edits("edited", "Good morning")

    answer = sdk(
        "import promptsync\n"
        "loaded = [client.get_chat_prompt('analyze-signal'), client.get_prompt('greeting'),\n"
        "          client.get_prompt('edited')]\n"
        "report = promptsync.check_drift(loaded=loaded)\n"
        "answer = {each.name: each.status.value for each in report.prompts}"
    )

    assert answer == {"analyze-signal": "in_sync", "greeting": "in_sync", "edited": "diverged"}
