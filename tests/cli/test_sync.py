"""What `sync` does in both directions, and what it leaves alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from promptsync.remote_prompt import RemotePrompt
from promptsync.sync_plan import Result
from tests.builders import Repo, prompt
from tests.cli.running import Ran, run
from tests.cli.scenes import (
    edit_in_registry,
    registry_of,
    save_in_registry,
    with_every_status,
)
from tests.fakes.braintrust import BraintrustServer, Meanwhile, unavailable

NOTHING = "nothing to sync with registry `local`\n"
LINES = "Say hello.\n\nAsk for the name.\n\nSay goodbye.\n"


def with_prompts(repo: Repo, **texts: str) -> None:
    """Give a repository prompts that its registry has too, all of it committed."""
    repo.write(".gitignore", ".promptsync/\n")
    for name, text in texts.items():
        repo.write(f"prompts/{name}.md", text)
    repo.commit("Add prompts")
    assert run("upload", "--yes").code == 0


def in_registry(repo: Repo, name: str = "greeting") -> RemotePrompt:
    registry = registry_of(repo)
    found = registry.get_prompt(name)
    registry.close()
    assert found is not None
    return found


def counters(document: Any) -> dict[str, int]:
    """Return the counters of a document that are not zero."""
    names = [each.value for each in Result]
    return {name: document[name] for name in names if document[name]}


def sync(*arguments: str) -> dict[str, int]:
    """Sync without a failure and return the counters."""
    result = run("sync", "--yes", "--format", "json", *arguments)
    assert result.code == 0, result.text
    return counters(result.json)


# -- both directions --


def test_where_both_agree_there_is_nothing_to_do(repo: Repo) -> None:
    with_prompts(repo, greeting="Say hello.\n")

    assert run("sync") == Ran(0, NOTHING, "")


def test_what_changed_on_either_side_goes_to_the_other(repo: Repo) -> None:
    with_prompts(repo, greeting="Say hello.\n", farewell="Say goodbye.\n")
    edit_in_registry(repo, "farewell", "goodbye", "farewell")
    repo.write("prompts/greeting.md", "Say hi.\n")
    repo.write("prompts/thanks.md", "Say thanks.\n")
    repo.commit()

    assert run("sync", "--yes") == Ran(
        0,
        """\
pulled `farewell` (version 2) into prompts/farewell.md
updated `greeting` (version 2)
created `thanks` (version 1)
pull_changed 1, individual_synced 2
""",
        """\
download from registry `local`

~ write  farewell  sha256:497106a0000c -> sha256:c2df8b51d03d

1 to write

upload to registry `local`

~ update  greeting  sha256:d8bdaec76c09 -> sha256:66d5153a04fd
+ create  thanks    sha256:db5f892bbf62

1 to create, 1 to update


hint: `git diff` shows the edits that were pulled; `--commit` commits them
""",
    )
    assert repo.read("prompts/farewell.md") == "Say farewell.\n"
    assert run("verify", "--strict").code == 0
    assert run("sync") == Ran(0, NOTHING, "")


def test_edits_of_different_lines_are_merged_into_both(repo: Repo) -> None:
    with_prompts(repo, greeting=LINES)
    edit_in_registry(repo, "greeting", "hello", "hello warmly")
    repo.write("prompts/greeting.md", LINES.replace("goodbye", "goodbye briefly"))
    repo.commit()

    found = sync()

    merged = LINES.replace("hello", "hello warmly").replace("goodbye", "goodbye briefly")
    assert found == {"pull_changed": 1, "individual_synced": 1}
    assert repo.read("prompts/greeting.md") == merged
    assert in_registry(repo).prompt.content == merged.removesuffix("\n")
    assert run("verify").code == 0


def test_individual_prompts_come_before_composites(repo: Repo) -> None:
    repo.write("prompts/a_composite.md", "{{> persona}}\n\nJudge.\n")
    repo.write("prompts/persona.md", "You are careful.\n")
    repo.commit()

    document = run("sync", "--yes", "--format", "json").json

    assert counters(document) == {"individual_synced": 1, "composite_synced": 1}
    assert [each["name"] for each in document["results"]] == ["persona", "a_composite"]


def test_a_title_edited_in_the_registry_is_pulled(repo: Repo) -> None:
    with_prompts(repo, greeting="---\ntitle: Hello\n---\n\nSay hello.\n")
    registry = registry_of(repo)
    registry.edit_prompt("greeting", lambda there: replace(there, title="Greeting"))
    registry.close()

    assert sync() == {"pull_changed": 1}
    assert repo.read("prompts/greeting.md") == "---\ntitle: Greeting\n---\n\nSay hello.\n"


def test_a_title_edited_in_git_is_pushed(repo: Repo) -> None:
    with_prompts(repo, greeting="---\ntitle: Hello\n---\n\nSay hello.\n")
    repo.write("prompts/greeting.md", "---\ntitle: Greeting\n---\n\nSay hello.\n")

    assert sync() == {"individual_synced": 1}
    assert in_registry(repo).prompt.title == "Greeting"


def title_in_registry(repo: Repo, title: str) -> None:
    registry = registry_of(repo)
    registry.edit_prompt("greeting", lambda there: replace(there, title=title))
    registry.close()


def titled(title: str, text: str) -> str:
    return f"---\ntitle: {title}\n---\n\n{text}\n"


def test_a_title_edited_in_the_registry_survives_a_text_edited_in_git(repo: Repo) -> None:
    with_prompts(repo, greeting=titled("Hello", "Say hello."))
    title_in_registry(repo, "Greeting")
    repo.write("prompts/greeting.md", titled("Hello", "Say hi."))
    repo.commit()

    assert sync() == {"pull_changed": 1, "individual_synced": 1}
    assert repo.read("prompts/greeting.md") == titled("Greeting", "Say hi.")
    there = in_registry(repo).prompt
    assert (there.title, there.content) == ("Greeting", "Say hi.")


@pytest.mark.parametrize("policy", ["merge", "git-wins"])
def test_a_title_edited_in_git_survives_a_text_edited_in_the_registry(
    repo: Repo, policy: str
) -> None:
    with_prompts(repo, greeting=titled("Hello", "Say hello."))
    repo.write("prompts/greeting.md", titled("Greeting", "Say hello."))
    repo.commit()
    edit_in_registry(repo, "greeting", "hello", "hey")

    assert sync("--policy", policy) == {"pull_changed": 1, "individual_synced": 1}
    assert repo.read("prompts/greeting.md") == titled("Greeting", "Say hey.")
    there = in_registry(repo).prompt
    assert (there.title, there.content) == ("Greeting", "Say hey.")


def test_a_title_is_pulled_as_often_as_it_is_edited(repo: Repo) -> None:
    with_prompts(repo, greeting=titled("Hello", "Say hello."))
    for title in ("Greeting", "Welcome", "Hello", "Good day"):
        title_in_registry(repo, title)

        assert sync("--commit") == {"pull_changed": 1}
        assert repo.read("prompts/greeting.md") == titled(title, "Say hello.")


def test_two_new_titles_are_left_to_a_person(repo: Repo) -> None:
    with_prompts(repo, greeting=titled("Hello", "Say hello."))
    title_in_registry(repo, "Greeting")
    repo.write("prompts/greeting.md", titled("Welcome", "Say hello."))
    repo.commit()

    result = run("sync", "--yes", "--format", "json")

    assert result.code == 3
    assert counters(result.json) == {"conflicts": 1}
    assert in_registry(repo).prompt.title == "Greeting"
    assert repo.read("prompts/greeting.md") == titled("Welcome", "Say hello.")
    assert sync("--policy", "registry-wins") == {"pull_changed": 1}
    assert repo.read("prompts/greeting.md") == titled("Greeting", "Say hello.")


def test_a_title_that_only_git_changed_wins_whatever_the_policy(repo: Repo) -> None:
    with_prompts(repo, greeting=titled("Hello", "Say hello."))
    repo.write("prompts/greeting.md", titled("Greeting", "Say hello."))
    repo.commit()

    assert sync("--policy", "registry-wins") == {"individual_synced": 1}
    assert in_registry(repo).prompt.title == "Greeting"


def test_an_edit_of_a_composite_goes_to_its_partial_and_to_every_other_composite(
    repo: Repo,
) -> None:
    with_prompts(
        repo,
        persona="You are careful.\n",
        judge="{{> persona}}\n\nJudge.\n",
        sort="{{> persona}}\n\nSort.\n",
    )
    edit_in_registry(repo, "judge", "careful", "very careful")

    found = sync("--commit")

    assert found == {"pull_changed": 1, "individual_synced": 1, "composite_synced": 1}
    assert repo.read("prompts/persona.md") == "You are very careful.\n"
    assert repo.git("show", "--format=", "--name-only", "HEAD") == "prompts/persona.md"
    assert in_registry(repo, "sort").prompt.content == "You are very careful.\n\nSort."
    assert run("verify", "--strict").code == 0


@pytest.mark.parametrize(
    ("arguments", "warning"),
    [
        ((), "these are pushed, too:\n  persona, sort\n\n1 to write\n"),
        (("judge",), "after the commit: promptsync upload persona sort\n"),
        (("--branch", "edits"), "after the commit: promptsync upload persona sort\n"),
    ],
    ids=["everything", "one prompt", "branch"],
)
def test_the_plan_says_what_becomes_of_prompts_that_share_an_edited_partial(
    repo: Repo, arguments: tuple[str, ...], warning: str
) -> None:
    with_prompts(
        repo,
        persona="You are careful.\n",
        judge="{{> persona}}\n\nJudge.\n",
        sort="{{> persona}}\n\nSort.\n",
    )
    edit_in_registry(repo, "judge", "careful", "very careful")

    planned = run("sync", "--dry-run", *arguments)

    assert "warning: `persona` is shared; these are " in planned.stdout
    assert warning in planned.stdout


def test_a_file_that_got_another_name_is_renamed_there(repo: Repo) -> None:
    with_prompts(repo, greeting="Say hello.\n", farewell="Say goodbye.\n")
    repo.git("mv", "prompts/greeting.md", "prompts/welcome.md")
    repo.commit()
    edit_in_registry(repo, "farewell", "goodbye", "farewell")

    result = run("sync", "--yes")

    assert result.code == 0
    assert (
        result.stdout
        == """\
pulled `farewell` (version 2) into prompts/farewell.md
renamed to `welcome` (version 1)
pull_changed 1, individual_synced 1
"""
    )
    assert run("verify", "--strict").code == 0


def test_what_is_gone_on_one_side_stays_on_the_other(repo: Repo) -> None:
    with_prompts(repo, greeting="Say hello.\n", farewell="Say goodbye.\n")
    (repo.path / "prompts/farewell.md").unlink()

    assert run("sync") == Ran(0, NOTHING, "")
    assert in_registry(repo, "farewell").version == "1"


def test_what_only_the_registry_has_comes_when_it_is_asked_for(repo: Repo) -> None:
    with_prompts(repo, greeting="Say hello.\n", farewell="Say goodbye.\n")
    (repo.path / "prompts/farewell.md").unlink()

    assert sync("--all") == {"pull_changed": 1}
    assert repo.read("prompts/farewell.md") == "Say goodbye.\n"


def test_what_cannot_become_a_file_is_left_alone_in_the_plan(repo: Repo) -> None:
    with_prompts(repo, greeting="Say hello.\n")
    for name in ("con", "a..b", "farewell"):
        save_in_registry(repo, prompt(name, "Say goodbye."))

    planned = run("sync", "--all", "--dry-run")
    assert planned.code == 3
    assert (
        planned.stdout
        == """\
download from registry `local`

+ write  farewell  sha256:497106a0000c

! left alone  a..b: cannot become a prompt file: it starts or ends with a dot, or has two in a row
              rename it there, or write a file with the served name in it
! left alone  con: cannot become a prompt file: Windows reserves it
              rename it there, or write a file with the served name in it

1 to write, 2 left alone
"""
    )
    result = run("sync", "--all", "--yes", "--format", "json")
    assert result.code == 3
    assert counters(result.json) == {"pull_changed": 1, "conflicts": 2}


def test_only_what_was_named_is_synced(repo: Repo) -> None:
    repo.write("prompts/greeting.md", "Say hello.\n")
    repo.write("prompts/farewell.md", "Say goodbye.\n")

    assert sync("farewell") == {"individual_synced": 1}
    assert run("status", "--format", "json").json["summary"] == {"in_sync": 1, "new": 1}


def test_a_prompt_is_pulled_as_often_as_it_is_edited(repo: Repo) -> None:
    with_prompts(repo, greeting="Say hello.\n")
    for old, new in (("hello", "hi"), ("hi", "hey"), ("hey", "good day")):
        edit_in_registry(repo, "greeting", old, new)

        assert sync() == {"pull_changed": 1}
        assert repo.read("prompts/greeting.md") == f"Say {new}.\n"
        repo.commit()


# -- who wins --


def with_conflict(repo: Repo) -> None:
    """Let both sides change one line of a prompt in different ways."""
    with_prompts(repo, greeting="Say hello.\n")
    edit_in_registry(repo, "greeting", "hello", "hey")
    repo.write("prompts/greeting.md", "Say hi.\n")
    repo.commit()


def test_a_conflict_is_left_to_a_person_on_both_sides(repo: Repo) -> None:
    with_conflict(repo)

    assert run("sync", "--yes") == Ran(
        3,
        "conflicts 1\n",
        """\
download from registry `local`

~ merge  greeting  sha256:66d5153a04fd with sha256:29c19eb2f1f0

1 to merge

error: git and the registry changed the same lines of `greeting`

hint: `promptsync download greeting` marks them in the file
""",
    )
    assert repo.read("prompts/greeting.md") == "Say hi.\n"
    assert in_registry(repo).prompt.content == "Say hey."


def test_git_wins_where_it_is_told_to(repo: Repo) -> None:
    with_conflict(repo)

    assert sync("--policy", "git-wins") == {"individual_synced": 1}
    assert in_registry(repo).prompt.content == "Say hi."
    assert repo.read("prompts/greeting.md") == "Say hi.\n"


def test_the_registry_wins_where_it_is_told_to(repo: Repo) -> None:
    with_conflict(repo)

    assert sync("--policy", "registry-wins") == {"pull_changed": 1}
    assert in_registry(repo).prompt.content == "Say hey."
    assert repo.read("prompts/greeting.md") == "Say hey.\n"


@pytest.mark.parametrize("policy", ["git-wins", "registry-wins", "merge"])
def test_a_policy_decides_only_where_both_changed(repo: Repo, policy: str) -> None:
    with_prompts(repo, greeting="Say hello.\n", farewell="Say goodbye.\n")
    edit_in_registry(repo, "farewell", "goodbye", "farewell")
    repo.write("prompts/greeting.md", "Say hi.\n")
    repo.commit()

    assert sync("--policy", policy) == {"pull_changed": 1, "individual_synced": 1}
    assert in_registry(repo, "greeting").prompt.content == "Say hi."
    assert repo.read("prompts/farewell.md") == "Say farewell.\n"


def test_a_conflict_keeps_no_other_prompt_from_being_synced(repo: Repo) -> None:
    with_every_status(repo)

    result = run("sync", "--yes", "--format", "json")

    assert result.code == 3
    assert counters(result.json) == {"pull_changed": 1, "individual_synced": 2, "conflicts": 2}
    assert run("status", "--format", "json").json["summary"] == {
        "in_sync": 4,
        "behind": 1,
        "diverged": 1,
        "removed": 1,
        "unmanaged": 1,
    }


# -- what is asked first --


def test_a_dry_run_shows_both_directions_and_does_nothing(repo: Repo) -> None:
    with_prompts(repo, greeting="Say hello.\n")
    edit_in_registry(repo, "greeting", "hello", "hey")
    repo.write("prompts/thanks.md", "Say thanks.\n")

    assert run("sync", "--dry-run") == Ran(
        0,
        """\
download from registry `local`

~ write  greeting  sha256:d8bdaec76c09 -> sha256:29c19eb2f1f0

1 to write

upload to registry `local`

+ create  thanks  sha256:db5f892bbf62

1 to create
""",
        "",
    )
    assert repo.read("prompts/greeting.md") == "Say hello.\n"


def test_without_a_terminal_somebody_has_to_have_said_yes(repo: Repo) -> None:
    with_prompts(repo, greeting="Say hello.\n")
    edit_in_registry(repo, "greeting", "hello", "hey")

    result = run("sync")

    assert result.code == 2
    assert "look at the plan above, then run the same command with `--yes`" in result.stderr
    assert repo.read("prompts/greeting.md") == "Say hello.\n"


def test_a_sync_that_would_change_too_much_is_refused(repo: Repo) -> None:
    with_prompts(repo, **{f"prompt{number}": f"Say {number}.\n" for number in range(10)})
    for number in range(4):
        edit_in_registry(repo, f"prompt{number}", "Say", "Tell")

    result = run("sync", "--yes")

    assert result.code == 2
    assert "would change or remove 4 of 10 prompts (40%), more than 30%" in result.stderr
    assert "promptsync download --plan-checksum sha256:" in result.stderr
    assert repo.git("status", "--short") == ""


# -- what goes wrong --


def test_a_file_with_uncommitted_changes_is_left_alone(repo: Repo) -> None:
    with_prompts(repo, greeting="---\ntitle: Hello\n---\n\nSay hello.\n", farewell="Goodbye.\n")
    edit_in_registry(repo, "greeting", "hello", "hey")
    edit_in_registry(repo, "farewell", "Goodbye", "Farewell")
    repo.write("prompts/greeting.md", "---\ntitle: Hi\n---\n\nSay hello.\n")

    result = run("sync", "--yes", "--format", "json")

    assert result.code == 2
    assert counters(result.json) == {"pull_changed": 1, "pull_failed": 1}
    assert (
        "error: `prompts/greeting.md` has uncommitted changes, and the sync would write it"
        in result.stderr
    )
    assert "title: Hi" in repo.read("prompts/greeting.md")


def test_a_wrong_file_keeps_no_other_from_being_synced(repo: Repo) -> None:
    repo.write("prompts/greeting.md", "Say hello.\n")
    repo.write("prompts/wrong.md", "---\ntitel: Wrong\n---\n\nSay nothing.\n")

    result = run("sync", "--yes", "--format", "json")

    assert result.code == 2
    assert counters(result.json) == {"individual_synced": 1, "individual_failed": 1}
    assert "prompts/wrong.md:2:1: unknown key `titel`" in result.stderr


def test_the_prompt_of_a_wrong_file_gets_no_second_file(repo: Repo) -> None:
    with_prompts(repo, hello="---\nname: greeting\n---\nSay hello.\n", farewell="Say goodbye.\n")
    repo.write("prompts/hello.md", "---\nname: greeting\nnmae: x\n---\nSay hello.\n")
    repo.commit()

    result = run("sync", "--yes", "--all")

    assert result.code == 3
    assert "`prompts/hello.md`, which it was uploaded from, is wrong" in result.stderr
    assert not (repo.path / "prompts/greeting.md").exists()


@pytest.mark.usefixtures("trader")
@pytest.mark.network
def test_a_prompt_that_the_registry_cannot_hold_keeps_no_other_from_being_synced(
    repo: Repo,
) -> None:
    repo.write("prompts/greeting.md", "Say hello.\n")
    repo.write("prompts/other.md", "---\ntemplate: jinja2\n---\n\nSay hello.\n")

    result = run("sync", "--yes", "--format", "json")

    assert result.code == 3
    assert counters(result.json) == {"individual_synced": 1, "individual_failed": 1}
    assert "cannot hold `other`: Braintrust has no Jinja2" in result.stderr


@pytest.mark.network
def test_a_registry_that_goes_down_in_the_middle_is_told_and_the_next_sync_finishes(
    repo: Repo, trader: BraintrustServer
) -> None:
    repo.write("prompts/greeting.md", "Say hello.\n")
    repo.commit()
    run("upload", "--yes")
    trader.person.edits("greeting", "Say hey.")
    repo.write("prompts/persona.md", "You are careful.\n")
    repo.write("prompts/judge.md", "{{> persona}}\n\nJudge.\n")
    trader.inject(unavailable(), "PUT /v1/prompt")

    broken = run("sync", "--yes", "--format", "json")
    trader.faults.clear()
    repaired = run("sync", "--yes", "--format", "json")

    assert broken.code == 4
    assert counters(broken.json) == {
        "pull_changed": 1,
        "individual_failed": 1,
        "composite_failed": 1,
    }
    assert [(each["name"], each["tried"]) for each in broken.json["results"]] == [
        ("greeting", True),
        ("persona", True),
        ("judge", False),
    ]
    assert "not tried: judge; running the command again is safe" in broken.stderr
    assert repo.read("prompts/greeting.md") == "Say hey.\n"
    assert repaired.code == 0
    assert counters(repaired.json) == {"individual_synced": 1, "composite_synced": 1}


@pytest.mark.network
def test_a_registry_that_goes_down_after_the_pull_is_told_with_what_was_done(
    repo: Repo, trader: BraintrustServer
) -> None:
    repo.write("prompts/greeting.md", LINES)
    repo.commit()
    run("upload", "--yes")
    trader.person.edits("greeting", LINES.replace("hello", "hello warmly").strip())
    repo.write("prompts/greeting.md", LINES.replace("goodbye", "goodbye briefly"))
    repo.commit()
    trader.inject(unavailable(), "GET /v1/prompt?*limit=1000*", after=1)

    broken = run("sync", "--yes", "--format", "json")
    trader.faults.clear()
    repaired = run("sync", "--yes", "--format", "json")

    assert broken.code == 4
    assert counters(broken.json) == {"pull_changed": 1}
    assert broken.json["error"]["kind"] == "RegistryUnavailable"
    assert counters(repaired.json) == {"individual_synced": 1}
    assert run("verify").code == 0


@pytest.mark.network
def test_a_prompt_that_is_deleted_while_it_is_merged_is_not_created_again(
    repo: Repo, trader: BraintrustServer
) -> None:
    repo.write("prompts/greeting.md", LINES)
    repo.commit()
    run("upload", "--yes")
    trader.person.edits("greeting", LINES.replace("hello", "hello warmly").strip())
    repo.write("prompts/greeting.md", LINES.replace("goodbye", "goodbye briefly"))
    repo.commit()
    deleted = Meanwhile(lambda: trader.person.deletes("greeting"))
    trader.inject(deleted, "GET /v1/prompt*", times=1)

    result = run("sync", "--yes", "--format", "json")

    assert result.code == 3
    assert counters(result.json) == {"pull_changed": 1, "conflicts": 1}
    assert "`greeting` was deleted in the registry during the sync" in result.stderr
    assert "hello warmly" in repo.read("prompts/greeting.md")
    assert run("status", "--format", "json").json["summary"] == {"new": 1}


# -- with an alias --


def test_an_alias_is_pulled_from_and_pointed_at_what_is_pushed(repo: Repo) -> None:
    with_prompts(repo, greeting="Say hello.\n")
    run("upload", "--yes", "--alias", "production")
    edit_in_registry(repo, "greeting", "hello", "hey")
    run("promote", "greeting", "--version", "2", "--alias", "production", "--yes")

    pulled = sync("--alias", "production", "--commit")
    repo.write("prompts/greeting.md", f"{repo.read('prompts/greeting.md')}Be kind.\n")
    repo.commit()
    pushed = sync("--alias", "production")

    assert (pulled, pushed) == ({"pull_changed": 1}, {"individual_synced": 1})
    assert repo.read("prompts/greeting.md") == "Say hey.\nBe kind.\n"
    assert run("verify", "--alias", "production").code == 0


def with_later_edit(repo: Repo) -> None:
    """Edit in the registry what an alias does not have, and say something else in git."""
    with_prompts(repo, greeting="Say hello.\n")
    run("upload", "--yes", "--alias", "production")
    edit_in_registry(repo, "greeting", "hello", "hey")
    repo.write("prompts/greeting.md", "Say hello.\nBe kind.\n")
    repo.commit()


@pytest.mark.parametrize("policy", ["merge", "registry-wins"])
def test_an_edit_later_than_what_the_alias_has_is_never_buried(repo: Repo, policy: str) -> None:
    with_later_edit(repo)

    result = run("sync", "--yes", "--alias", "production", "--policy", policy)

    assert (result.code, result.stdout) == (3, "conflicts 1\n")
    assert (
        result.stderr
        == """\
upload to registry `local`, alias `production`

! left alone  greeting: version 2 is an edit that alias `production` does not have
              `promptsync restore greeting 2` takes it over; upload `--force` leaves it behind

1 left alone

"""
    )
    assert in_registry(repo).prompt.content == "Say hey."


def test_an_edit_that_was_taken_over_is_no_longer_in_the_way(repo: Repo) -> None:
    with_later_edit(repo)

    run("restore", "greeting", "2")
    repo.commit("Take the edit over")
    repo.write("prompts/greeting.md", "Say hey.\nBe kind.\n")
    repo.commit()

    assert sync("--alias", "production") == {"individual_synced": 1}
    assert in_registry(repo).prompt.content == "Say hey.\nBe kind."


def test_git_wins_over_an_edit_that_the_alias_does_not_have_where_it_is_told_to(
    repo: Repo,
) -> None:
    with_later_edit(repo)

    found = sync("--alias", "production", "--policy", "git-wins")

    assert found == {"individual_synced": 1}
    assert in_registry(repo).prompt.content == "Say hello.\nBe kind."


def test_what_was_merged_is_not_pushed_over_an_edit_that_the_alias_does_not_have(
    repo: Repo,
) -> None:
    with_prompts(repo, greeting="Say hello.\n\n\nBe brief.\n")
    run("upload", "--yes", "--alias", "production")
    edit_in_registry(repo, "greeting", "hello", "hey")
    run("promote", "greeting", "--version", "2", "--alias", "production", "--yes")
    edit_in_registry(repo, "greeting", "hey", "ahoy")
    repo.write("prompts/greeting.md", "Say hello.\n\n\nBe very brief.\n")
    repo.commit()

    result = run("sync", "--yes", "--alias", "production", "--format", "json")

    assert result.code == 3
    assert counters(result.json) == {"pull_changed": 1, "conflicts": 1}
    assert repo.read("prompts/greeting.md") == "Say hey.\n\n\nBe very brief.\n"
    assert in_registry(repo).version == "3"


@pytest.mark.network
def test_an_alias_that_points_at_a_deleted_version_points_at_what_git_has_again(
    repo: Repo, trader: BraintrustServer
) -> None:
    with_prompts(repo, greeting="Say hello.\n")
    run("upload", "--yes", "--alias", "production")
    trader.person.deletes("greeting")

    found = sync("--alias", "production")

    assert found == {"individual_synced": 1}
    assert run("verify", "--alias", "production").code == 0
    assert repo.read("prompts/greeting.md") == "Say hello.\n"
