"""What `rollback` says and does, whole."""

from __future__ import annotations

import pytest

from tests.builders import Repo
from tests.cli.running import Ran, run
from tests.cli.scenes import edit_in_registry
from tests.cli.test_promote import served
from tests.fakes.braintrust import BraintrustServer


def with_three_versions(repo: Repo) -> list[str]:
    """Upload three texts of a greeting, promote the last, and return the commits."""
    repo.write(".gitignore", ".promptsync/\n")
    commits = []
    for text in ("one", "two", "three"):
        repo.write("prompts/greeting.md", f"{text}\n")
        commits.append(repo.commit(text)[:10])
        assert run("upload", "--yes").code == 0
    assert run("promote", "--alias", "live", "--yes").code == 0
    return commits


def test_the_alias_goes_to_the_version_before_and_its_commit_is_named(repo: Repo) -> None:
    _, commit, _ = with_three_versions(repo)

    assert run("rollback", "greeting", "--alias", "live", "--yes") == Ran(
        0,
        f"rolled back `greeting` (version 2, commit {commit})\n",
        f"""\
rollback in registry `local`, alias `live`

< rollback  greeting  version 3 -> 2
            commit {commit}

1 to roll back


hint: git says otherwise (greeting), and the next promotion or `upload --alias` follows
git; `promptsync restore greeting 2` brings the older text into the file
""",
    )
    assert served(repo) == "2"


def test_each_rollback_goes_one_version_further(repo: Repo) -> None:
    with_three_versions(repo)

    for version in ("2", "1", "1"):
        run("rollback", "greeting", "--alias", "live", "--yes")
        assert served(repo) == version


def test_the_first_version_has_none_before(repo: Repo) -> None:
    with_three_versions(repo)
    run("promote", "greeting", "--version", "1", "--alias", "live", "--yes")

    assert run("rollback", "greeting", "--alias", "live", "--yes") == Ran(
        3,
        """\
rollback in registry `local`, alias `live`

! left alone  greeting: no version before 1 says anything else
              `promptsync history greeting` lists its versions

1 left alone
""",
        "",
    )


def test_versions_with_equal_content_are_passed_over(repo: Repo) -> None:
    with_three_versions(repo)
    repo.write("prompts/greeting.md", "---\ntitle: Greeting\n---\n\nthree\n")
    run("upload", "--yes")
    run("promote", "greeting", "--version", "4", "--alias", "live", "--yes")

    run("rollback", "greeting", "--alias", "live", "--yes")

    assert served(repo) == "2"


def test_the_commit_is_found_where_the_stamp_has_none(repo: Repo) -> None:
    repo.write(".gitignore", ".promptsync/\n")
    for text in ("one", "two"):
        repo.write("prompts/greeting.md", f"{text}\n")
        run("upload", "--yes", "--alias", "live")
        commit = repo.commit(text)

    rolled_back = run("rollback", "greeting", "--alias", "live", "--dry-run", "--format", "json")

    (change,) = rolled_back.json["changes"]
    assert (change["version"], change["commit"]) == ("1", repo.git("rev-parse", f"{commit}~1"))


def test_an_edit_in_the_registry_is_a_version_too_and_has_no_commit(repo: Repo) -> None:
    with_three_versions(repo)
    edit_in_registry(repo, "greeting", "three", "by hand")
    repo.write("prompts/greeting.md", "four\n")
    run("upload", "--yes", "--force")
    run("promote", "--alias", "live", "--yes", "--force")

    assert run("rollback", "greeting", "--alias", "live", "--yes").stdout == (
        "rolled back `greeting` (version 4)\n"
    )


def test_a_prompt_whose_file_is_gone_or_wrong_is_rolled_back(repo: Repo) -> None:
    with_three_versions(repo)
    (repo.path / "prompts/greeting.md").unlink()
    repo.write("prompts/other.md", "---\ntitel: wrong\n---\n")

    assert run("rollback", "greeting", "--alias", "live", "--yes").code == 0
    assert served(repo) == "2"


def test_what_a_rollback_serves_is_a_fast_forward_again(repo: Repo) -> None:
    with_three_versions(repo)
    run("rollback", "greeting", "--alias", "live", "--yes")

    assert "modified  greeting" in run("status", "--alias", "live").stdout
    assert run("promote", "--alias", "live", "--yes").stdout == "promoted `greeting` (version 3)\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--alias", "live"], "missing argument `NAME...`"),
        (["greeting"], "say which alias: `--alias`"),
        (["nobody", "--alias", "live"], "registry `local` has no prompt `nobody`"),
    ],
)
def test_what_cannot_be_rolled_back(repo: Repo, arguments: list[str], message: str) -> None:
    with_three_versions(repo)

    result = run("rollback", *arguments, "--yes")

    assert (result.code, result.stderr.splitlines()[0]) == (2, f"error: {message}")


def test_an_alias_that_points_nowhere_is_said(repo: Repo) -> None:
    with_three_versions(repo)

    result = run("rollback", "greeting", "--alias", "beta", "--yes")

    assert result.code == 3
    assert "alias `beta` points at none of its versions\n" in result.stdout
    assert "promptsync promote --alias beta greeting\n" in result.stdout


@pytest.mark.network
def test_a_prompt_in_braintrust_is_rolled_back(repo: Repo, trader: BraintrustServer) -> None:
    commits = with_two_versions_in_braintrust(repo)

    rolled_back = run("rollback", "greeting", "--alias", "production", "--yes")

    older = trader.store.prompt_named("greeting").versions[0].transaction
    assert rolled_back.stdout == f"rolled back `greeting` (version {older}, commit {commits[0]})\n"


def with_two_versions_in_braintrust(repo: Repo) -> list[str]:
    commits = []
    for text in ("one", "two"):
        repo.write("prompts/greeting.md", f"{text}\n")
        commits.append(repo.commit(text)[:10])
        assert run("upload", "--yes", "--alias", "production").code == 0
    return commits
