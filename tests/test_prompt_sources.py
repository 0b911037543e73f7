"""Where prompt files come from: work tree, index and commit give the same answer."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from promptsync import git
from promptsync.errors import Problem, PromptFileError, UsageError
from promptsync.prompt_roots import Roots, find_roots
from promptsync.prompt_sources import (
    PromptSource,
    in_commit,
    in_index,
    in_work_tree,
    paths_in_work_tree,
)
from tests.builders import Repo

needs_links = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows gives symbolic links to administrators only"
)

Found = list[PromptSource | PromptFileError]


def roots_of(repo: Repo, *folders: str) -> Roots:
    return Roots(repo.path, folders or ("prompts",))


def everywhere(repo: Repo, *folders: str) -> dict[str, Found]:
    """Commit everything and read it from the three places."""
    commit = repo.commit()
    roots, repository = roots_of(repo, *folders), git.find_repository(repo.path)
    return {
        "work tree": list(in_work_tree(roots)),
        "index": list(in_index(repository, roots)),
        "commit": list(in_commit(repository, roots, commit)),
    }


def told(found: Found) -> list[tuple[str, str]]:
    """Return path and name of each prompt file, path and message of each problem."""
    return [
        (each.path, each.name)
        if isinstance(each, PromptSource)
        else (each.problems[0].path, each.problems[0].message)
        for each in found
    ]


# -- names --


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("prompts/greeting.md", "greeting"),
        ("prompts/forseti/persona.md", "forseti.persona"),
        ("prompts/forseti.persona.md", "forseti.persona"),
        ("prompts/x.md.md", "x.md"),
        ("prompts/readme-first.md", "readme-first"),
        ("prompts/greeting.txt", None),
        ("prompts/greeting.MD", None),
        ("prompts/greeting", None),
        ("prompts/.md", None),
        ("prompts/.hidden.md", None),
        ("prompts/.hidden/x.md", None),
        ("prompts/README.md", None),
        ("prompts/deep/ReadMe.md", None),
        ("prompts-old/greeting.md", None),
        ("greeting.md", None),
    ],
)
def test_a_path_gives_a_name(path: str, name: str | None) -> None:
    assert Roots(Path(), ("prompts",)).name_of(path) == name


def test_the_top_itself_may_be_a_root() -> None:
    assert Roots(Path(), (".",)).name_of("deep/greeting.md") == "deep.greeting"


def test_each_root_gives_names_of_its_own() -> None:
    roots = Roots(Path(), ("backend/prompts", "search"))

    assert roots.name_of("search/rank.md") == "rank"
    assert roots.name_of("backend/prompts/rank.md") == "rank"
    assert roots.name_of("backend/rank.md") is None


def test_a_new_prompt_goes_to_the_first_root() -> None:
    roots = Roots(Path(), ("backend/prompts", "search"))

    assert roots.path_of("forseti.persona") == "backend/prompts/forseti.persona.md"
    assert Roots(Path(), (".",)).path_of("greeting") == "greeting.md"


def test_roots_are_told_from_the_top_of_the_repository(tmp_path: Path) -> None:
    (tmp_path / "backend").mkdir()

    assert find_roots(tmp_path, tmp_path, ["prompts"]).folders == ("prompts",)
    assert find_roots(tmp_path, tmp_path / "backend", ["prompts", "."]).folders == (
        "backend/prompts",
        "backend",
    )


def test_a_configuration_outside_of_the_repository_is_refused(tmp_path: Path) -> None:
    (tmp_path / "repo").mkdir()

    with pytest.raises(UsageError, match="is outside of the repository"):
        find_roots(tmp_path / "repo", tmp_path, ["prompts"])


# -- three places, one answer --


def test_the_three_places_agree(repo: Repo) -> None:
    repo.write("prompts/greeting.md", "Hello\r\n")
    repo.write("prompts/deep/down/x.md", b"\xff")
    repo.write("prompts/README.md", "About these prompts")
    repo.write("prompts/notes.txt", "Not a prompt")
    repo.write("prompts/.drafts/x.md", "Hidden")
    repo.write("other/x.md", "Elsewhere")

    found = everywhere(repo)

    expected = [
        PromptSource("prompts/deep/down/x.md", "deep.down.x", b"\xff"),
        PromptSource("prompts/greeting.md", "greeting", b"Hello\r\n"),
    ]
    assert found == {"work tree": expected, "index": expected, "commit": expected}


def test_several_roots_are_read_in_their_order(repo: Repo) -> None:
    repo.write("search/rank.md", "Rank")
    repo.write("chat/greeting.md", "Hello")

    assert told(list(in_work_tree(roots_of(repo, "search", "chat")))) == [
        ("search/rank.md", "rank"),
        ("chat/greeting.md", "greeting"),
    ]


@pytest.mark.parametrize("folder", ["prompts", "missing/deep"])
def test_a_root_that_does_not_exist_holds_nothing(repo: Repo, folder: str) -> None:
    repo.write("other", "x")

    assert everywhere(repo, folder) == {"work tree": [], "index": [], "commit": []}


def test_a_root_that_is_a_file_holds_nothing(repo: Repo) -> None:
    repo.write("prompts", "x")

    assert everywhere(repo) == {"work tree": [], "index": [], "commit": []}


def test_the_index_holds_what_is_staged_and_not_what_is_on_disk(repo: Repo) -> None:
    repo.write("prompts/greeting.md", "staged")
    repo.git("add", "--all")
    repo.write("prompts/greeting.md", "on disk")

    sources = in_index(git.find_repository(repo.path), roots_of(repo))

    assert list(sources) == [PromptSource("prompts/greeting.md", "greeting", b"staged")]


@needs_links
def test_a_linked_file_is_an_error_in_all_places(repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("do not upload")
    repo.write("prompts/greeting.md", "Hello")
    (repo.path / "prompts" / "link.md").symlink_to(tmp_path / "secret.md")
    (repo.path / "prompts" / "notes.txt").symlink_to(tmp_path / "secret.md")
    problem = Problem(
        "prompts/link.md",
        1,
        "a symbolic link; a prompt file is a plain file below its root",
        hint="replace the link by the file; share text through a partial and `{{> name}}`",
    )

    found = everywhere(repo)

    for sources in found.values():
        errors = [each for each in sources if isinstance(each, PromptFileError)]
        assert [each.problems for each in errors] == [(problem,)]
        assert PromptSource("prompts/greeting.md", "greeting", b"Hello") in sources


@needs_links
def test_a_linked_folder_is_not_followed(repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "x.md").write_text("outside")
    repo.write("prompts/greeting.md", "Hello")
    (repo.path / "prompts" / "linked").symlink_to(tmp_path / "outside")

    found = everywhere(repo)

    expected = [PromptSource("prompts/greeting.md", "greeting", b"Hello")]
    assert found == {"work tree": expected, "index": expected, "commit": expected}


@needs_links
def test_a_linked_root_is_an_error_in_all_places(repo: Repo) -> None:
    repo.write("texts/greeting.md", "Hello")
    (repo.path / "prompts").symlink_to("texts")

    found = everywhere(repo)

    expected = [("prompts", "a symbolic link on the way to a prompt root")]
    assert {place: told(each) for place, each in found.items()} == {
        "work tree": expected,
        "index": expected,
        "commit": expected,
    }


@needs_links
def test_a_link_on_the_way_to_a_root_is_an_error(repo: Repo) -> None:
    repo.write("real/prompts/greeting.md", "Hello")
    (repo.path / "backend").symlink_to("real")

    found = list(in_work_tree(roots_of(repo, "backend/prompts")))

    assert told(found) == [("backend", "a symbolic link on the way to a prompt root")]


def test_submodules_and_other_repositories_are_not_followed(repo: Repo) -> None:
    repo.write("prompts/greeting.md", "Hello")
    Repo.create(repo.path / "prompts" / "module").write("inner.md", "Inner")
    repo.write("prompts/linked/.git", "gitdir: elsewhere\n")
    repo.write("prompts/linked/inner.md", "Inner")

    assert told(list(in_work_tree(roots_of(repo)))) == [("prompts/greeting.md", "greeting")]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes in folders")
def test_a_pipe_is_not_waited_for(repo: Repo) -> None:
    repo.write("prompts/greeting.md", "Hello")
    os.mkfifo(repo.path / "prompts" / "pipe.md")

    assert told(list(in_work_tree(roots_of(repo)))) == [
        ("prompts/greeting.md", "greeting"),
        ("prompts/pipe.md", "not a plain file"),
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
def test_what_cannot_be_read_is_named(repo: Repo) -> None:
    file = repo.write("prompts/file.md", "Hello")
    file.chmod(0)
    if os.access(file, os.R_OK):
        pytest.skip("the superuser may read anything")
    repo.write("prompts/folder/x.md", "Hello").parent.chmod(0)

    found = told(list(in_work_tree(roots_of(repo))))

    (repo.path / "prompts" / "folder").chmod(0o700)
    assert found == [
        ("prompts/file.md", "cannot be read: Permission denied"),
        ("prompts/folder", "cannot be read: Permission denied"),
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows takes a long name for a missing one")
def test_a_root_that_cannot_be_listed_is_named(repo: Repo) -> None:
    root = "x" * 300

    ((path, message),) = told(list(in_work_tree(roots_of(repo, root))))

    assert (path, message) == (root, "cannot be read: File name too long")


def test_a_file_whose_object_is_lost_is_an_error(repo: Repo) -> None:
    repo.write("prompts/greeting.md", "Hello")
    commit = repo.commit()
    blob = repo.git("rev-parse", "HEAD:prompts/greeting.md")
    (repo.path / ".git" / "objects" / blob[:2] / blob[2:]).unlink()

    found = in_commit(git.find_repository(repo.path), roots_of(repo), commit)

    assert told(list(found)) == [("prompts/greeting.md", f"git has no object {blob}")]


def test_paths_are_listed_without_reading(repo: Repo) -> None:
    repo.write("prompts/greeting.md", "Hello")
    repo.write("prompts/notes.txt", "Notes")

    assert list(paths_in_work_tree(roots_of(repo))) == ["prompts/greeting.md", "prompts/notes.txt"]
