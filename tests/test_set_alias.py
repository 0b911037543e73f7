"""Moving an alias from a program: as `promote` does, and told where it was before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from promptsync import (
    ConflictError,
    RegistryUnavailableError,
    UnknownPromptError,
    UsageError,
    register,
    seed,
    set_alias,
)
from tests.builders import Repo
from tests.cli.running import run
from tests.deployment import braintrust_with_key, deploy
from tests.fakes.braintrust import BraintrustServer, Hangs
from tests.local_registry import pointed_at, versions


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the working directory of a program that registered two versions of a prompt."""
    folder = tmp_path / "app"
    folder.mkdir()
    monkeypatch.chdir(folder)
    register("greeting", "Greet {{name}}.", alias="production", timeout=60)
    register("greeting", "Greet {{name}} warmly.", alias="candidate", timeout=60)
    return folder


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[BraintrustServer]:
    """Return a running Braintrust whose key is in the environment."""
    with braintrust_with_key(monkeypatch, "production") as service:
        yield service


# -- a version by its number or hash --


def test_an_alias_is_moved_and_where_it_was_is_returned(folder: Path) -> None:
    before = set_alias("greeting", "production", "2")

    assert (before, pointed_at(folder)) == ("1", "2")
    assert len(versions(folder)) == 2


def test_what_is_returned_moves_it_back(folder: Path) -> None:
    before = set_alias("greeting", "production", "2")

    assert set_alias("greeting", "production", before) == "2"
    assert pointed_at(folder) == "1"


def test_an_alias_that_pointed_nowhere_was_nowhere_before(folder: Path) -> None:
    assert set_alias("greeting", "next", "2") is None
    assert pointed_at(folder, "next") == "2"


def test_an_alias_that_is_there_already_stays(folder: Path) -> None:
    assert set_alias("greeting", "production", "1") == "1"
    assert pointed_at(folder) == "1"


@pytest.mark.parametrize("cut", [6, 12, 64])
def test_a_version_is_named_by_its_content_hash(cut: int, folder: Path) -> None:
    digest = register("greeting", "Greet {{name}} warmly.", alias="candidate").content_hash

    set_alias("greeting", "production", digest[: len("sha256:") + cut])

    assert pointed_at(folder) == "2"


@pytest.mark.usefixtures("folder")
def test_a_version_that_is_not_there_is_an_error_that_names_the_ones_that_are() -> None:
    with pytest.raises(UnknownPromptError, match="`greeting` has no version `9`") as raised:
        set_alias("greeting", "production", "9")

    assert raised.value.hint == "it has `2`, `1`"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ((None, "production"), "`name` is text, not None"),
        ((["greeting"], "production"), "`name` is text, not ['greeting']"),
        (("greeting", "", "1"), "`alias` is empty"),
        (("greeting", None, "1"), "`alias` is text, not None"),
        (("greeting", "a\nb", "1"), r"`alias` has characters that cannot be shown: 'a\nb'"),
        (("greeting", " production", "1"), "`alias` cannot be ' production'"),
        (("greeting", "production", 1), "`version` is text, not 1"),
    ],
)
def test_what_is_no_text_is_refused(given: tuple[Any, ...], message: str, folder: Path) -> None:
    with pytest.raises(UsageError) as raised:
        set_alias(*given)

    assert (raised.value.message, pointed_at(folder)) == (message, "1")


@pytest.mark.usefixtures("folder")
def test_a_prompt_that_is_not_there_is_an_error() -> None:
    with pytest.raises(UnknownPromptError, match="registry `local` has no prompt `greetings`"):
        set_alias("greetings", "production", "1")


# -- what the deployed prompt file says --


@pytest.fixture
def seeded(repo: Repo) -> Repo:
    """Return a repository whose prompt has two versions; production points at the first."""
    repo.write("prompts/greeting.md", "Greet {{name}}.\n")
    repo.commit("Add a greeting", "prompts")
    seed(alias="production")
    repo.write("prompts/greeting.md", "Greet {{name}} warmly.\n")
    repo.commit("Greet warmly", "prompts")
    assert run("upload", "--yes", "--alias", "staging").code == 0
    return repo


def test_without_a_version_it_is_the_one_that_says_what_the_file_says(seeded: Repo) -> None:
    assert set_alias("greeting", "production") == "1"
    assert pointed_at(seeded.path) == "2"


def test_what_no_version_says_needs_an_upload(seeded: Repo) -> None:
    seeded.write("prompts/greeting.md", "Something new.\n")

    with pytest.raises(UnknownPromptError, match="no version of `greeting` says") as raised:
        set_alias("greeting", "production")

    assert raised.value.hint == "`promptsync upload greeting`, or name a `version`"
    assert pointed_at(seeded.path) == "1"


def test_an_alias_that_others_moved_is_left_alone(seeded: Repo) -> None:
    seeded.git("checkout", "--quiet", "HEAD~1")
    set_alias("greeting", "production", "2")

    with pytest.raises(ConflictError, match=r"uploaded from `prompts/greeting\.md`") as raised:
        set_alias("greeting", "production")

    assert raised.value.hint == "name a `version`, or move it all the same with `force=True`"
    assert pointed_at(seeded.path) == "2"


def test_force_moves_it_all_the_same(seeded: Repo) -> None:
    seeded.git("checkout", "--quiet", "HEAD~1")
    set_alias("greeting", "production", "2")

    set_alias("greeting", "production", force=True)

    assert pointed_at(seeded.path) == "1"


@pytest.mark.usefixtures("folder")
def test_without_a_file_nothing_says_which_version_is_meant() -> None:
    with pytest.raises(UsageError, match="there is no prompt file for `greeting`") as raised:
        set_alias("greeting", "production")

    assert raised.value.hint == "name a `version`; `promptsync.register` returns the one it wrote"


# -- services --


@pytest.mark.network
def test_a_registry_that_hangs_is_unavailable_when_the_time_is_up(
    tmp_path: Path, service: BraintrustServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(deploy(tmp_path / "app", app_url=service.url))
    service.inject(Hangs())

    with pytest.raises(RegistryUnavailableError):
        set_alias("greeting", "production", "1", timeout=0.3)


@pytest.mark.network
def test_braintrust_moves_its_environment(
    tmp_path: Path, service: BraintrustServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(deploy(tmp_path / "app", app_url=service.url))
    first = register("greeting", "Greet {{name}}.")
    second = register("greeting", "Greet {{name}} warmly.")

    assert set_alias("greeting", "production", first.version) is None
    assert set_alias("greeting", "production", second.version) == first.version
