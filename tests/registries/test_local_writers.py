"""Several writers at once in the embedded registry: threads, processes, and one that dies."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import Connection, Engine, event

import promptsync
from promptsync.errors import RegistryRefusedError
from promptsync.prompt import Prompt
from promptsync.registries.local import LocalRegistry
from promptsync.remote_prompt import RemotePrompt
from tests.builders import prompt
from tests.registries.conftest import OpenLocal
from tests.registries.contract import STAMP

ROUNDS = 10
NAMES = [f"prompt-{number}" for number in range(10)]

# Uploads every prompt over and over once its standard input says go; prints what was stored.
UPLOAD = """
import json, sys
from promptsync.errors import RegistryRefusedError
from promptsync.prompt import Prompt
from promptsync.registries.local import LocalRegistry

url, author, rounds, *names = sys.argv[1:]
registry = LocalRegistry(url, author)
print("ready", flush=True)
sys.stdin.readline()
for number in range(int(rounds)):
    for name in names:
        text = f"{author} {number}"
        try:
            stored = registry.save_prompt(Prompt(name=name, content=text), None)
        except RegistryRefusedError as error:
            print(json.dumps([name, error.hint, None]), flush=True)
        else:
            print(json.dumps([name, text, stored.version]), flush=True)
registry.close()
"""


def save_all(local: LocalRegistry, prompts: list[Prompt]) -> list[RemotePrompt | None]:
    """Save from 8 threads; None is a prompt that was refused because another was faster."""

    def save(each: Prompt) -> RemotePrompt | None:
        try:
            return local.save_prompt(each, STAMP)
        except RegistryRefusedError:
            return None

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(save, prompts))


class Report(NamedTuple):
    """A line of the uploading program; a version of None says that the text is a hint."""

    name: str
    text: str
    version: str | None


def read_reports(lines: Iterable[str]) -> list[Report]:
    return [Report(*json.loads(line)) for line in lines]


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def start_upload(url: str, author: str, rounds: int) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", UPLOAD, url, author, str(rounds), *NAMES],
        cwd=Path(promptsync.__file__).parents[1],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_many_threads_save_many_prompts(local: LocalRegistry) -> None:
    sent = [prompt(f"prompt-{number:03}") for number in range(100)]

    stored = save_all(local, sent)

    assert [each.prompt for each in stored if each] == sent
    assert list(local.list_prompts()) == stored


def test_many_point_one_alias_at_once_and_each_of_them_is_done(
    local: LocalRegistry, open_local: OpenLocal
) -> None:
    versions = [local.save_prompt(prompt(text=f"Text {n}"), STAMP).version for n in range(8)]
    others = [open_local() for _ in versions]
    aliases = [f"alias-{number}" for number in range(10)]

    def point(version: str, other: LocalRegistry) -> None:
        for alias in aliases:
            other.set_alias("greeting", alias, version)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(point, versions, others))

    pointed = local.list_aliases(["greeting"])["greeting"]
    assert sorted(pointed) == sorted(aliases)
    assert set(pointed.values()) <= set(versions)


def test_of_many_writers_of_one_prompt_none_is_lost_silently(local: LocalRegistry) -> None:
    sent = [prompt(text=f"Text {number}") for number in range(40)]

    stored = [each for each in save_all(local, sent) if each]

    assert stored
    assert sorted(stored, key=lambda each: -int(each.version)) == local.list_versions("greeting")
    assert {int(each.version) for each in stored} == set(range(1, len(stored) + 1))


def test_writers_of_equal_content_are_not_in_each_others_way(local: LocalRegistry) -> None:
    stored = save_all(local, [prompt()] * 16)

    assert {each.version for each in stored if each} == {str(n) for n in range(1, 17)}


@contextmanager
def between_reading_and_writing(act: Callable[[], object]) -> Iterator[None]:
    """Act once, right before the second transaction: the first one reads what is there.

    Where there is no database yet nothing is read, so a test has to store something before.
    """
    transactions = iter((lambda: None, act))

    def on_begin(_connection: Connection) -> None:
        next(transactions, lambda: None)()

    event.listen(Engine, "begin", on_begin)
    try:
        yield
    finally:
        event.remove(Engine, "begin", on_begin)


@pytest.mark.parametrize("texts", [[], ["old"]], ids=["new", "known"])
def test_a_version_stored_during_an_upload_is_not_buried(
    local: LocalRegistry, open_local: OpenLocal, texts: list[str]
) -> None:
    local.save_prompt(prompt("neighbour"), STAMP)
    for text in texts:
        local.save_prompt(prompt(text=text), STAMP)
    other = open_local()

    with (
        pytest.raises(RegistryRefusedError, match="somebody else wrote"),
        between_reading_and_writing(lambda: other.save_prompt(prompt(text="faster"), STAMP)),
    ):
        local.save_prompt(prompt(text="slower"), STAMP)

    stored = [each.prompt.content for each in local.list_versions("greeting")]
    assert stored == ["faster", *texts]


def test_equal_content_stored_during_an_upload_is_followed_by_it(
    local: LocalRegistry, open_local: OpenLocal
) -> None:
    local.save_prompt(prompt("neighbour"), STAMP)
    other = open_local()

    with between_reading_and_writing(lambda: other.save_prompt(prompt(), None)):
        stored = local.save_prompt(prompt(), STAMP)

    assert (stored.version, stored.stamp) == ("2", STAMP)


def test_a_name_stored_in_another_case_during_an_upload_is_refused(
    local: LocalRegistry, open_local: OpenLocal
) -> None:
    local.save_prompt(prompt("neighbour"), STAMP)
    other = open_local()

    with (
        pytest.raises(RegistryRefusedError, match="somebody else wrote"),
        between_reading_and_writing(lambda: other.save_prompt(prompt("Greeting"), STAMP)),
    ):
        local.save_prompt(prompt("greeting"), STAMP)

    assert [each.name for each in local.list_prompts()] == ["Greeting", "neighbour"]


def test_a_version_stored_during_an_edit_is_not_buried(
    local: LocalRegistry, open_local: OpenLocal
) -> None:
    local.save_prompt(prompt(text="old"), STAMP)
    other = open_local()

    def change(found: Prompt) -> Prompt:
        other.save_prompt(prompt(text="faster"), STAMP)
        return replace(found, content="slower")

    with pytest.raises(RegistryRefusedError, match="somebody else wrote") as raised:
        local.edit_prompt("greeting", change)

    assert raised.value.hint == "run the command again"
    texts = [each.prompt.content for each in local.list_versions("greeting")]
    assert texts == ["faster", "old"]


@pytest.mark.parametrize("is_used_again", [False, True], ids=["gone", "used again"])
def test_an_edit_of_a_prompt_that_was_deleted_meanwhile_is_refused(
    local: LocalRegistry, open_local: OpenLocal, *, is_used_again: bool
) -> None:
    local.save_prompt(prompt(text="old"), STAMP)
    other = open_local()

    def change(found: Prompt) -> Prompt:
        other.delete_prompt("greeting")
        if is_used_again:
            other.save_prompt(prompt(text="new"), STAMP)
        return replace(found, content="edited")

    with pytest.raises(RegistryRefusedError, match="somebody else wrote"):
        local.edit_prompt("greeting", change)

    left = [each.prompt.content for each in local.list_versions("greeting")]
    assert left == (["new"] if is_used_again else [])


def test_two_processes_upload_at_once(local: LocalRegistry, database_url: str) -> None:
    processes = [start_upload(database_url, author, ROUNDS) for author in ("Ada", "Grace")]
    for process in processes:
        go(process)
    outputs = [process.communicate(timeout=100)[0] for process in processes]

    reports = read_reports(line for output in outputs for line in output.splitlines())
    hints = {each.text for each in reports if each.version is None}
    stored = [
        Report(name, str(each.prompt.content), each.version)
        for name in NAMES
        for each in local.list_versions(name)
    ]
    assert [process.returncode for process in processes] == [0, 0]
    assert len(reports) == 2 * ROUNDS * len(NAMES)
    assert hints <= {"run the command again"}
    assert sorted(stored) == sorted(each for each in reports if each.version is not None)


def test_a_process_killed_while_it_uploads_leaves_whole_versions(
    local: LocalRegistry, database_url: str
) -> None:
    process = start_upload(database_url, "Ada", 1000)
    assert process.stdout is not None
    go(process)
    reports = read_reports(islice(process.stdout, 25))
    process.kill()
    process.communicate()

    for name in NAMES:
        stored = local.list_versions(name)
        assert [int(each.version) for each in stored] == list(range(len(stored), 0, -1))
        assert {each.text for each in reports if each.name == name} <= {
            each.prompt.content for each in stored
        }
    local.save_prompt(prompt(), STAMP)
