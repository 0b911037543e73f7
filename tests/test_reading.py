"""What the work tree holds, as git sees it: what it ignores, and what it does not check out."""

from __future__ import annotations

import pytest

from promptsync.errors import UsageError
from promptsync.reading import read_catalog
from promptsync.workspace import open_workspace
from tests.builders import Repo
from tests.cli.running import run
from tests.cli.scenes import registry_of


def names(repo: Repo) -> list[str]:
    return sorted(read_catalog(open_workspace(repo.path)).files)


def test_a_file_that_git_ignores_is_no_prompt(repo: Repo) -> None:
    repo.write(".gitignore", "draft-*.md\nprivate/\n")
    repo.write("prompts/.gitignore", "/mine.md\n")
    for name in ("greeting", "draft-1", "mine", "private/notes", "team/draft-2"):
        repo.write(f"prompts/{name}.md", "Hi\n")

    assert names(repo) == ["greeting"]


def test_a_file_that_git_tracks_is_a_prompt_whatever_is_ignored(repo: Repo) -> None:
    repo.write("prompts/draft-1.md", "Hi\n")
    repo.commit()
    repo.write(".gitignore", "draft-*.md\n")

    assert names(repo) == ["draft-1"]


def test_an_untracked_file_is_a_prompt(repo: Repo) -> None:
    repo.write("prompts/[new] one.md", "---\nname: new\n---\n\nHi\n")

    assert names(repo) == ["new"]


def test_a_folder_that_git_ignores_whole_is_told(repo: Repo) -> None:
    repo.write(".gitignore", "prompts/\n")
    repo.write("prompts/greeting.md", "Hi\n")

    with pytest.raises(UsageError, match=r"git ignores every prompt file, such as `prompts/gree"):
        names(repo)


def test_lint_leaves_out_what_git_ignores(repo: Repo) -> None:
    repo.write(".gitignore", "draft.md\n")
    repo.write("prompts/draft.md", "---\nwrong: true\n---\n\nHi\n")
    repo.write("prompts/greeting.md", "Hi\n")

    assert run("lint").code == 0


# -- sparse checkouts --


@pytest.fixture
def sparse(repo: Repo) -> Repo:
    """Return a repository whose uploaded prompts are only partly checked out."""
    repo.write(".gitignore", ".promptsync/\n")
    repo.write("prompts/one/greeting.md", "Hi\n")
    repo.write("prompts/two/farewell.md", "Bye\n")
    repo.commit()
    assert run("upload", "--yes").code == 0
    repo.git("sparse-checkout", "set", "prompts/one")
    assert not (repo.path / "prompts/two").exists()
    return repo


def test_what_is_not_checked_out_is_read_from_the_index(sparse: Repo) -> None:
    assert names(sparse) == ["one.greeting", "two.farewell"]
    assert run("verify").code == 0


def test_pruning_leaves_alone_what_is_only_not_checked_out(sparse: Repo) -> None:
    (sparse.path / "prompts/one/greeting.md").unlink()

    assert run("upload", "--prune", "--yes").stdout == "removed `one.greeting`\n"
    registry = registry_of(sparse)
    assert [each.name for each in registry.list_prompts()] == ["two.farewell"]
    registry.close()


def test_a_linked_work_tree_may_be_sparse_on_its_own(sparse: Repo) -> None:
    sparse.git("sparse-checkout", "disable")
    sparse.git("worktree", "add", "--quiet", "../linked")
    linked = Repo(sparse.path.parent / "linked")
    linked.git("sparse-checkout", "set", "prompts/two")

    assert names(linked) == ["one.greeting", "two.farewell"]
    assert not (linked.path / "prompts/one").exists()


def test_after_the_sparse_checkout_a_deleted_file_is_gone(sparse: Repo) -> None:
    sparse.git("sparse-checkout", "disable")
    (sparse.path / "prompts/two/farewell.md").unlink()

    assert names(sparse) == ["one.greeting"]
