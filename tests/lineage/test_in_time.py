"""Writes to a tool that may not answer: who waits for them, and for how long."""

from __future__ import annotations

import threading
from contextvars import ContextVar

import pytest

from promptsync.lineage.in_time import InTime

# Long enough for any machine: nothing here waits for so long but by mistake.
LONG = 60.0
SHORT = 0.05

CALLER = ContextVar("CALLER", default="nobody")


class Held:
    """Work that does not end before it is released."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self._released = threading.Event()
        self._threads: list[threading.Thread] = []

    def __call__(self) -> str:
        self._threads.append(threading.current_thread())
        self.begun.set()
        self._released.wait(LONG)
        return "answer"

    def release(self) -> None:
        self._released.set()
        for each in self._threads:
            each.join(LONG)


def test_the_answer_and_the_error_of_the_work_are_those_of_the_caller() -> None:
    writes = InTime("test-writes")

    assert writes.finish(lambda: threading.current_thread().name, LONG) == "test-writes"
    with pytest.raises(ZeroDivisionError):
        writes.finish(lambda: 1 / 0, LONG)


def test_the_work_sees_the_context_of_its_caller() -> None:
    token = CALLER.set("me")
    try:
        assert InTime("test-writes").finish(CALLER.get, LONG) == "me"
    finally:
        CALLER.reset(token)


def test_an_outage_holds_up_one_caller_until_it_is_over() -> None:
    writes, held = InTime("test-writes"), Held()
    done: list[str] = []

    while not held.begun.is_set():  # what had not begun in time is not done at all
        with pytest.raises(TimeoutError, match=r"there was no answer within 0\.05 s"):
            writes.finish(held, SHORT)
    with pytest.raises(TimeoutError, match="an earlier request still waits for its answer"):
        writes.finish(lambda: done.append("second"), LONG)
    held.release()
    writes.finish(lambda: done.append("third"), LONG)

    assert done == ["third"]


def test_who_waited_for_a_turn_in_vain_is_not_served_later() -> None:
    writes, held = InTime("test-writes"), Held()
    done: list[str] = []
    first = threading.Thread(target=writes.finish, args=(held, LONG))
    first.start()
    held.begun.wait(LONG)

    with pytest.raises(TimeoutError):
        writes.finish(lambda: done.append("second"), SHORT)
    held.release()
    first.join(LONG)
    writes.finish(lambda: done.append("third"), LONG)

    assert done == ["third"]
