"""Threads that read side by side and never hold a process."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from promptsync.daemon_threads import DaemonThreads


@pytest.fixture
def threads() -> Iterator[DaemonThreads]:
    threads = DaemonThreads(2, "test")
    yield threads
    threads.close()


def test_answers_come_in_the_order_of_the_questions(threads: DaemonThreads) -> None:
    second_was_asked = threading.Event()

    def ask(number: int) -> int:
        if number == 1:
            second_was_asked.wait(30)
        else:
            second_was_asked.set()
        return number * 10

    assert list(threads.map(ask, [1, 2, 3])) == [10, 20, 30]


def test_no_more_threads_than_allowed_are_started(threads: DaemonThreads) -> None:
    asked_by = set(threads.map(lambda _: threading.current_thread(), range(100)))

    assert len(asked_by) <= 2
    assert all(thread.daemon for thread in asked_by)


def test_what_is_raised_is_raised_where_the_answer_is_awaited(threads: DaemonThreads) -> None:
    answers = threads.map(lambda number: 1 / number, [1, 0])

    assert next(answers) == 1
    with pytest.raises(ZeroDivisionError):
        next(answers)


def test_closing_cancels_what_has_not_begun() -> None:
    threads = DaemonThreads(1, "test")
    has_begun, may_go = threading.Event(), threading.Event()

    def ask() -> bool:
        has_begun.set()
        return may_go.wait(30)

    first = threads.submit(ask)
    second = threads.submit(int)
    has_begun.wait(30)

    threads.close()
    may_go.set()

    assert first.result(30)
    assert second.cancelled()
    with pytest.raises(RuntimeError, match="were given back"):
        threads.submit(int)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows refuses no size of a stack")
def test_a_thread_that_cannot_be_started_is_made_up_for_by_the_others() -> None:
    more = DaemonThreads(2, "test")
    assert more.submit(int).result(60) == 0
    none = DaemonThreads(1, "test")
    usual = threading.stack_size(2**60)
    try:
        with pytest.raises(RuntimeError):
            none.submit(int)
        answers = [more.submit(int, each) for each in range(3)]
    finally:
        threading.stack_size(usual)

    assert [each.result(60) for each in answers] == [0, 1, 2]
    assert none.submit(int).result(60) == 0
    more.close()
    none.close()


def test_a_process_ends_while_a_question_is_open() -> None:
    program = """if True:
        import threading
        from promptsync.daemon_threads import DaemonThreads
        has_begun = threading.Event()
        ask = lambda: has_begun.set() or threading.Event().wait()
        DaemonThreads(1, "test").submit(ask)
        has_begun.wait()
    """

    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )

    assert (result.returncode, result.stderr) == (0, "")
