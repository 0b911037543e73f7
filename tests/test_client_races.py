"""What many do to one client at the same moment: load, close, configure anew, move aliases."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Queue
from typing import Any

import pytest

import promptsync
from promptsync import LoadedPrompt, RegistryUnavailableError, UsageError
from tests.builders import prompt
from tests.fakes.braintrust import Hangs, unavailable
from tests.loading import (
    GREETING,
    WARMER,
    Application,
    Held,
    HeldAnswer,
    background_threads,
    deployed_application,
    settle,
    told,
)

pytestmark = pytest.mark.network

# More than there are threads to ask for them.
NAMES = [f"prompt-{number}" for number in range(20)]
THREADS = 8


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Application]:
    """Return an application with a bundle of many prompts, all of them in the registry too."""
    with deployed_application(tmp_path / "app", *map(prompt, NAMES)) as app:
        monkeypatch.setenv("BRAINTRUST_API_KEY", app.service.api_key)
        app.upload(*map(prompt, NAMES), GREETING)
        yield app


def outcomes_of(load: Callable[[str], LoadedPrompt]) -> Queue[Any]:
    """Begin a load of every name in a thread of its own; return what comes of them."""
    outcomes: Queue[Any] = Queue()

    def begin(name: str) -> None:
        try:
            outcomes.put(load(name))
        except Exception as error:  # noqa: BLE001  the test looks at it
            outcomes.put(error)

    for each in NAMES:
        threading.Thread(target=begin, args=(each,), daemon=True).start()
    return outcomes


# -- the end of a client --


def test_who_waits_for_a_thread_is_told_at_once_that_the_client_was_closed(
    app: Application,
) -> None:
    app.service.inject(held := Held(), "GET /v1/prompt*")
    client = app.client(timeout=3600)
    outcomes = outcomes_of(client.load)
    assert held.arrived.wait(30)

    closing = threading.Thread(target=client.close)
    closing.start()
    found = [outcomes.get(timeout=30) for _ in range(len(NAMES) - THREADS)]
    held.released.set()
    closing.join()
    client.close()

    assert all(isinstance(each, UsageError) for each in found)
    assert {str(each) for each in found} == {"this client was closed"}
    assert background_threads() == []


class Dawdles(logging.Handler):
    """A handler of the log that is not done before the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.arrived, self.released = threading.Event(), threading.Event()

    def emit(self, _: logging.LogRecord) -> None:
        self.arrived.set()
        assert self.released.wait(30)


def test_a_task_whose_fallback_waits_for_a_thread_gets_it_although_the_client_is_closed(
    app: Application,
) -> None:
    app.service.inject(Hangs())
    handler, logger = Dawdles(), logging.getLogger("promptsync")

    async def program() -> set[str]:
        tasks = [asyncio.create_task(client.aload(name)) for name in NAMES]
        await asyncio.to_thread(handler.arrived.wait, 30)
        closing = asyncio.create_task(asyncio.to_thread(client.close))
        await asyncio.wait([closing], timeout=1)
        handler.released.set()
        await closing
        done, _ = await asyncio.wait(tasks, timeout=30)
        return {each.result().name for each in done}

    client = app.client(timeout=0.15, retry=3600)
    client.load(NAMES[0])
    logger.addHandler(handler)
    try:
        found = asyncio.run(program())
    finally:
        logger.removeHandler(handler)

    assert found == set(NAMES)


class LoadsAsWell(logging.Handler):
    """A handler of the log that loads a prompt while it holds its lock, as every handler does."""

    def __init__(self, load: Callable[[], LoadedPrompt]) -> None:
        super().__init__(logging.WARNING)
        self._load = load
        self.entered, self.unreadable = threading.Event(), threading.Event()
        self.loaded = threading.Event()

    def filter(self, record: logging.LogRecord) -> bool:
        if "cannot be read" in record.getMessage():
            self.unreadable.set()  # and waits for the lock next
        return bool(super().filter(record))

    def emit(self, _: logging.LogRecord) -> None:
        if not self.entered.is_set():
            self.entered.set()
            assert self.unreadable.wait(30)
            self._load()
            self.loaded.set()


def test_a_handler_of_the_log_may_load_while_another_load_tells_of_an_unreadable_file(
    app: Application, tmp_path: Path
) -> None:
    with app.client(cache=tmp_path / "kept") as before:
        before.load(NAMES[1])
    for file in (tmp_path / "kept").rglob("*.json"):
        file.write_text("damaged")
    app.service.inject(unavailable())
    client = app.client(cache=tmp_path / "kept")
    handler = LoadsAsWell(lambda: client.load(NAMES[2]))
    logger = logging.getLogger("promptsync")
    first, second = (
        threading.Thread(target=client.load, args=(name,), daemon=True) for name in NAMES[:2]
    )

    logger.addHandler(handler)
    first.start()
    assert handler.entered.wait(30)
    second.start()
    assert handler.loaded.wait(30)
    first.join()
    second.join()
    logger.removeHandler(handler)
    client.close()


# -- another default client --


@pytest.fixture
def default_client(app: Application) -> Iterator[Application]:
    """Return the application, with a default client whose registry keeps its answers back."""
    promptsync.configure(app.folder, alias="production", timeout=3600)
    yield app
    promptsync.close()


def test_threads_that_load_while_the_default_client_is_replaced_get_what_they_ask_for(
    default_client: Application,
) -> None:
    default_client.service.inject(held := Held(), "GET /v1/prompt*")
    outcomes = outcomes_of(promptsync.load)
    assert held.arrived.wait(30)

    def replace() -> None:
        promptsync.configure(default_client.folder, offline=True)

    replacing = threading.Thread(target=replace)
    replacing.start()
    found = [outcomes.get(timeout=30) for _ in range(len(NAMES) - THREADS)]
    held.released.set()
    replacing.join()
    found += [outcomes.get(timeout=30) for _ in range(THREADS)]

    assert sorted(each.name for each in found) == sorted(NAMES)


def test_tasks_that_load_while_the_default_client_is_replaced_get_what_they_ask_for(
    default_client: Application,
) -> None:
    default_client.service.inject(held := Held(), "GET /v1/prompt*")

    async def program() -> list[str]:
        tasks = [asyncio.create_task(promptsync.aload(name)) for name in NAMES]
        await asyncio.to_thread(held.arrived.wait, 30)
        replacing = asyncio.create_task(
            asyncio.to_thread(promptsync.configure, default_client.folder, offline=True)
        )
        await asyncio.wait(tasks, timeout=5, return_when=asyncio.FIRST_COMPLETED)
        held.released.set()
        await replacing
        return [each.name for each in await asyncio.gather(*tasks)]

    assert asyncio.run(program()) == NAMES


# -- aliases that move meanwhile --


def test_of_two_answers_that_were_overtaken_neither_is_believed(app: Application) -> None:
    newest = prompt("greeting", "The third.")
    with app.client(ttl=60, timeout=30) as client:
        client.load("greeting")
        app.clock.passes(61)
        app.service.inject(first := HeldAnswer(), "GET /v1/prompt*", times=1)
        client.load("greeting")
        assert first.arrived.wait(30)
        app.upload(WARMER)
        client.forget("greeting")
        app.service.inject(second := HeldAnswer(), "GET /v1/prompt*", times=1)
        waiting = threading.Thread(target=client.load, args=("greeting",))
        waiting.start()
        first.released.set()
        assert second.arrived.wait(30)
        app.upload(newest)
        client.forget("greeting")
        second.released.set()
        waiting.join()
        settle()

        assert client.load("greeting").prompt == newest


# -- much to do while the registry is down --


def test_many_names_that_nobody_has_are_not_all_asked_for_when_an_outage_ends(
    app: Application,
) -> None:
    app.service.inject(held := Held(), "GET /v1/prompt*")
    with app.client(timeout=0.5) as client:
        for number in range(1000):
            with pytest.raises(RegistryUnavailableError):
                client.load(f"nobody-{number}")
        held.released.set()
        with app.asked() as requests:
            settle()

    assert len(requests) < 1000


def test_what_expired_together_is_not_asked_for_one_by_one_in_an_outage(
    app: Application, caplog: pytest.LogCaptureFixture
) -> None:
    with app.client() as client:
        for name in NAMES:
            client.load(name, alias=None)
        app.clock.passes(300)
        app.service.inject(unavailable())
        with app.asked() as requests:
            found = [client.load(name) for name in NAMES]
            settle()

        assert all(client.load(name).is_fallback for name in NAMES)

    assert not any(each.is_fallback for each in found)
    assert len(requests) <= THREADS * 2
    assert len(told(caplog)) == len(NAMES)
