"""Prompts as feature flags, asked for as an application does: through OpenFeature's own client."""

from __future__ import annotations

import asyncio
import logging
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from openfeature import api
from openfeature.client import OpenFeatureClient
from openfeature.evaluation_context import EvaluationContext
from openfeature.event import EventDetails, ProviderEvent
from openfeature.exception import ErrorCode, ProviderFatalError
from openfeature.flag_evaluation import FlagEvaluationDetails, Reason
from openfeature.provider import ProviderStatus

from promptsync import Client, Message, Prompt, UsageError
from promptsync.content_hash import content_hash
from promptsync.openfeature_provider import PromptsyncProvider
from promptsync.prompt_file import format_prompt
from promptsync.registries.local import LocalRegistry
from promptsync.remote_prompt import Stamp
from tests.builders import prompt
from tests.deployment import braintrust_with_key, upload
from tests.fakes.braintrust import AnswersHtml, BraintrustServer

pytestmark = pytest.mark.system

COMMIT = "0123456789abcdef0123456789abcdef01234567"
GREETING = Prompt(
    name="greeting",
    content=(Message("system", "You greet people."), Message("user", "I am {{name}}.")),
    model="gpt-5-mini",
    params={"temperature": 0, "stop": ["bye"]},
)
WARMER = Prompt(
    name="greeting",
    content=(Message("system", "You greet people warmly."), Message("user", "I am {{name}}.")),
    model="gpt-5-mini",
    params={"temperature": 1},
)
FAREWELL = prompt("farewell", "Say goodbye to {{name}}.")
DEFAULT = {"text": "Hello."}


def stamp_of(prompt: Prompt) -> Stamp:
    return Stamp(
        content_hash=content_hash(prompt, "local"),
        path=f"prompts/{prompt.name}.md",
        file_sha256="0" * 64,
        commit=COMMIT,
    )


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalRegistry]:
    """Return the local registry of the working directory, which has two prompts and two aliases."""
    monkeypatch.chdir(tmp_path)
    registry = LocalRegistry(f"sqlite:///{tmp_path}/.promptsync/registry.db")
    for each in (GREETING, FAREWELL):
        stored = registry.save_prompt(each, stamp_of(each))
        registry.set_alias(each.name, "production", stored.version)
    registry.set_alias(
        "greeting", "candidate", registry.save_prompt(WARMER, stamp_of(WARMER)).version
    )
    yield registry
    registry.close()


@pytest.fixture
def serve() -> Iterator[Callable[[PromptsyncProvider], OpenFeatureClient]]:
    """Return what makes a provider the one that OpenFeature asks."""

    def serve(provider: PromptsyncProvider) -> OpenFeatureClient:
        ready = threading.Event()
        api.set_provider(provider)
        client = api.get_client()
        # A handler that is added later than the event is called at once.
        client.add_handler(ProviderEvent.PROVIDER_READY, lambda _: ready.set())
        assert ready.wait(60)
        return client

    yield serve
    api.clear_providers()


@pytest.fixture
def flags(
    registry: LocalRegistry, serve: Callable[[PromptsyncProvider], OpenFeatureClient]
) -> OpenFeatureClient:
    """Return OpenFeature's client of an application in production."""
    assert registry.get_prompt("greeting")
    return serve(PromptsyncProvider(Client(alias="production", cache=False)))


def failed(details: FlagEvaluationDetails[Any]) -> tuple[object, object, object]:
    return details.value, details.error_code, details.reason


def test_a_prompt_is_an_object_flag_whose_variant_is_the_alias(flags: OpenFeatureClient) -> None:
    details = flags.get_object_details("greeting", DEFAULT)

    assert details == FlagEvaluationDetails(
        flag_key="greeting",
        value={
            "name": "greeting",
            "model": "gpt-5-mini",
            "params": {"temperature": 0, "stop": ["bye"]},
            "messages": [
                {"role": "system", "content": "You greet people."},
                {"role": "user", "content": "I am {{name}}."},
            ],
            "version": "1",
            "alias": "production",
            "content_hash": content_hash(GREETING, "local"),
            "commit": COMMIT,
        },
        variant="production",
        reason=Reason.STATIC,
        flag_metadata={
            "version": "1",
            "content_hash": content_hash(GREETING, "local"),
            "source": "registry",
            "is_fallback": False,
            "commit": COMMIT,
            "registry": "local",
        },
    )


def test_a_prompt_from_memory_is_cached(flags: OpenFeatureClient) -> None:
    flags.get_object_details("greeting", DEFAULT)

    assert flags.get_object_details("greeting", DEFAULT).reason == Reason.CACHED


def test_changing_a_value_changes_nothing_that_is_served_later(flags: OpenFeatureClient) -> None:
    value: Any = flags.get_object_value("greeting", DEFAULT)
    value["params"]["stop"].append("never")
    value["messages"].clear()

    assert flags.get_object_value("greeting", DEFAULT) == {
        **value,
        "params": {"temperature": 0, "stop": ["bye"]},
        "messages": [
            {"role": "system", "content": "You greet people."},
            {"role": "user", "content": "I am {{name}}."},
        ],
    }


def test_the_evaluation_context_may_name_another_alias(flags: OpenFeatureClient) -> None:
    context = EvaluationContext(attributes={"prompt_alias": "candidate"})

    details = flags.get_object_details("greeting", DEFAULT, context)

    assert (details.variant, details.reason) == ("candidate", Reason.TARGETING_MATCH)
    assert details.flag_metadata["content_hash"] == content_hash(WARMER, "local")


@pytest.mark.parametrize("alias", [7, "", ["candidate"]])
def test_an_alias_that_is_no_name_is_an_invalid_context(
    alias: Any, flags: OpenFeatureClient
) -> None:
    context = EvaluationContext(attributes={"prompt_alias": alias})

    details = flags.get_object_details("greeting", DEFAULT, context)

    assert failed(details) == (DEFAULT, ErrorCode.INVALID_CONTEXT, Reason.ERROR)


@pytest.mark.usefixtures("registry")
def test_an_application_may_choose_the_alias_by_the_targeting_key(
    serve: Callable[[PromptsyncProvider], OpenFeatureClient],
) -> None:
    def first_tenth(_: str, context: EvaluationContext) -> str | None:
        return "candidate" if (context.targeting_key or "").endswith("0") else None

    flags = serve(PromptsyncProvider(Client(alias="production"), choose_alias=first_tenth))

    variants = [
        flags.get_object_details("greeting", DEFAULT, EvaluationContext(user)).variant
        for user in ("user-9", "user-10")
    ]

    assert variants == ["production", "candidate"]


def test_a_text_prompt_is_a_string_flag(flags: OpenFeatureClient) -> None:
    details = flags.get_string_details("farewell", "Bye.")

    assert (details.value, details.variant) == ("Say goodbye to {{name}}.", "production")


def test_a_chat_prompt_is_no_string(flags: OpenFeatureClient) -> None:
    details = flags.get_string_details("greeting", "Hello.")

    assert failed(details) == ("Hello.", ErrorCode.TYPE_MISMATCH, Reason.ERROR)
    assert details.error_message == "`greeting` is a chat prompt: ask for an object"


def test_no_prompt_is_a_boolean_or_a_number(flags: OpenFeatureClient) -> None:
    codes = [
        flags.get_boolean_details("greeting", default_value=True).error_code,
        flags.get_integer_details("greeting", 7).error_code,
        flags.get_float_details("greeting", 0.5).error_code,
    ]

    assert codes == [ErrorCode.TYPE_MISMATCH] * 3


def test_a_flag_that_is_no_prompt_is_not_found_whatever_its_type(flags: OpenFeatureClient) -> None:
    codes = [
        flags.get_object_details("new-checkout", DEFAULT).error_code,
        flags.get_string_details("new-checkout", "").error_code,
        flags.get_boolean_details("new-checkout", default_value=True).error_code,
        flags.get_integer_details("new-checkout", 7).error_code,
        flags.get_float_details("new-checkout", 0.5).error_code,
    ]

    assert codes == [ErrorCode.FLAG_NOT_FOUND] * 5


def test_a_prompt_that_lacks_the_alias_of_the_context_is_served_at_that_of_the_client(
    flags: OpenFeatureClient, registry: LocalRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    context = EvaluationContext(attributes={"prompt_alias": "candidate"})

    details = flags.get_string_details("farewell", "Bye.", context)
    # It is remembered that there is none, so that no evaluation waits for the registry again.
    registry.set_alias("farewell", "candidate", "1")
    again = asyncio.run(flags.get_string_details_async("farewell", "Bye.", context))

    for each in (details, again):
        assert (each.value, each.variant) == ("Say goodbye to {{name}}.", "production")
        assert (each.reason, each.error_code) == (Reason.DEFAULT, None)
    assert [each.getMessage() for each in caplog.records if each.levelname == "WARNING"] == [
        "`farewell` (version 1, alias `production`) is served as the program asks: "
        "it has no alias `candidate`"
    ]


def test_an_asynchronous_evaluation_is_served_so_as_well(flags: OpenFeatureClient) -> None:
    context = EvaluationContext(attributes={"prompt_alias": "candidate"})

    details = asyncio.run(flags.get_string_details_async("farewell", "Bye.", context))

    assert (details.variant, details.reason) == ("production", Reason.DEFAULT)


@pytest.mark.usefixtures("registry")
def test_an_alias_of_the_client_that_a_prompt_lacks_is_not_found_and_said(
    serve: Callable[[PromptsyncProvider], OpenFeatureClient],
) -> None:
    flags = serve(PromptsyncProvider(Client(alias="staging", cache=False)))
    context = EvaluationContext(attributes={"prompt_alias": "candidate"})

    for evaluation in (None, context):
        details = flags.get_string_details("farewell", "Bye.", evaluation)

        assert failed(details) == ("Bye.", ErrorCode.FLAG_NOT_FOUND, Reason.ERROR)
        assert "no version of `farewell` has the alias `staging`" in str(details.error_message)


def test_content_that_belies_its_stamp_is_a_parse_error_where_that_is_refused(
    registry: LocalRegistry, serve: Callable[[PromptsyncProvider], OpenFeatureClient]
) -> None:
    registry.save_prompt(WARMER, stamp_of(GREETING))
    flags = serve(PromptsyncProvider(Client(verify="strict", cache=False)))

    details = flags.get_object_details("greeting", DEFAULT)

    assert failed(details) == (DEFAULT, ErrorCode.PARSE_ERROR, Reason.ERROR)


def test_async_evaluations_answer_the_same(flags: OpenFeatureClient) -> None:
    async def evaluate() -> list[Any]:
        return [
            (await flags.get_object_details_async("greeting", DEFAULT)).variant,
            (await flags.get_string_details_async("farewell", "")).value,
            (await flags.get_boolean_details_async("greeting", default_value=True)).error_code,
            (await flags.get_integer_details_async("greeting", 7)).error_code,
            (await flags.get_float_details_async("nothing", 0.5)).error_code,
        ]

    assert asyncio.run(evaluate()) == [
        "production",
        "Say goodbye to {{name}}.",
        ErrorCode.TYPE_MISMATCH,
        ErrorCode.TYPE_MISMATCH,
        ErrorCode.FLAG_NOT_FOUND,
    ]


@pytest.mark.usefixtures("registry")
def test_a_provider_makes_a_client_of_its_own(
    serve: Callable[[PromptsyncProvider], OpenFeatureClient],
) -> None:
    provider = PromptsyncProvider()
    flags = serve(provider)

    assert flags.get_string_value("farewell", "") == "Say goodbye to {{name}}."
    provider.shutdown()
    assert flags.get_string_details("farewell", "").error_code == ErrorCode.PROVIDER_NOT_READY
    provider.initialize(EvaluationContext())
    assert flags.get_string_value("farewell", "") == "Say goodbye to {{name}}."


@pytest.mark.usefixtures("registry")
def test_a_shutdown_closes_the_client(
    serve: Callable[[PromptsyncProvider], OpenFeatureClient],
) -> None:
    client = Client(alias="production", cache=False)
    provider = PromptsyncProvider(client)
    serve(provider).get_object_value("greeting", DEFAULT)

    provider.shutdown()

    with pytest.raises(UsageError, match="closed"):
        client.load("farewell")
    with pytest.raises(ProviderFatalError):
        provider.initialize(EvaluationContext())


# -- outages --


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[BraintrustServer]:
    """Return the registry of an application that was deployed with the greeting's file."""
    with braintrust_with_key(monkeypatch, "production") as service:
        lines = ["[registries.production]", 'kind = "braintrust"', 'project = "Trader"']
        config = "\n".join([*lines, f'app-url = "{service.url}"'])
        (tmp_path / "promptsync.toml").write_text(config)
        (tmp_path / "prompts").mkdir()
        file = tmp_path / "prompts" / "greeting.md"
        file.write_text(format_prompt(GREETING, path_name="greeting"))
        monkeypatch.chdir(tmp_path)
        yield service


@pytest.mark.network
def test_an_outage_with_a_fallback_is_a_value(
    service: BraintrustServer, serve: Callable[[PromptsyncProvider], OpenFeatureClient]
) -> None:
    service.faults.inject(AnswersHtml())
    flags = serve(PromptsyncProvider(Client(cache=False)))

    details = flags.get_object_details("greeting", DEFAULT)

    value: Any = details.value
    assert value["params"] == {"temperature": 0, "stop": ["bye"]}
    assert (details.error_code, details.reason) == (None, Reason.DEFAULT)
    assert details.flag_metadata["source"] == "file"
    assert details.flag_metadata["is_fallback"] is True


@pytest.mark.network
def test_what_the_registry_served_last_is_stale(
    tmp_path: Path,
    service: BraintrustServer,
    serve: Callable[[PromptsyncProvider], OpenFeatureClient],
) -> None:
    upload(service, WARMER)
    with Client(cache=tmp_path / "cache") as before:
        before.load("greeting")
    service.faults.inject(AnswersHtml())
    flags = serve(PromptsyncProvider(Client(cache=tmp_path / "cache")))

    details = flags.get_object_details("greeting", DEFAULT)

    assert (details.reason, details.flag_metadata["source"]) == (Reason.STALE, "disk")


@pytest.mark.network
def test_an_outage_without_a_fallback_is_the_default(
    service: BraintrustServer, serve: Callable[[PromptsyncProvider], OpenFeatureClient]
) -> None:
    service.faults.inject(AnswersHtml())
    flags = serve(PromptsyncProvider(Client(cache=False)))

    details = flags.get_object_details("farewell", DEFAULT)

    assert failed(details) == (DEFAULT, ErrorCode.GENERAL, Reason.ERROR)


@pytest.mark.network
def test_an_outage_makes_the_provider_stale_until_the_registry_answers_again(
    service: BraintrustServer, serve: Callable[[PromptsyncProvider], OpenFeatureClient]
) -> None:
    upload(service, WARMER)
    service.faults.inject(AnswersHtml())
    flags = serve(PromptsyncProvider(Client(cache=False, retry=0)))
    told: queue.Queue[EventDetails] = queue.Queue()
    recovered = threading.Event()
    flags.add_handler(ProviderEvent.PROVIDER_STALE, told.put)

    flags.get_object_value("greeting", DEFAULT)

    assert told.get(timeout=60).provider_name == "promptsync"
    assert flags.get_provider_status() is ProviderStatus.STALE
    service.faults.clear()
    with waiting_for_log(recovered):
        flags.get_object_value("greeting", DEFAULT)
        assert recovered.wait(60)
    flags.get_object_value("greeting", DEFAULT)
    assert flags.get_provider_status() is ProviderStatus.READY


class waiting_for_log(logging.Handler):  # noqa: N801  reads as a statement
    """Sets an event when the logger `promptsync` says that a registry serves a prompt again."""

    def __init__(self, event: threading.Event) -> None:
        super().__init__(logging.INFO)
        self._event, self._logger = event, logging.getLogger("promptsync")

    def emit(self, record: logging.LogRecord) -> None:
        if record.getMessage().endswith("again"):
            self._event.set()

    def __enter__(self) -> None:
        self._logger.addHandler(self)
        self._logger.setLevel(logging.INFO)

    def __exit__(self, *_: object) -> None:
        self._logger.removeHandler(self)
        self._logger.setLevel(logging.NOTSET)


# What a plain `pip install promptsync` leaves out.
WITHOUT_SDK = """
import sys


class NotInstalled:
    @staticmethod
    def find_spec(name, path, target=None):
        if name == "openfeature":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


sys.meta_path.insert(0, NotInstalled)
import promptsync.openfeature_provider
"""


def test_without_the_sdk_the_error_says_what_to_install() -> None:
    result = subprocess.run(
        [sys.executable, "-c", WITHOUT_SDK], capture_output=True, text=True, check=False
    )

    assert result.stderr.splitlines()[-2:] == [
        "promptsync.errors.MissingPackageError: the package `openfeature-sdk` is not installed",
        "hint: pip install 'promptsync[openfeature]'",
    ]
