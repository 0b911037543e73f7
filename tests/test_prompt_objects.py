"""What an application loaded, in any of the shapes that prompts have, compared with its files."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import promptsync
from promptsync import Prompt, Status, Template, check_drift, warn_on_drift
from promptsync.bundle import save_bundle
from promptsync.content_hash import content_hash, short_hash
from promptsync.loaded_prompt import LoadedPrompt, Source, make_loaded_prompt
from promptsync.remote_prompt import make_remote_prompt
from tests.builders import chat, prompt
from tests.deployment import COMMIT, braintrust_with_key, bundle_of, deploy, hash_of, upload
from tests.fakes.vendor import needs_braintrust_sdk, run_braintrust_python
from tests.registries.serving import unused_address

GREETING = prompt("greeting", "Say hello to {{name}}.")
EDITED = prompt("greeting", "Say hello to {{name}}, and mean it.")
CHAT = chat("chat", system="You are {{tone}}.", user="{{question}}")
MESSAGES = [
    {"role": "system", "content": "You are {{tone}}."},
    {"role": "user", "content": "{{question}}"},
]
BRAINTRUST_CHAT = {
    "prompt": {"type": "chat", "messages": MESSAGES},
    "options": {"model": "gpt-5-mini", "params": {"temperature": 0.0}},
}
DEPLOYED_CHAT = replace(CHAT, model="gpt-5-mini", params={"temperature": 0})


def short(prompt: Prompt) -> str:
    return short_hash(hash_of(prompt))


def warned(caplog: pytest.LogCaptureFixture, **options: Any) -> list[str]:
    """Return the warnings of a check that has ended."""
    warn_on_drift(**options).result()
    return [each.getMessage() for each in caplog.records if each.levelno == logging.WARNING]


def served(content: Prompt, **facts: Any) -> LoadedPrompt:
    """Return what a load would."""
    hashed = content_hash(content, "braintrust")
    return make_loaded_prompt(content, content_hash=hashed, source=Source.REGISTRY, **facts)


@pytest.fixture
def chat_app(tmp_path: Path) -> Path:
    """Return a folder with a chat prompt, a text prompt, and a chat prompt of one message."""
    single = chat("single", system="Be brief.")
    return deploy(tmp_path / "app", GREETING, DEPLOYED_CHAT, single, app_url=unused_address())


SAME = {
    "our own": {"chat": DEPLOYED_CHAT},
    "our own from a registry": {
        "chat": make_remote_prompt(DEPLOYED_CHAT, kind="braintrust", version="7", stamp=None)
    },
    "what a load returned": {"chat": served(DEPLOYED_CHAT)},
    "a list of what loads returned": [served(DEPLOYED_CHAT)],
    "a text": {"greeting": "Say hello to {{name}}."},
    "the text of the only message": {"single": "Be brief."},
    "messages": {"chat": MESSAGES},
    "messages and model": {"chat": {"messages": MESSAGES, "model": "gpt-5-mini"}},
    "a text with params": {"greeting": {"text": "Say hello to {{name}}.", "params": {}}},
    "an answer of Braintrust": [
        {"slug": "chat", "_xact_id": "1000", "prompt_data": BRAINTRUST_CHAT}
    ],
    "Braintrust's SDK": [SimpleNamespace(slug="chat", version="1000", **BRAINTRUST_CHAT)],
}


@pytest.mark.parametrize("loaded", SAME.values(), ids=SAME.keys())
def test_a_loaded_prompt_of_any_shape_is_compared(chat_app: Path, loaded: Any) -> None:
    report = check_drift(chat_app, loaded=loaded)

    assert (report.ok, len(report.prompts)) == (True, 1)


OTHER = {
    "what a load returned": [served(replace(DEPLOYED_CHAT, params={"temperature": 1}))],
    "our own": {"chat": replace(DEPLOYED_CHAT, model="gpt-5")},
    "a text": {"greeting": "Say hello."},
    "the text of the only message": {"single": "Be long."},
    "messages": {"chat": [{"role": "system", "content": "Be brief."}]},
    "no params": {"chat": {"messages": MESSAGES, "params": {}}},
    "an answer of Braintrust": [
        {
            "slug": "chat",
            "_xact_id": "1000",
            "prompt_data": {**BRAINTRUST_CHAT, "template_format": "none"},
        }
    ],
    "Braintrust's SDK, no options": [
        SimpleNamespace(slug="chat", version="1000", **{**BRAINTRUST_CHAT, "options": {}})
    ],
    "Braintrust's SDK, another model": [
        SimpleNamespace(
            slug="chat",
            version="1000",
            prompt=BRAINTRUST_CHAT["prompt"],
            options={"model": "gpt-5", "params": {"temperature": 0}},
        )
    ],
}


@pytest.mark.parametrize("loaded", OTHER.values(), ids=OTHER.keys())
def test_a_loaded_prompt_that_differs_is_found(chat_app: Path, loaded: Any) -> None:
    report = check_drift(chat_app, loaded=loaded)

    assert (report.checked, len(report.drifted)) == (True, 1)


def test_the_warning_about_a_loaded_prompt_names_its_version(
    chat_app: Path, caplog: pytest.LogCaptureFixture
) -> None:
    edited = {"prompt": {"type": "completion", "content": EDITED.content}, "options": {}}
    found = SimpleNamespace(slug="greeting", version="1000196", **edited)

    assert warned(caplog, source=chat_app, loaded=[found]) == [
        "`greeting` differs from what this process was deployed with: "
        f"deployed {short(GREETING)}, loaded {short(EDITED)} (version 1000196)"
    ]


def test_the_warning_about_what_a_load_returned_names_its_commit(
    chat_app: Path, caplog: pytest.LogCaptureFixture
) -> None:
    found = served(EDITED, version="7", commit=COMMIT, path="prompts/greeting.md")

    assert warned(caplog, source=chat_app, loaded=(found,)) == [
        "`greeting` differs from what this process was deployed with: "
        f"deployed {short(GREETING)}, loaded {short(EDITED)} "
        "(uploaded from commit 0123456789ab)"
    ]


def test_a_loaded_prompt_that_was_not_deployed_is_no_drift(chat_app: Path) -> None:
    report = check_drift(chat_app, loaded={"elsewhere": "Hello."})

    assert [(each.name, each.status) for each in report.prompts] == [
        ("elsewhere", Status.UNMANAGED)
    ]
    assert report.ok
    assert str(report.prompts[0]) == "`elsewhere` is not among what this process was deployed with"


def test_a_prompt_that_agrees_says_so(chat_app: Path) -> None:
    (found,) = check_drift(chat_app, loaded={"greeting": GREETING}).prompts

    assert str(found) == "`greeting` is what this process was deployed with"


def test_only_the_named_ones_of_the_loaded_prompts_are_compared(chat_app: Path) -> None:
    loaded = {"greeting": EDITED, "chat": DEPLOYED_CHAT}

    assert check_drift(chat_app, loaded=loaded, names=["chat"]).ok


class Unreachable:
    """A prompt object that loads itself when it is asked, and cannot."""

    slug = "greeting"
    options: dict[str, Any] = {}  # noqa: RUF012  as plain as the SDK's

    @property
    def prompt(self) -> dict[str, Any]:
        raise ConnectionError("Bearer sk-example")


UNREADABLE = {
    "no such shape": ({"greeting": 7}, "a loaded `int` is no prompt that promptsync knows"),
    "an unknown key": (
        {"greeting": {"text": "Hello.", "temperatur": 1}},
        "the loaded `greeting`: unknown key `temperatur`",
    ),
    "no text": ({"greeting": {"model": "gpt-5"}}, "the loaded `greeting` has neither"),
    "one text for many messages": ({"chat": "Hello."}, "`chat` has 2 messages, and one text"),
    "what fails when it is read": (
        [Unreachable()],
        "the loaded `greeting` cannot be read: "
        "unexpected ConnectionError in test_prompt_objects.py:",
    ),
    "no name": ([7], "a loaded `int` has no name"),
    "no list": (7, "`loaded` is a mapping of names to prompts, or a list of prompts"),
    "nothing": ([], "there was nothing to compare"),
    "a shape that Braintrust never sent": (
        [{"slug": "greeting", "prompt_data": {"prompt": {"type": "chat"}}}],
        "Braintrust sent the prompt `greeting` in a shape that promptsync does not know",
    ),
}


@pytest.mark.parametrize(("loaded", "expected"), UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_cannot_be_read_is_a_reason(chat_app: Path, loaded: Any, expected: str) -> None:
    report = check_drift(chat_app, loaded=loaded)

    assert (report.checked, report.ok, report.prompts) == (False, False, ())
    assert (report.reason or "").startswith(expected)


def test_what_cannot_be_read_hides_no_other(chat_app: Path) -> None:
    report = check_drift(chat_app, loaded={"chat": 7, "greeting": EDITED})

    assert (report.checked, [each.name for each in report.drifted]) == (False, ["greeting"])


# -- with the vendor's own SDK --

PROGRAM = """
import braintrust, promptsync
loaded = [braintrust.load_prompt(project="Trader", slug=slug) for slug in ("chat", "greeting")]
report = promptsync.check_drift("bundle.json", loaded=loaded, timeout=30)
print(report.reason, *(each.status.value for each in report.prompts))
"""


@pytest.mark.network
@pytest.mark.slow
@pytest.mark.vendor
@needs_braintrust_sdk
def test_what_the_vendors_sdk_loaded_is_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = [{"type": "function", "function": {"name": "search", "parameters": {}}}]
    deployed = replace(DEPLOYED_CHAT, tools=tools, template=Template.NONE)
    save_bundle(tmp_path / "bundle.json", bundle_of(GREETING, deployed))
    with braintrust_with_key(monkeypatch) as service:
        upload(service, GREETING, deployed)
        service.person.edits("greeting", str(EDITED.content))

        result = run_braintrust_python(
            *("-c", PROGRAM),
            cwd=tmp_path,
            url=service.url,
            api_key=service.api_key,
            environment={"PYTHONPATH": str(Path(promptsync.__file__).parents[1])},
        )

    assert (result.stdout, result.stderr) == ("None in_sync diverged\n", "")
