"""What `upload` says and does, whole."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

import pytest

from promptsync.content_hash import content_hash, short_hash
from tests.builders import Repo, prompt
from tests.cli.running import Ran, run
from tests.cli.scenes import (
    edit_in_registry,
    registry_of,
    save_in_registry,
    with_every_status,
    with_greeting,
)
from tests.fakes.braintrust import BraintrustServer, PageCap
from tests.registries.serving import unused_address

NOTHING = "nothing to upload to registry `local`\n"


def test_a_new_prompt_is_planned_and_created(repo: Repo) -> None:
    with_greeting(repo)

    assert run("upload", "--yes") == Ran(
        0,
        "created `greeting` (version 1)\n",
        """\
upload to registry `local`

+ create  greeting  sha256:3e19fa7c5cbc

1 to create

""",
    )
    assert run("verify").code == 0


def test_a_second_upload_has_nothing_to_do(repo: Repo) -> None:
    with_greeting(repo)
    run("upload", "--yes")

    assert run("upload", "--yes") == Ran(0, NOTHING, "")


def test_a_dry_run_shows_the_plan_with_its_checksum_and_stops(repo: Repo) -> None:
    with_every_status(repo)
    checksum = run("status", "--format", "json").json["plan_checksum"]

    assert run("upload", "--dry-run") == Ran(
        3,
        f"""\
upload to registry `local`

+ create  fresh     sha256:39eb7c3ec8ea
~ update  modified  sha256:08a1eb431dfe -> sha256:ab8894138c87

! left alone  behind: uploaded from a branch or clone you do not have
              merge that branch, or upload `--force` to replace it
! left alone  diverged: edited in the registry and in git
              promptsync download diverged
! left alone  drifted: edited in the registry
              promptsync download drifted

1 to create, 1 to update, 3 left alone
checksum {checksum}
""",
        "",
    )
    assert run("status", "fresh", "--format", "json").json["summary"] == {"new": 1}


def test_a_plan_in_json(repo: Repo) -> None:
    repo.write("prompts/farewell.md", "Say goodbye.\n")
    repo.write("prompts/greeting.md", "Say hello.\n")
    run("upload", "--yes", "farewell")
    edited = edit_in_registry(repo, "farewell", "goodbye", "farewell")
    result = run("upload", "--dry-run", "--format", "json")
    new = run("status", "greeting", "--format", "json").json["prompts"][0]["local_hash"]

    assert edited.version == "2"
    assert result == Ran(
        3,
        f"""\
{{
  "schema": 1,
  "registry": "local",
  "alias": null,
  "direction": "upload",
  "plan_checksum": "{result.json["plan_checksum"]}",
  "changes": [
    {{
      "name": "greeting",
      "action": "create",
      "renamed_from": null,
      "path": "prompts/greeting.md",
      "files": [],
      "before": null,
      "after": "{new}",
      "version": null,
      "commit": null
    }}
  ],
  "refused": [
    {{
      "name": "farewell",
      "status": "drifted",
      "reason": "edited in the registry",
      "hint": "promptsync download farewell",
      "details": []
    }}
  ],
  "shared": [],
  "notes": [],
  "results": []
}}
""",
        "",
    )


def test_a_plan_in_markdown(repo: Repo) -> None:
    with_every_status(repo)
    checksum = run("status", "--format", "json").json["plan_checksum"]

    assert run("upload", "--dry-run", "--format", "markdown") == Ran(
        3,
        f"""\
### promptsync: upload plan

Upload to registry `local`: 1 to create, 1 to update, 3 left alone.

| action | prompt | before | after |
| --- | --- | --- | --- |
| create | `fresh` | `-` | `sha256:39eb7c3ec8ea` |
| update | `modified` | `sha256:08a1eb431dfe` | `sha256:ab8894138c87` |

- left alone: `behind`, uploaded from a branch or clone you do not have
- left alone: `diverged`, edited in the registry and in git
- left alone: `drifted`, edited in the registry

Plan checksum `{checksum}`
""",
        "",
    )


def test_results_in_json(repo: Repo) -> None:
    with_greeting(repo)
    result = run("upload", "--yes", "--format", "json")

    assert (result.code, result.json["results"]) == (
        0,
        [
            {
                "name": "greeting",
                "action": "create",
                "done": True,
                "version": "1",
                "reason": None,
                "error": None,
            }
        ],
    )
    assert result.stderr.startswith("upload to registry `local`\n")


def test_results_in_markdown_follow_the_plan(repo: Repo) -> None:
    with_greeting(repo)

    lines = run("upload", "--yes", "--format", "markdown").stdout.splitlines()

    assert lines[0] == "### promptsync: upload plan"
    assert lines[-1] == "- created `greeting` (version 1)"


def test_an_edit_in_the_registry_is_left_alone(repo: Repo) -> None:
    with_greeting(repo)
    run("upload", "--yes")
    edit_in_registry(repo, "greeting", "people", "friends")

    assert run("upload", "--yes") == Ran(
        3,
        """\
upload to registry `local`

! left alone  greeting: edited in the registry
              promptsync download greeting

1 left alone
""",
        "",
    )
    assert run("status", "--format", "json").json["summary"] == {"drifted": 1}


def test_an_edit_in_the_registry_is_replaced_with_force(repo: Repo) -> None:
    with_greeting(repo)
    run("upload", "--yes")
    edit_in_registry(repo, "greeting", "people", "friends")

    assert run("upload", "--yes", "--force").stdout == "updated `greeting` (version 3)\n"
    assert run("verify").code == 0


def test_a_prompt_whose_file_is_gone_is_removed_with_prune(repo: Repo) -> None:
    with_every_status(repo)

    pruned = run("upload", "--yes", "--prune", "--force")

    assert "- delete  gone      sha256:9b05cb879f7e\n" in pruned.stderr
    assert "removed `gone`\n" in pruned.stdout
    assert run("status", "--format", "json").json["summary"] == {"in_sync": 6, "unmanaged": 1}


@pytest.mark.network
def test_prune_sees_the_whole_registry(repo: Repo, trader: BraintrustServer) -> None:
    for name in ("a", "greeting", "z"):
        repo.write(f"prompts/{name}.md", f"This is {name}.\n")
    run("upload", "--yes")
    trader.inject(PageCap(1))
    for name in ("a", "z"):
        (repo.path / f"prompts/{name}.md").unlink()

    assert run("upload", "--yes", "--prune").stdout == "removed `a`\nremoved `z`\n"


def test_a_prompt_without_a_stamp_is_adopted(repo: Repo) -> None:
    repo.write("prompts/foreign.md", "This is foreign.\n")
    save_in_registry(repo, prompt("foreign", "This is foreign."))

    before = run("upload", "--dry-run")
    adopted = run("upload", "--yes", "--adopt")

    assert before == Ran(0, NOTHING, "")
    assert (adopted.code, adopted.stdout) == (0, "adopted `foreign` (version 2)\n")
    assert "~ adopt  foreign\n" in adopted.stderr


def test_details_are_updated(repo: Repo) -> None:
    with_greeting(repo)
    run("upload", "--yes")
    greeting = repo.read("prompts/greeting.md")
    repo.write("prompts/greeting.md", greeting.replace("title: Greeting", "title: Welcome"))

    updated = run("upload", "--yes")

    assert updated.stdout == "updated the details of `greeting` (version 2)\n"
    assert "~ details  greeting\n" in updated.stderr


def test_only_missing_prompts_are_uploaded_when_asked(repo: Repo) -> None:
    with_every_status(repo)

    assert run("upload", "--yes", "--only-missing").stdout == "created `fresh` (version 1)\n"


def test_a_missing_alias_is_set_where_it_can_and_what_is_there_is_left_alone(repo: Repo) -> None:
    repo.write("prompts/farewell.md", "Say goodbye.\n")
    repo.write("prompts/greeting.md", "Say hello.\n")
    run("upload", "--yes", "farewell")
    seed = ("upload", "--only-missing", "--alias", "production", "--yes")

    first, second = run(*seed), run(*seed)

    assert first.stdout == "promoted `farewell` (version 1)\ncreated `greeting` (version 1)\n"
    assert second == Ran(0, "nothing to upload to registry `local`, alias `production`\n", "")
    with closing(registry_of(repo)) as registry:
        assert registry.list_aliases(["farewell", "greeting"]) == {
            "farewell": {"production": "1"},
            "greeting": {"production": "1"},
        }


def test_seeding_tells_of_a_prompt_that_says_something_else_and_has_no_alias(repo: Repo) -> None:
    repo.write("prompts/greeting.md", "Say hello.\n")
    run("upload", "--yes")
    repo.write("prompts/greeting.md", "Say hello again.\n")

    ran = run("upload", "--only-missing", "--alias", "production", "--yes")

    assert ran == Ran(
        0,
        "nothing to upload to registry `local`, alias `production`\n"
        "note: `greeting` is left alone: it says something else in the registry, where alias "
        "`production` points at no version; an upload without `--only-missing` serves the file\n",
        "",
    )


@pytest.mark.network
def test_an_unreachable_registry_may_be_a_warning_while_seeding(
    repo: Repo, trader: BraintrustServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BRAINTRUST_APP_URL", unused_address())
    repo.write("prompts/greeting.md", "Say hello.\n")
    seed = ("upload", "--only-missing", "--alias", "production", "--yes")

    warned = run(*seed, "--allow-unreachable")

    assert run(*seed).code == 4
    assert (warned.code, warned.stdout) == (0, "")
    assert warned.stderr.startswith("error: ")
    assert warned.stderr.endswith(
        "\nwarning: not every missing prompt was created; running the command again is safe\n"
    )
    assert trader.api_key not in warned.text


def test_only_seeding_may_leave_an_unreachable_registry(repo: Repo) -> None:
    with_greeting(repo)

    assert run("upload", "--yes", "--allow-unreachable") == Ran(
        2, "", "error: `--allow-unreachable` goes with `--only-missing`\n"
    )


@pytest.mark.parametrize("option", ["--prune", "--adopt", "--force"])
def test_what_seeding_leaves_alone_no_other_option_touches(repo: Repo, option: str) -> None:
    with_greeting(repo)

    assert run("upload", "--yes", "--only-missing", option) == Ran(
        2, "", f"error: `--only-missing` and `{option}` exclude each other\n"
    )


def test_a_version_that_has_the_content_is_promoted(repo: Repo) -> None:
    with_greeting(repo)
    run("upload", "--yes")

    promoted = run("upload", "--yes", "--alias", "live")

    assert (promoted.code, promoted.stdout) == (0, "promoted `greeting` (version 1)\n")
    assert (
        promoted.stderr
        == """\
upload to registry `local`, alias `live`

> promote  greeting  to version 1

1 to promote

"""
    )


def with_hello(repo: Repo) -> None:
    repo.write(".gitignore", ".promptsync/\n")
    repo.write("prompts/greeting.md", "Hello\n")
    repo.commit()


def test_a_second_version_under_a_new_alias_is_an_update(repo: Repo) -> None:
    with_hello(repo)
    run("upload", "--yes")
    repo.write("prompts/greeting.md", "Hello warmly\n")
    repo.commit()

    updated = run("upload", "--yes", "--alias", "live")

    digest = short_hash(content_hash(prompt("greeting", "Hello warmly"), "local"))
    assert (updated.code, updated.stdout) == (0, "updated `greeting` (version 2)\n")
    assert (
        updated.stderr
        == f"""\
upload to registry `local`, alias `live`

~ update  greeting  {digest}, after version 1

1 to update

"""
    )


def test_a_second_version_under_a_new_alias_keeps_what_people_wrote_there(repo: Repo) -> None:
    with_hello(repo)
    run("upload", "--yes")
    with closing(registry_of(repo)) as registry:
        registry.edit_prompt("greeting", lambda there: replace(there, title="Greeting"))
    repo.write("prompts/greeting.md", "Hello warmly\n")
    repo.commit()

    run("upload", "--yes", "--alias", "live")

    with closing(registry_of(repo)) as registry:
        stored = registry.get_prompt("greeting", alias="live")
    assert stored is not None
    assert (stored.prompt.title, stored.prompt.content) == ("Greeting", "Hello warmly")


@pytest.mark.parametrize("alias", ["live", "other"])
def test_an_edit_later_than_what_an_alias_has_is_left_alone(repo: Repo, alias: str) -> None:
    with_hello(repo)
    run("upload", "--yes", "--alias", "live")
    edit_in_registry(repo, "greeting", "Hello", "Hey")
    repo.write("prompts/greeting.md", "Hello warmly\n")
    repo.commit()

    refused = run("upload", "--yes", "--alias", alias)
    forced = run("upload", "--yes", "--alias", alias, "--force")

    assert refused == Ran(
        3,
        f"""\
upload to registry `local`, alias `{alias}`

! left alone  greeting: version 2 is an edit that alias `{alias}` does not have
              `promptsync restore greeting 2` takes it over; upload `--force` leaves it behind

1 left alone
""",
        "",
    )
    assert (forced.code, forced.stdout) == (0, "updated `greeting` (version 3)\n")


def test_an_edit_that_was_restored_and_changed_before_any_commit_is_taken_over(
    repo: Repo,
) -> None:
    with_hello(repo)
    run("upload", "--yes", "--alias", "live")
    edit_in_registry(repo, "greeting", "Hello", "Hey")
    run("restore", "greeting", "2")
    repo.write("prompts/greeting.md", "Hey there\n")
    repo.commit()

    updated = run("upload", "--yes", "--alias", "live")

    assert (updated.code, updated.stdout) == (0, "updated `greeting` (version 3)\n")


def test_what_another_branch_uploaded_is_no_edit_that_an_alias_lacks(repo: Repo) -> None:
    with_hello(repo)
    run("upload", "--yes", "--alias", "live")
    repo.git("switch", "--quiet", "--create", "feature")
    repo.write("prompts/greeting.md", "Hello from a feature\n")
    repo.commit()
    run("upload", "--yes", "--alias", "trial")
    repo.git("switch", "--quiet", "main")
    repo.write("prompts/greeting.md", "Hello warmly\n")
    repo.commit()

    updated = run("upload", "--yes", "--alias", "live")

    assert (updated.code, updated.stdout) == (0, "updated `greeting` (version 3)\n")


def test_exactly_the_reviewed_plan_is_applied(repo: Repo) -> None:
    with_greeting(repo)
    checksum = run("upload", "--dry-run", "--format", "json").json["plan_checksum"]

    applied = run("upload", "--plan-checksum", checksum)

    assert (applied.code, applied.stdout) == (0, "created `greeting` (version 1)\n")


def test_another_plan_than_the_reviewed_one_is_refused(repo: Repo) -> None:
    with_greeting(repo)
    reviewed = run("upload", "--dry-run", "--format", "json").json["plan_checksum"]
    greeting = repo.read("prompts/greeting.md")
    repo.write("prompts/greeting.md", greeting.replace("people", "friends"))
    now = run("upload", "--dry-run", "--format", "json").json["plan_checksum"]

    assert run("upload", "--plan-checksum", reviewed) == Ran(
        3,
        "",
        f"""\
upload to registry `local`

+ create  greeting  sha256:61fdd7dae84e

1 to create

error: this plan has the checksum {now}, not {reviewed}: something moved since that one was reviewed

hint: review this plan, and run the command again with its checksum
""",
    )
    assert run("status", "--format", "json").json["summary"] == {"new": 1}


def test_a_plan_that_changes_much_wants_to_be_reviewed(repo: Repo) -> None:
    for number in range(10):
        repo.write(f"prompts/p{number}.md", "Hello.\n")
    run("upload", "--yes")
    repo.commit()
    for number in range(4):
        repo.write(f"prompts/p{number}.md", "Good evening.\n")
    checksum = run("upload", "--dry-run", "--format", "json").json["plan_checksum"]

    refused = run("upload", "--yes")

    assert (refused.code, refused.stdout) == (2, "")
    assert refused.stderr.endswith(
        "4 to update\n\n"
        "error: this upload would change or remove 4 of 10 prompts (40%), more than 30%\n\n"
        "hint: if that is what you want, apply exactly this plan: "
        f"`promptsync upload --plan-checksum {checksum}`\n"
    )
    assert run("upload", "--plan-checksum", checksum).code == 0


def test_without_a_terminal_nothing_is_done_unless_told_so(repo: Repo) -> None:
    with_greeting(repo)

    assert run("upload") == Ran(
        2,
        "",
        """\
upload to registry `local`

+ create  greeting  sha256:3e19fa7c5cbc

1 to create

error: nothing was done: there is no terminal to ask for a confirmation

hint: look at the plan above, then run the same command with `--yes`
""",
    )
    assert run("status", "--format", "json").json["summary"] == {"new": 1}


def test_only_what_changed_since_a_revision_is_uploaded(repo: Repo) -> None:
    repo.write("prompts/farewell.md", "Say goodbye.\n")
    repo.commit("Add farewell")
    repo.git("tag", "before")
    repo.write("prompts/greeting.md", "Say hello.\n")

    uploaded = run("upload", "--yes", "--changed-since", "before")

    assert uploaded.stdout == "created `greeting` (version 1)\n"
    assert run("upload", "--changed-since", "before", "--dry-run") == Ran(0, NOTHING, "")


def test_the_stamp_of_a_composite_names_the_commit_of_its_newest_part(repo: Repo) -> None:
    repo.write(".gitignore", ".promptsync/\n")
    repo.write("prompts/rules.md", "---\npartial: true\n---\n\nBe brief.\n")
    repo.write("prompts/farewell.md", "Say goodbye. {{> rules}}\n")
    repo.commit("Add farewell")
    repo.write("prompts/rules.md", "---\npartial: true\n---\n\nBe kind.\n")
    kind = repo.commit("Be kind")
    run("upload", "--yes")
    repo.write("prompts/rules.md", "---\npartial: true\n---\n\nBe quick.\n")
    run("upload", "--yes")

    registry = registry_of(repo)
    stamps = [each.stamp for each in registry.list_versions("farewell")]
    registry.close()

    assert [each and each.commit for each in stamps] == [None, kind]


def test_names_and_changed_since_exclude_each_other(repo: Repo) -> None:
    with_greeting(repo)

    for command in ("status", "verify", "upload"):
        result = run(command, "greeting", "--changed-since", "HEAD")
        assert (result.code, result.stderr) == (
            2,
            "error: name prompts, or use `--changed-since`: not both\n",
        )


def test_the_stamp_names_the_commit_of_the_content(repo: Repo) -> None:
    commit = with_greeting(repo)
    repo.write("prompts/later.md", "Not committed.\n")
    run("upload", "--yes")

    registry = registry_of(repo)
    stamps = {each.name: each.stamp for each in registry.list_prompts()}
    registry.close()

    assert stamps["greeting"] is not None
    assert stamps["later"] is not None
    assert short_hash(stamps["greeting"].content_hash) == "sha256:3e19fa7c5cbc"
    assert (stamps["greeting"].commit, stamps["later"].commit) == (commit, None)
