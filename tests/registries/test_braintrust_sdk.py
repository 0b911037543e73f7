"""What promptsync uploads, applications read with the official SDK: by latest, version, alias."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from promptsync.prompt import Message, Prompt
from promptsync.registries.braintrust import BraintrustRegistry
from tests.builders import prompt
from tests.fakes.braintrust import BraintrustServer, DropsMetadata
from tests.fakes.vendor import needs_braintrust_sdk, run_braintrust_python
from tests.registries.contract import RESPONSE_FORMAT, SAMPLING, STAMP, TOOL

pytestmark = [pytest.mark.network, pytest.mark.vendor, needs_braintrust_sdk]

LOAD = """\
import json, sys
import braintrust

options, variables = json.loads(sys.argv[1]), json.loads(sys.argv[2])
prompt = braintrust.load_prompt(project="Trader", **options)
built = prompt.build(**variables)
built.pop("span_info")
print(json.dumps({"version": prompt.version, "name": prompt.name, **built}))
"""

CHAT = Prompt(
    name="analyze-signal",
    content=(
        Message("system", "You are careful."),
        Message("user", "Signal: {{{signal}}}"),
        Message("user", [{"type": "text", "text": "Chart of {{day}}"}]),
    ),
    title="Analyze signal",
    model="gpt-5-mini",
    params=SAMPLING,
    tools=[TOOL],
    response_format=RESPONSE_FORMAT,
)


@pytest.fixture
def load(service: BraintrustServer, tmp_path: Path) -> Any:
    """Return a function that loads and builds a prompt with the SDK, in a process of its own."""

    def load(variables: dict[str, str], **options: str) -> Any:
        result = run_braintrust_python(
            "-c",
            LOAD,
            json.dumps(options),
            json.dumps(variables),
            cwd=tmp_path,
            url=service.url,
            api_key=service.api_key,
        )
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout)

    return load


def test_the_sdk_reads_a_chat_prompt_as_it_was_uploaded(
    braintrust: BraintrustRegistry, load: Any
) -> None:
    stored = braintrust.save_prompt(CHAT, STAMP)

    assert load({"signal": "a & <b>", "day": "Monday"}, slug="analyze-signal") == {
        "version": stored.version,
        "name": "Analyze signal",
        "model": "gpt-5-mini",
        **SAMPLING,
        "response_format": RESPONSE_FORMAT,
        "messages": [
            {"role": "system", "content": "You are careful."},
            {"role": "user", "content": "Signal: a & <b>"},
            {"role": "user", "content": [{"type": "text", "text": "Chart of Monday"}]},
        ],
        "tools": [TOOL],
    }


def test_the_sdk_reads_a_text_prompt_as_it_was_uploaded(
    braintrust: BraintrustRegistry, load: Any
) -> None:
    stored = braintrust.save_prompt(prompt(model="gpt-5-mini"), STAMP)

    assert load({"name": "Ada"}, slug="greeting") == {
        "version": stored.version,
        "name": "greeting",
        "model": "gpt-5-mini",
        "prompt": "Say hello to Ada.",
    }


def test_the_sdk_reads_what_went_the_second_way(
    service: BraintrustServer, braintrust: BraintrustRegistry, load: Any
) -> None:
    service.inject(DropsMetadata())
    stored = braintrust.save_prompt(CHAT, STAMP)

    loaded = load({"signal": "up", "day": "Monday"}, slug="analyze-signal")

    assert stored.stamp == STAMP
    assert loaded["version"] == stored.version
    assert loaded["messages"][1] == {"role": "user", "content": "Signal: up"}


def test_the_sdk_reads_the_version_and_the_alias_that_promptsync_names(
    braintrust: BraintrustRegistry, load: Any
) -> None:
    old = braintrust.save_prompt(prompt(text="old", model="gpt-5-mini"), STAMP)
    new = braintrust.save_prompt(prompt(text="new", model="gpt-5-mini"), STAMP)
    braintrust.set_alias("greeting", "production", old.version)

    latest = load({}, slug="greeting")
    by_version = load({}, slug="greeting", version=old.version)
    by_alias = load({}, slug="greeting", environment="production")

    assert (latest["version"], latest["prompt"]) == (new.version, "new")
    assert (by_version["version"], by_version["prompt"]) == (old.version, "old")
    assert by_alias == by_version
