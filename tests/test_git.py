"""What git is asked, on real repositories, whatever a person's settings and paths are."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from promptsync import git, git_history, git_merge, git_objects, git_settings
from promptsync.errors import GitError
from promptsync.git_history import FileVersion
from promptsync.git_objects import TreeEntry
from tests.builders import Repo

PATH = "prompts/greeting.md"

# Names that break programs which split lines, unquote paths or parse options.
ODD_NAMES = [
    "with space.md",
    "-dash.md",
    ":colon.md",
    "[draft]*.md",
    'quote".md',
    "Grüße 日本語.md",
    "tab\there.md",
    "line\nbreak.md",
    "\nfirst.md",
]
needs_posix_names = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no such file names"
)


def blob(repo: Repo, name: str) -> str:
    return repo.git("rev-parse", name)


def found(repo: Repo) -> git.Repository:
    return git.find_repository(repo.path)


# -- which repository --


def test_a_repository_is_found_from_any_folder_in_it(repo: Repo) -> None:
    below = repo.path / "prompts" / "deep"
    below.mkdir(parents=True)

    repository = git.find_repository(below)

    assert repository == git.Repository(repo.path, repo.path / ".git", is_shallow=False)


def test_outside_of_a_repository_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(GitError) as raised:
        git.find_repository(tmp_path)

    assert raised.value.message == f"`{tmp_path}` is not in a git repository"
    assert raised.value.hint == "run `git init` there, or change folder"
    assert git.repository_around(tmp_path) is None


def test_a_bare_repository_has_no_files(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet", "--bare", tmp_path], check=True)

    with pytest.raises(GitError, match="this is a bare repository"):
        git.repository_around(tmp_path)


def test_the_git_directory_is_no_place_to_work_from(repo: Repo) -> None:
    with pytest.raises(GitError, match=r"git cannot use the repository around .* work tree"):
        git.repository_around(repo.path / ".git")


def test_a_repository_of_somebody_else_is_not_taken_for_none(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What git's own tests use to play another owner.
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")

    with pytest.raises(GitError) as raised:
        git.repository_around(repo.path)

    assert "dubious ownership" in raised.value.message
    assert raised.value.hint == f"git config --global --add safe.directory {repo.path}"


@needs_posix_names
def test_a_repository_whose_path_has_a_line_break_is_refused(tmp_path: Path) -> None:
    Repo.create(tmp_path / "line\nbreak")

    with pytest.raises(GitError, match="has a line break"):
        git.repository_around(tmp_path / "line\nbreak")


def test_a_folder_that_does_not_exist_is_not_taken_for_a_missing_git(tmp_path: Path) -> None:
    with pytest.raises(GitError, match=r"there is no folder `.*missing`"):
        git.find_repository(tmp_path / "missing")


def test_a_file_is_no_folder_to_start_from(repo: Repo) -> None:
    with pytest.raises(GitError, match="git could not be started"):
        git.find_repository(repo.write("file", ""))


def test_without_git_it_says_what_to_install(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(GitError) as raised:
        git.find_repository(repo.path)

    assert raised.value.message == "git was not found"
    assert raised.value.hint == "install git and put it on PATH"


def test_a_linked_work_tree_has_its_own_top_and_shares_the_folder(
    repo: Repo, tmp_path: Path
) -> None:
    repo.write(PATH, "Hello\n")
    repo.commit()
    repo.git("worktree", "add", "--quiet", str(tmp_path / "linked"))

    repository = git.find_repository(tmp_path / "linked")

    assert repository == git.Repository(tmp_path / "linked", repo.path / ".git", is_shallow=False)


def test_a_hook_in_a_linked_work_tree_finds_the_top_from_a_subfolder(
    repo: Repo, tmp_path: Path
) -> None:
    repo.write(PATH, "Hello\n")
    repo.commit()
    repo.git("worktree", "add", "--quiet", str(tmp_path / "linked"))
    program = (
        "from pathlib import Path; from promptsync import git; "
        "print(git.find_repository(Path('prompts').absolute()).top)"
    )
    hook = repo.write(".git/hooks/pre-commit", f'#!/bin/sh\n{sys.executable} -c "{program}" >&2\n')
    hook.chmod(0o755)

    committed = subprocess.run(
        ["git", "commit", "--allow-empty", "--message", "x"],
        cwd=tmp_path / "linked",
        env=os.environ | {"PYTHONPATH": str(Path(git.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=True,
    )

    assert committed.stderr.strip() == str(tmp_path / "linked")


def test_a_shallow_clone_says_that_it_is_one(repo: Repo, tmp_path: Path) -> None:
    for text in ("one", "two"):
        repo.write(PATH, text)
        repo.commit()

    assert found(repo.clone(tmp_path / "shallow", "--depth=1")).is_shallow


# -- commits --


def test_a_commit_is_found_by_any_name_it_has(repo: Repo) -> None:
    repo.write(PATH, "Hello\n")
    commit = repo.commit()
    repo.git("tag", "--annotate", "--message", "x", "v1")

    names = ("HEAD", "main", "v1", commit, commit[:10], "@{0}", f"{commit}^{{}}")

    assert [git.resolve(found(repo), name) for name in names] == [commit] * len(names)


@pytest.mark.parametrize("name", ["nowhere", "--all", "-x", "", "a\0b", "\ud800", "HEAD:prompts"])
def test_what_names_no_commit_is_none(repo: Repo, name: str) -> None:
    repo.write(PATH, "Hello\n")
    repo.commit()

    assert git.resolve(found(repo), name) is None
    assert git_history.author_and_date(found(repo), name) is None


def test_an_unborn_branch_has_no_head(repo: Repo) -> None:
    assert git.head(found(repo)) is None
    assert git_history.last_commits(found(repo), [PATH]) == {}


def test_a_required_commit_that_a_shallow_clone_lacks_names_the_fix(
    repo: Repo, tmp_path: Path
) -> None:
    repo.write(PATH, "one")
    first = repo.commit()
    repo.write(PATH, "two")
    second = repo.commit()
    shallow = found(repo.clone(tmp_path / "shallow", "--depth=1"))

    with pytest.raises(GitError) as raised:
        git.require_commit(shallow, first)

    assert raised.value.message == f"git knows no commit `{first}`"
    assert raised.value.hint == "fetch it, or check out with `fetch-depth: 0`"
    assert git.require_commit(shallow, "HEAD") == second


def test_a_required_commit_that_nobody_has_gets_no_such_advice(repo: Repo) -> None:
    with pytest.raises(GitError) as raised:
        git.require_commit(found(repo), "nowhere")

    assert raised.value.hint is None


def test_two_branches_have_a_merge_base(repo: Repo) -> None:
    repo.write(PATH, "one")
    base = repo.commit()
    repo.git("switch", "--quiet", "--create", "feature")
    repo.write(PATH, "two")
    feature = repo.commit()
    repo.git("switch", "--quiet", "main")
    repo.write("other", "three")
    main = repo.commit()
    repo.git("switch", "--quiet", "--orphan", "alone")
    repo.write("other", "four")
    alone = repo.commit()

    assert git_history.merge_base(found(repo), main, feature) == base
    assert git_history.merge_base(found(repo), main, alone) is None
    assert git_history.is_ancestor(found(repo), base, feature)
    assert not git_history.is_ancestor(found(repo), main, feature)


def test_author_and_date_of_a_commit(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Käthe Müller")
    monkeypatch.setenv("GIT_AUTHOR_DATE", "2024-02-29T12:00:00+01:00")
    repo.git("config", "i18n.logOutputEncoding", "ISO-8859-1")
    repo.write(PATH, "Hello\n")
    commit = repo.commit()

    assert git_history.author_and_date(found(repo), commit) == (
        "Käthe Müller",
        "2024-02-29T12:00:00+01:00",
    )
    assert git_history.author_and_date(found(repo), "0" * 40) is None


# -- files of a commit, of the index, of the work tree --


@needs_posix_names
@pytest.mark.parametrize("name", ODD_NAMES)
def test_odd_paths_arrive_as_they_are(repo: Repo, name: str) -> None:
    path = f"prompts/{name}"
    repo.write(path, "Hello\n")
    # What `[draft]*.md` would find too, were it a pattern.
    repo.write("prompts/decoy/draft.md", "Decoy\n")
    repo.write("prompts/d.md", "Decoy\n")
    commit = repo.commit()
    entry = TreeEntry(path, "100644", blob(repo, f":{path}"))

    assert entry in git_objects.list_tree(found(repo), commit, ["prompts"])
    assert git_objects.list_index(found(repo), [path]) == [entry]
    assert git_history.history(found(repo), commit, [path]) == [
        FileVersion(commit, path, entry.blob)
    ]
    assert git_history.last_commits(found(repo), [path]) == {path: commit}
    assert git.uncommitted_paths(found(repo), [path]) == frozenset()
    repo.write(path, "Hello again\n")
    assert git.uncommitted_paths(found(repo), [path]) == {path}
    assert git.unstaged_paths(found(repo)) == {path}
    repo.git("add", "--all")
    assert git.staged_paths(found(repo)) == {path}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux takes any byte for a file name")
def test_a_path_that_is_no_text_arrives_as_python_spells_it(repo: Repo) -> None:
    path = os.fsdecode(b"prompts/caf\xe9.md")
    repo.write(path, "Hello\n")
    commit = repo.commit()

    assert [entry.path for entry in git_objects.list_tree(found(repo), commit, ["prompts"])] == [
        path
    ]
    assert list(git_objects.read_blobs(found(repo), [f"{commit}:{path}"])) == [b"Hello\n"]


def test_only_the_asked_folders_are_listed(repo: Repo) -> None:
    repo.write("prompts/a.md", "a")
    repo.write("prompts-old/b.md", "b")
    repo.write("c.md", "c")
    commit = repo.commit()

    def listed(*roots: str) -> list[list[str]]:
        tree = git_objects.list_tree(found(repo), commit, roots)
        index = git_objects.list_index(found(repo), roots)
        return [[entry.path for entry in tree], [entry.path for entry in index]]

    assert listed("prompts") == [["prompts/a.md"]] * 2
    assert listed(".") == [["c.md", "prompts-old/b.md", "prompts/a.md"]] * 2
    assert listed("missing") == [[], []]


def test_a_symbolic_link_is_told_from_a_file(repo: Repo) -> None:
    repo.write("prompts/a.md", "a")
    repo.git("update-index", "--add", "--cacheinfo", f"120000,{'1' * 40},prompts/link.md")
    repo.git("add", "prompts/a.md")

    entries = git_objects.list_index(found(repo), ["prompts"])

    assert [(entry.path, entry.is_symlink) for entry in entries] == [
        ("prompts/a.md", False),
        ("prompts/link.md", True),
    ]


def test_submodules_are_not_followed(repo: Repo, tmp_path: Path) -> None:
    other = Repo.create(tmp_path / "other")
    other.write("inner.md", "Hello\n")
    other.commit()
    repo.git(
        *("-c", "protocol.file.allow=always"),
        *("submodule", "--quiet", "add", other.path.as_uri(), "prompts/module.md"),
    )
    commit = repo.commit()

    assert git_objects.list_index(found(repo), ["prompts"]) == []
    assert git_objects.list_tree(found(repo), commit, ["prompts"]) == []


def test_an_unmerged_file_has_no_staged_content(repo: Repo) -> None:
    repo.write(PATH, "base\n")
    repo.commit()
    repo.git("switch", "--quiet", "--create", "feature")
    repo.write(PATH, "theirs\n")
    repo.commit()
    repo.git("switch", "--quiet", "main")
    repo.write(PATH, "ours\n")
    repo.commit()
    subprocess.run(["git", "merge", "feature"], cwd=repo.path, capture_output=True, check=False)

    with pytest.raises(GitError) as raised:
        git_objects.list_index(found(repo), ["prompts"])

    assert raised.value.message == f"`{PATH}` is not merged yet"
    assert raised.value.hint == "resolve it and run `git add`"


def test_what_is_only_intended_to_be_added_is_not_staged(repo: Repo) -> None:
    repo.write("prompts/intended.md", "Hello\n")
    repo.write("prompts/empty.md", "")
    repo.git("add", "prompts/empty.md")
    repo.git("add", "--intent-to-add", "prompts/intended.md")

    entries = git_objects.list_index(found(repo), ["prompts"])

    assert [entry.path for entry in entries] == ["prompts/empty.md"]


def test_staged_paths_before_the_first_commit(repo: Repo) -> None:
    repo.write(PATH, "Hello\n")
    repo.git("add", "--all")

    assert git.staged_paths(found(repo)) == {PATH}


def test_staged_paths_name_both_ends_of_a_rename(repo: Repo) -> None:
    repo.write(PATH, "Hello\n")
    repo.commit()
    repo.git("mv", PATH, "prompts/welcome.md")

    assert git.staged_paths(found(repo)) == {PATH, "prompts/welcome.md"}


def test_what_git_holds_no_copy_of_is_uncommitted(repo: Repo) -> None:
    repo.write(".gitignore", "ignored*\n")
    for name in ("clean", "changed", "staged"):
        repo.write(f"prompts/{name}.md", "Hello\n")
    repo.commit()
    for name in ("changed", "staged", "untracked", "ignored", "ignored-folder/inner"):
        repo.write(f"prompts/{name}.md", "Hello again\n")
    repo.git("add", "prompts/staged.md")
    names = ("clean", "changed", "staged", "untracked", "ignored", "ignored-folder/inner")

    uncommitted = git.uncommitted_paths(found(repo), [f"prompts/{name}.md" for name in names])

    assert uncommitted == {f"prompts/{name}.md" for name in names if name != "clean"}


def test_nothing_asked_is_nothing_uncommitted(repo: Repo) -> None:
    repo.write(PATH, "Hello\n")

    assert git.uncommitted_paths(found(repo), []) == frozenset()


def test_more_paths_than_a_command_line_holds(repo: Repo) -> None:
    paths = [f"prompts/{'long' * 10}/{number:05}.md" for number in range(400)]
    for path in paths:
        repo.write(path, path)
    commit = repo.commit()
    repo.write(paths[0], "Hello again\n")
    repo.write(f"prompts/{'long' * 10}/other.md", "Hello\n")

    assert git.uncommitted_paths(found(repo), paths) == {paths[0]}
    assert git_history.last_commits(found(repo), paths) == dict.fromkeys(paths, commit)


def test_more_paths_than_any_command_line_holds(repo: Repo) -> None:
    repo.write(PATH, "Hello\n")
    commit = repo.commit()
    paths = [PATH, *(f"prompts/{'long' * 20}-{number:05}.md" for number in range(30_000))]

    assert git.uncommitted_paths(found(repo), paths) == frozenset()
    assert git_history.last_commits(found(repo), paths) == {PATH: commit}


def test_more_paths_than_a_command_line_holds_in_several_folders(repo: Repo) -> None:
    paths = [f"{folder}/{'long' * 10}-{number}.md" for folder in "abc" for number in range(70)]
    for path in paths:
        repo.write(path, path)

    assert git.uncommitted_paths(found(repo), paths) == set(paths)


@pytest.mark.parametrize("top", ["", "prompts/"])
def test_more_folders_than_a_command_line_holds(repo: Repo, top: str) -> None:
    paths = [f"{top}{'long' * 10}-{number}/prompt.md" for number in range(200)]
    for path in paths:
        repo.write(path, path)

    assert git.uncommitted_paths(found(repo), paths) == set(paths)


def test_files_at_the_top_and_below_it(repo: Repo) -> None:
    paths = ["top.md", *(f"prompts/{'long' * 10}-{number}.md" for number in range(200))]
    for path in paths:
        repo.write(path, path)

    assert git.uncommitted_paths(found(repo), paths) == set(paths)


# -- objects --


def test_objects_come_in_the_order_asked(repo: Repo) -> None:
    repo.write("prompts/a.md", "first\nline\n")
    repo.write("prompts/b.md", b"\x00\xff binary")
    commit = repo.commit()
    asked = [f"{commit}:prompts/b.md", "0" * 40, blob(repo, ":prompts/a.md"), f"{commit}:gone.md"]

    assert list(git_objects.read_blobs(found(repo), asked)) == [
        b"\x00\xff binary",
        None,
        b"first\nline\n",
        None,
    ]
    assert list(git_objects.read_blobs(found(repo), [])) == []


@pytest.mark.parametrize(
    "name", ["a\nb", "a\0b", "a\r", "\ud800", "", "x missing", "tree 12", "HEAD:a\nb"]
)
def test_a_name_that_no_object_can_have_disturbs_no_other(repo: Repo, name: str) -> None:
    repo.write(PATH, "Hello\n")
    commit = repo.commit()
    known = f"{commit}:{PATH}"

    assert list(git_objects.read_blobs(found(repo), [known, name, known])) == [
        b"Hello\n",
        None,
        b"Hello\n",
    ]


# -- history --


def commit_texts(repo: Repo, *texts: str) -> list[str]:
    commits = []
    for text in texts:
        repo.write(PATH, text)
        commits.append(repo.commit())
    return commits


def versions(repo: Repo, *pairs: tuple[str, str | None]) -> list[FileVersion]:
    """Build the versions of PATH from commits and what they made of it."""
    return [FileVersion(commit, PATH, text and repo_blob(repo, text)) for commit, text in pairs]


def repo_blob(repo: Repo, text: str) -> str:
    hashed = subprocess.run(
        ["git", "hash-object", "--stdin"],
        cwd=repo.path,
        input=text.encode(),
        capture_output=True,
        check=True,
    )
    return hashed.stdout.decode().strip()


def test_history_begins_with_the_newest(repo: Repo) -> None:
    first, second, third = commit_texts(repo, "one", "two", "one")
    (repo.path / PATH).unlink()
    deleted = repo.commit()

    assert git_history.history(found(repo), deleted, [PATH]) == versions(
        repo, (deleted, None), (third, "one"), (second, "two"), (first, "one")
    )
    assert git_history.history(found(repo), second, ["prompts"]) == versions(
        repo, (second, "two"), (first, "one")
    )


def test_history_goes_by_succession_and_not_by_the_clock(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2024-01-01T00:00:00Z")
    (base,) = commit_texts(repo, "base")
    (parent,) = commit_texts(repo, "parent")
    repo.git("switch", "--quiet", "--create", "side")
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2001-01-01T00:00:00Z")
    (child,) = commit_texts(repo, "child")
    repo.git("switch", "--quiet", "main")
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2025-01-01T00:00:00Z")
    (other,) = commit_texts(repo, "other")
    repo.git("merge", "--quiet", "--strategy=ours", "--no-edit", "side")

    seen = [each.commit for each in git_history.history(found(repo), "HEAD", [PATH])]

    assert sorted([child, parent, base], key=seen.index) == [child, parent, base]
    assert sorted([other, parent, base], key=seen.index) == [other, parent, base]


def test_history_is_that_of_a_path_and_not_of_what_was_renamed_to_it(repo: Repo) -> None:
    repo.git("config", "log.follow", "true")
    commit_texts(repo, "one\n")
    repo.git("mv", PATH, "prompts/welcome.md")
    renamed = repo.commit()

    history = git_history.history(found(repo), renamed, ["prompts/welcome.md"])

    assert history == [FileVersion(renamed, "prompts/welcome.md", repo_blob(repo, "one\n"))]


SIGNER = """#!/bin/sh
cat >/dev/null
echo "gpg: a signature" >&2
for argument; do
    case $argument in --verify) echo "[GNUPG:] GOODSIG 1 Ada"; exit 0;; esac
done
echo "[GNUPG:] SIG_CREATED " >&2
echo "-----BEGIN PGP SIGNATURE-----"
echo "-----END PGP SIGNATURE-----"
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the signing program is a shell script")
def test_signatures_are_not_shown(repo: Repo) -> None:
    signer = repo.write(".git/signer", SIGNER)
    signer.chmod(0o755)
    repo.git("config", "gpg.program", str(signer))
    repo.git("config", "commit.gpgSign", "true")
    repo.git("config", "log.showSignature", "true")
    (commit,) = commit_texts(repo, "one\n")
    assert "a signature" in repo.git("log")

    assert git_history.commits_touching(found(repo), commit, [PATH]) == [commit]
    assert git_history.history(found(repo), commit, [PATH]) == versions(repo, (commit, "one\n"))
    assert git_history.author_and_date(found(repo), commit) == (
        "Ada Lovelace",
        repo.git("log", "-1", "--format=%aI", "--no-show-signature"),
    )


def test_history_holds_a_merged_branch_whose_text_was_not_kept(repo: Repo) -> None:
    commit_texts(repo, "one")
    repo.git("switch", "--quiet", "--create", "side")
    (side,) = commit_texts(repo, "side")
    repo.git("switch", "--quiet", "main")
    commit_texts(repo, "main")
    repo.git("merge", "--quiet", "--strategy=ours", "--no-edit", "side")

    history = git_history.history(found(repo), "HEAD", [PATH])

    assert FileVersion(side, PATH, repo_blob(repo, "side")) in history
    assert side in git_history.commits_touching(found(repo), "HEAD", ["prompts"])


def test_history_holds_what_only_a_merge_commit_says(repo: Repo) -> None:
    commit_texts(repo, "one")
    repo.git("switch", "--quiet", "--create", "side")
    commit_texts(repo, "side")
    repo.git("switch", "--quiet", "main")
    commit_texts(repo, "main")
    subprocess.run(["git", "merge", "side"], cwd=repo.path, capture_output=True, check=False)
    (merge,) = commit_texts(repo, "both")

    assert FileVersion(merge, PATH, repo_blob(repo, "both")) in git_history.history(
        found(repo), merge, [PATH]
    )
    assert git_history.last_commits(found(repo), [PATH]) == {PATH: merge}


def test_elsewhere_is_what_other_branches_and_the_stash_have(repo: Repo) -> None:
    (main,) = commit_texts(repo, "one")
    repo.git("switch", "--quiet", "--create", "side")
    (side,) = commit_texts(repo, "side")
    repo.git("switch", "--quiet", "main")
    repo.write(PATH, "stashed")
    repo.git("stash", "--quiet")

    elsewhere = git_history.history_elsewhere(found(repo), main, [PATH])

    assert {each.blob for each in elsewhere} >= {
        repo_blob(repo, "side"),
        repo_blob(repo, "stashed"),
    }
    assert side in git_history.commits_elsewhere(found(repo), main, ["prompts"])
    assert git_history.history_elsewhere(found(repo), side, ["missing.md"]) == []


def test_everything_is_elsewhere_on_an_unborn_branch(repo: Repo) -> None:
    assert git_history.history_elsewhere(found(repo), None, [PATH]) == []
    (main,) = commit_texts(repo, "one")

    assert git_history.history_elsewhere(found(repo), None, [PATH]) == versions(repo, (main, "one"))
    assert git_history.commits_elsewhere(found(repo), None, [PATH]) == [main]


def test_the_last_commit_of_each_path(repo: Repo) -> None:
    repo.write("prompts/a.md", "a")
    repo.write("prompts/b.md", "b")
    first = repo.commit()
    repo.write("prompts/b.md", "b again")
    second = repo.commit()

    assert git_history.last_commits(
        found(repo), ["prompts/a.md", "prompts/b.md", "prompts/c.md"]
    ) == {
        "prompts/a.md": first,
        "prompts/b.md": second,
    }
    assert git_history.last_commits(found(repo), []) == {}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("color.ui", "always"),
        ("color.diff", "always"),
        ("color.status", "always"),
        ("log.showSignature", "true"),
        ("log.showRoot", "false"),
        ("log.follow", "true"),
        ("log.decorate", "full"),
        ("format.pretty", "fuller"),
        ("diff.noprefix", "true"),
        ("diff.renames", "copies"),
        ("diff.mnemonicPrefix", "true"),
        ("diff.relative", "true"),
        ("diff.submodule", "log"),
        ("status.short", "true"),
        ("status.branch", "true"),
        ("status.relativePaths", "true"),
        ("status.showUntrackedFiles", "no"),
        ("core.quotePath", "true"),
        ("core.autocrlf", "true"),
        ("core.pager", "false"),
        ("core.abbrev", "4"),
        ("i18n.logOutputEncoding", "UTF-16"),
    ],
)
def test_personal_settings_change_no_answer(repo: Repo, key: str, value: str) -> None:
    first, second = commit_texts(repo, "one\n", "two\n")
    repo.git("config", "--global", key, value)
    repo.write("prompts/Grüße.md", "Hello\n")

    assert git_history.history(found(repo), second, [PATH]) == versions(
        repo, (second, "two\n"), (first, "one\n")
    )
    assert git_history.last_commits(found(repo), [PATH]) == {PATH: second}
    assert git_history.commits_touching(found(repo), second, [PATH]) == [second, first]
    assert git.uncommitted_paths(found(repo), [PATH, "prompts/Grüße.md"]) == {"prompts/Grüße.md"}
    assert git_history.author_and_date(found(repo), second) is not None
    assert [each.path for each in git_objects.list_index(found(repo), ["prompts"])] == [PATH]


@pytest.mark.parametrize(
    "name", ["GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ICASE_PATHSPECS"]
)
def test_paths_are_literal_whatever_the_environment_says(
    repo: Repo, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    repo.write("prompts/[draft].md", "Hello\n")
    repo.write("prompts/d.md", "Hello\n")
    monkeypatch.setenv(name, "1")

    assert git.uncommitted_paths(found(repo), ["prompts/[draft].md"]) == {"prompts/[draft].md"}


# -- addresses and settings --


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://example.com/team/prompts.git", "https://example.com/team/prompts.git"),
        ("https://ada:s3cret@example.com/team/prompts", "https://example.com/team/prompts"),
        ("https://t0ken@example.com:8443/x", "https://example.com:8443/x"),
        ("https://a:b@c@example.com/x", "https://example.com/x"),
        ("https://example.com/x?private_token=s3cret#part", "https://example.com/x"),
        ("ssh://git@example.com:22/x.git", "ssh://example.com:22/x.git"),
        ("git@example.com:team/prompts.git", "git@example.com:team/prompts.git"),
        ("https://ada:s3cret@[broken/x", "https://[broken/x"),
        ("../origin", "../origin"),
    ],
)
def test_the_address_of_origin_has_no_credentials(repo: Repo, url: str, shown: str) -> None:
    repo.git("remote", "add", "origin", url)

    assert git_settings.remote_url(found(repo)) == shown


def test_a_repository_without_origin_has_no_address(repo: Repo) -> None:
    assert git_settings.remote_url(found(repo)) is None


def test_hooks_are_where_git_looks_for_them(repo: Repo) -> None:
    assert git_settings.hooks_folder(found(repo)) == repo.path / ".git" / "hooks"
    repo.git("config", "core.hooksPath", "own hooks")

    assert git_settings.hooks_folder(found(repo)) == repo.path / "own hooks"
    assert git_settings.config_scope(found(repo), "core.hooksPath") == "local"
    assert git_settings.config_scope(found(repo), "core.nothing") is None


def test_a_failure_of_git_is_told_in_its_own_words(repo: Repo) -> None:
    with pytest.raises(GitError, match=r"git ls-tree failed: fatal: .*bad"):
        git_objects.list_tree(found(repo), "bad", ["prompts"])


# -- merging --


def test_lines_are_merged_as_git_merges_them() -> None:
    base = "one\ntwo\nthree\nfour\nfive\n"
    local, remote = base.replace("one", "1"), base.replace("five", "5")

    assert git_merge.merge_lines((local, base, remote), ("here", "base", "there")) == (
        "1\ntwo\nthree\nfour\n5\n",
        False,
    )


def test_what_overlaps_is_marked_with_the_labels() -> None:
    texts = ("local\n", "base\n", "remote\n")

    assert git_merge.merge_lines(texts, ("prompts/a b.md", "base", "registry version 7")) == (
        "<<<<<<< prompts/a b.md\nlocal\n=======\nremote\n>>>>>>> registry version 7\n",
        True,
    )


def test_more_conflicts_than_an_exit_status_holds() -> None:
    same = "".join(f"same {number}\n" for number in range(5))

    def lines(text: str) -> str:
        return "".join(f"{text} {number}\n{same}" for number in range(300))

    merged, has_conflict = git_merge.merge_lines(
        (lines("local"), lines("base"), lines("remote")), ("here", "base", "there")
    )

    assert has_conflict
    assert merged.count("<<<<<<<") == 300


def test_texts_that_git_cannot_merge_are_an_error() -> None:
    with pytest.raises(GitError, match=r"git merge-file failed: .*binary"):
        git_merge.merge_lines(("\0one", "\0base", "\0two"), ("here", "base", "there"))


def test_a_merge_needs_no_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert git_merge.merge_lines(("x\n", "x\n", "y\n"), ("here", "base", "there")) == ("y\n", False)


def test_nothing_of_a_check_takes_a_lock(repo: Repo) -> None:
    commit_texts(repo, "one\n")
    # An ordinary `git status` writes what it found out about the file into the index.
    os.utime(repo.path / PATH, (0, 0))
    before = (repo.path / ".git" / "index").read_bytes()

    git.uncommitted_paths(found(repo), [PATH])

    assert (repo.path / ".git" / "index").read_bytes() == before
    repo.git("status")
    assert (repo.path / ".git" / "index").read_bytes() != before
