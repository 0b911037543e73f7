"""What `status` says of aliases, and what it does where a registry has none."""

from __future__ import annotations

import sqlite3

import pytest

from tests.builders import Repo
from tests.cli.running import Ran, run
from tests.cli.scenes import with_greeting
from tests.fakes.braintrust import BraintrustServer, EnvironmentsRefused

HEADING = "registry `local`: sqlite:///.promptsync/registry.db\n\n"


def with_aliases(repo: Repo) -> None:
    """Give two prompts to production, and to staging a newer text of one and a third."""
    for name in ("farewell", "greeting"):
        repo.write(f"prompts/{name}.md", f"This is {name}.\n")
    run("upload", "--yes", "--alias", "production")
    repo.write("prompts/greeting.md", "This is a new greeting.\n")
    repo.write("prompts/fresh.md", "This is fresh.\n")
    run("upload", "--yes", "--alias", "staging")


def test_each_alias_says_what_it_serves_otherwise(repo: Repo) -> None:
    with_aliases(repo)

    assert run("status") == Ran(
        0,
        f"""\
{HEADING}alias `production`: 1 as in git, 1 otherwise, 1 not pointed at
  greeting  version 1
alias `staging`: 3 as in git

3 in sync
""",
        "",
    )


def test_what_was_asked_for_is_listed_also_where_it_agrees(repo: Repo) -> None:
    with_aliases(repo)

    assert (
        run("status", "greeting").stdout
        == f"""\
{HEADING}in_sync  greeting  prompts/greeting.md

alias `production`: 1 otherwise
  greeting  version 1
alias `staging`: 1 as in git
  greeting  version 2  as in git

1 in sync
"""
    )


def test_a_file_that_changed_is_in_no_alias(repo: Repo) -> None:
    with_aliases(repo)
    repo.write("prompts/farewell.md", "This changed.\n")

    assert (
        """\
alias `production`: 2 otherwise, 1 not pointed at
  farewell  version 1
  greeting  version 1
alias `staging`: 2 as in git, 1 otherwise
  farewell  version 1
"""
        in run("status").stdout
    )


def test_aliases_in_json(repo: Repo) -> None:
    with_aliases(repo)

    document = run("status", "--format", "json").json

    aliases = {each["name"]: each["aliases"] for each in document["prompts"]}
    assert {
        name: {alias: (each["version"], each["in_sync"]) for alias, each in found.items()}
        for name, found in aliases.items()
    } == {
        "farewell": {"production": ("1", True), "staging": ("1", True)},
        "fresh": {"staging": ("1", True)},
        "greeting": {"production": ("1", False), "staging": ("2", True)},
    }


def test_aliases_in_markdown(repo: Repo) -> None:
    with_aliases(repo)

    assert (
        """\
- alias `production`: 1 as in git, 1 otherwise, 1 not pointed at: `greeting` (version `1`)
- alias `staging`: 3 as in git
"""
        in run("status", "--format", "markdown").stdout
    )


def test_many_others_are_cut_short_in_markdown(repo: Repo) -> None:
    for number in range(5):
        repo.write(f"prompts/p{number}.md", "One.\n")
    run("upload", "--yes", "--alias", "live")
    for number in range(5):
        repo.write(f"prompts/p{number}.md", "Two.\n")

    assert "`p2` (version `1`) and 2 more\n" in run("status", "--format", "markdown").stdout


def test_aliases_are_left_out_when_asked(repo: Repo) -> None:
    with_aliases(repo)

    assert run("status", "--no-aliases").stdout == f"{HEADING}3 in sync\n"
    assert run("status", "--no-aliases", "--format", "json").json["prompts"][0]["aliases"] is None


def test_without_any_alias_nothing_is_said(repo: Repo) -> None:
    with_greeting(repo)
    run("upload", "--yes")

    assert run("status").stdout == f"{HEADING}1 in sync\n"
    assert run("status", "--format", "json").json["prompts"][0]["aliases"] == {}


def test_an_alias_whose_version_was_deleted_points_nowhere(repo: Repo) -> None:
    with_aliases(repo)
    with sqlite3.connect(repo.path / ".promptsync/registry.db") as database:
        database.execute(
            "DELETE FROM promptsync_versions WHERE number = 1 AND prompt_id ="
            " (SELECT id FROM promptsync_prompts WHERE name = 'greeting')"
        )
    database.close()

    verified = run("verify", "--alias", "production", "greeting")

    assert verified.code == 1
    assert "note: alias `production` points at no version: greeting\n" in verified.stdout
    assert "alias `production`: 1 as in git, 2 not pointed at\n" in run("status").stdout
    assert run("rollback", "greeting", "--alias", "production", "--yes").code == 3
    assert run("promote", "greeting", "--alias", "production", "--yes").stdout == (
        "promoted `greeting` (version 2)\n"
    )


@pytest.mark.network
def test_aliases_in_braintrust_cost_a_request_for_each_prompt(
    repo: Repo, trader: BraintrustServer
) -> None:
    with_aliases(repo)
    trader.requests.clear()

    stdout = run("status").stdout

    assert "alias `production`: 1 as in git, 1 otherwise, 1 not pointed at\n" in stdout
    asked = [each.path.split("/")[1] for each in trader.requests if "environment" in each.target]
    assert asked.count("environment-object") == 3
    assert len(asked) == 4


@pytest.mark.network
def test_verify_does_not_ask_for_aliases(repo: Repo, trader: BraintrustServer) -> None:
    with_aliases(repo)
    trader.requests.clear()

    assert run("verify").code == 0
    assert run("verify", "--format", "json").json["prompts"][0]["aliases"] is None
    assert not [each for each in trader.requests if "environment" in each.target]


@pytest.mark.network
def test_a_plan_without_environments_does_not_keep_status_from_its_work(
    repo: Repo, trader: BraintrustServer
) -> None:
    with_greeting(repo)
    run("upload", "--yes")
    trader.inject(EnvironmentsRefused())

    result = run("status")

    assert (result.code, result.stderr) == (0, "")
    assert "note: where aliases point is not known: " in result.stdout
    assert "give each branch a project of its own" in result.stdout
    assert "person@example.com" not in result.stdout
    assert result.stdout.endswith("1 in sync\n")
