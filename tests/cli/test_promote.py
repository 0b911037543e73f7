"""What `promote` says and does, whole."""

from __future__ import annotations

import pytest

from tests.builders import Repo
from tests.cli.running import Ran, needs_terminal, run, run_on_terminal
from tests.cli.scenes import edit_in_registry, registry_of, with_greeting
from tests.fakes.braintrust import BraintrustServer, EnvironmentsRefused


def with_two_versions(repo: Repo) -> None:
    """Upload a greeting, promote it, and upload a second text of it."""
    repo.write(".gitignore", ".promptsync/\n")
    repo.write("prompts/greeting.md", "Hello.\n")
    repo.commit("Say hello")
    assert run("upload", "--yes", "--alias", "live").code == 0
    repo.write("prompts/greeting.md", "Hello again.\n")
    repo.commit("Say it again")
    assert run("upload", "--yes").code == 0


def served(repo: Repo, alias: str = "live", name: str = "greeting") -> str | None:
    registry = registry_of(repo)
    found = registry.get_prompt(name, alias=alias)
    registry.close()
    return found.version if found else None


@pytest.mark.parametrize(
    "command",
    [("promote",), ("rollback", "greeting"), ("upload",), ("sync",)],
    ids=["promote", "rollback", "upload", "sync"],
)
@pytest.mark.parametrize("alias", [" live", "li\nve", "li\x1b[31mve", "a" * 256])
def test_no_alias_is_moved_that_could_not_be_shown(command: tuple[str, ...], alias: str) -> None:
    assert run(*command, "--alias", alias) == Ran(
        2,
        "",
        "error: invalid value for `--alias`: an alias is 1 to 255 characters that can be shown, "
        "with no space at either end\n\n"
        f"hint: `promptsync {command[0]} --help` lists what there is\n",
    )


ALIASED = ("diff", "download", "promote", "status", "sync", "upload", "verify")


@pytest.mark.parametrize("command", ALIASED)
def test_an_empty_alias_is_never_the_default(command: str) -> None:
    message = "invalid value for `--alias`: it is empty; leave the option out for the default"
    assert run(command, "--alias", "") == Ran(
        2, "", f"error: {message}\n\nhint: `promptsync {command} --help` lists what there is\n"
    )


def test_the_version_with_the_files_content_is_promoted(repo: Repo) -> None:
    with_two_versions(repo)

    assert run("promote", "--alias", "live", "--yes") == Ran(
        0,
        "promoted `greeting` (version 2)\n",
        """\
promote in registry `local`, alias `live`

> promote  greeting  version 1 -> 2

1 to promote

""",
    )
    assert served(repo) == "2"
    assert run("verify", "--alias", "live").code == 0


def test_nothing_is_done_where_the_alias_is_there_already(repo: Repo) -> None:
    with_two_versions(repo)
    run("promote", "--alias", "live", "--yes")

    assert run("promote", "--alias", "live", "--yes") == Ran(
        0, "nothing to promote in registry `local`, alias `live`\n", ""
    )


def test_an_alias_with_the_content_is_left_where_it_is(repo: Repo) -> None:
    with_two_versions(repo)
    repo.write("prompts/greeting.md", "Hello.\n")
    run("upload", "--yes", "--force")

    assert run("promote", "--alias", "live", "--yes").stdout.startswith("nothing to promote")
    assert served(repo) == "1"


def test_of_several_versions_the_latest_is_promoted(repo: Repo) -> None:
    with_two_versions(repo)
    repo.write("prompts/greeting.md", "Hello.\n")
    run("upload", "--yes", "--force")

    assert run("promote", "--alias", "new", "--yes").stdout == "promoted `greeting` (version 3)\n"


def test_the_whole_catalog_is_planned_with_what_needs_an_upload(repo: Repo) -> None:
    with_two_versions(repo)
    repo.write("prompts/fresh.md", "Fresh.\n")
    edit_in_registry(repo, "greeting", "again", "once more")
    run("promote", "greeting", "--version", "3", "--alias", "live", "--yes")
    repo.write("prompts/agreed.md", "Agreed.\n")
    run("upload", "agreed", "--yes")

    assert run("promote", "--alias", "live", "--yes") == Ran(
        3,
        "promoted `agreed` (version 1)\n",
        """\
promote in registry `local`, alias `live`

> promote  agreed  to version 1

! left alone  fresh: no version says what its file says
              promptsync upload --alias live fresh
! left alone  greeting: edited in the registry
              promptsync download --alias live greeting

1 to promote, 2 left alone

""",
    )
    assert (served(repo), served(repo, name="agreed"), served(repo, name="fresh")) == (
        "3",
        "1",
        None,
    )


def test_an_edit_behind_the_alias_is_passed_over_by_force(repo: Repo) -> None:
    with_two_versions(repo)
    edit_in_registry(repo, "greeting", "again", "once more")
    run("promote", "greeting", "--version", "3", "--alias", "live", "--yes")

    assert run("promote", "--alias", "live", "--yes", "--force").code == 0
    assert served(repo) == "2"


def test_a_version_is_promoted_whatever_the_file_says(repo: Repo) -> None:
    with_two_versions(repo)
    commit = repo.git("rev-parse", "HEAD~1")[:10]
    run("promote", "--alias", "live", "--yes")
    repo.write("prompts/other.md", "---\ntitel: wrong\n---\n")

    assert run("promote", "greeting", "--version", "1", "--alias", "live", "--yes") == Ran(
        0,
        f"promoted `greeting` (version 1, commit {commit})\n",
        f"""\
promote in registry `local`, alias `live`

> promote  greeting  version 2 -> 1
           commit {commit}

1 to promote

""",
    )


def test_a_version_may_be_named_by_its_hash(repo: Repo) -> None:
    with_two_versions(repo)
    digits = run("history", "greeting", "--format", "json").json["versions"][1]["content_hash"][7:]

    run("promote", "greeting", "--version", digits[:8], "--alias", "beta", "--yes")

    assert served(repo, "beta") == "1"


def test_a_prompt_without_a_file_is_promoted_by_its_name_there(repo: Repo) -> None:
    with_two_versions(repo)
    repo.write("prompts/other.md", "Other.\n")
    (repo.path / "prompts/greeting.md").unlink()

    promoted = run("promote", "greeting", "--version", "2", "--alias", "live", "--yes")

    assert (promoted.code, served(repo)) == (0, "2")


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (
            [],
            "say which alias: `--alias`",
            "or set `alias` of registry `local` in the configuration",
        ),
        (
            ["--alias", "live", "--version", "1"],
            "`--version` is a version of one prompt",
            "name that prompt; without `--version`, each gets the version of its file",
        ),
        (
            ["greeting", "--alias", "live", "--version", "9"],
            "`greeting` has no version `9`",
            "`promptsync history greeting` lists them",
        ),
        (
            ["nobody", "--alias", "live"],
            "there is no prompt file for `nobody`",
            "`promptsync status --alias live` lists the names",
        ),
        (
            ["x" * 5000, "--alias", "live"],
            f"there is no prompt file for `{'x' * 59}…`",
            "`promptsync status --alias live` lists the names",
        ),
    ],
)
def test_what_cannot_be_promoted(repo: Repo, arguments: list[str], message: str, hint: str) -> None:
    with_two_versions(repo)

    assert run("promote", *arguments, "--yes") == Ran(2, "", f"error: {message}\n\nhint: {hint}\n")


def test_the_alias_of_the_configuration_is_the_default(repo: Repo) -> None:
    with_two_versions(repo)
    repo.write("promptsync.toml", '[registries.local]\nkind = "local"\nalias = "live"\n')

    run("promote", "--yes")

    assert served(repo) == "2"


def test_a_dry_run_says_the_checksum_that_is_applied_later(repo: Repo) -> None:
    with_two_versions(repo)
    planned = run("promote", "--alias", "live", "--dry-run", "--format", "json")
    checksum = planned.json["plan_checksum"]
    other = run("promote", "--alias", "live", "--plan-checksum", "sha256:1")

    assert (planned.code, other.code, served(repo)) == (0, 3, "1")
    assert run("promote", "--alias", "live", "--plan-checksum", checksum).code == 0
    assert served(repo) == "2"


def test_a_promotion_of_many_needs_a_second_thought(repo: Repo) -> None:
    for number in range(10):
        repo.write(f"prompts/p{number}.md", "One.\n")
    run("upload", "--yes", "--alias", "live")
    for number in range(4):
        repo.write(f"prompts/p{number}.md", "Two.\n")
    run("upload", "--yes", "--force")

    refused = run("promote", "--alias", "live", "--yes")

    assert refused.code == 2
    assert (
        "error: this promotion would change what 4 of 10 prompts serve (40%), more than 30%\n"
        in refused.stderr
    )
    assert "`promptsync promote --alias live --plan-checksum sha256:" in refused.stderr
    assert run("promote", "--alias", "live", "--yes", "--force").code == 0


def test_a_promotion_in_markdown_names_versions(repo: Repo) -> None:
    with_two_versions(repo)

    lines = run("promote", "--alias", "live", "--dry-run", "--format", "markdown").stdout

    assert "Promote in registry `local`, alias `live`: 1 to promote.\n" in lines
    assert lines.count("` (version `2`) |\n") == 1


@needs_terminal
def test_a_promotion_is_confirmed_on_a_terminal(repo: Repo) -> None:
    with_two_versions(repo)

    declined = run_on_terminal("promote", "--alias", "live", typed="n\n")
    assert (declined.code, served(repo)) == (1, "1")
    assert "promote this? [y/N]" in declined.stdout

    assert run_on_terminal("promote", "--alias", "live", typed="y\n").code == 0
    assert served(repo) == "2"


@pytest.mark.network
def test_a_service_without_aliases_says_what_to_use_instead(
    repo: Repo, trader: BraintrustServer
) -> None:
    with_greeting(repo)
    run("upload", "--yes")
    trader.inject(EnvironmentsRefused())

    promoted = run("promote", "--alias", "production", "--yes")

    assert promoted.code == 4
    assert "hint: environments need Braintrust's Pro or Enterprise plan" in promoted.stderr
    assert "give each branch a project of its own" in promoted.stderr


@pytest.mark.network
def test_a_catalog_is_promoted_in_braintrust(repo: Repo, trader: BraintrustServer) -> None:
    for name in ("one", "two"):
        repo.write(f"prompts/{name}.md", f"This is {name}.\n")
    run("upload", "--yes")

    assert run("promote", "--alias", "production", "--yes").code == 0
    assert run("verify", "--alias", "production").code == 0
    assert run("promote", "--alias", "production", "--yes").stdout.startswith("nothing to promote")
    assert {each.slug for each in trader.store.prompts.newest_first()} == {"one", "two"}
