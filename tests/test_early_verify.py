from __future__ import annotations

import pytest

from promptsync.early_verify import begin_verify, has_nothing_to_say
from tests.builders import Repo

GREETING = "Hello\n"


def test_a_commit_without_prompts_has_nothing_to_say(repo: Repo) -> None:
    repo.write("notes.txt", "no prompt\n")
    repo.git("add", "-A")

    assert has_nothing_to_say(["verify", "--staged", "--uploaded"])


def test_a_staged_prompt_is_for_the_command(repo: Repo) -> None:
    repo.write("prompts/greeting.md", GREETING)
    repo.git("add", "-A")

    assert not has_nothing_to_say(["verify", "--staged"])


@pytest.mark.parametrize(
    "arguments",
    [
        ["lint", "--staged"],
        ["verify", "--staged", "greeting"],
        ["verify", "--staged", "--format", "json"],
        ["verify", "--staged", "--nope"],
    ],
    ids=" ".join,
)
def test_what_may_have_something_to_say_is_for_the_command(
    repo: Repo, arguments: list[str]
) -> None:
    repo.write("notes.txt", "no prompt\n")

    assert not has_nothing_to_say(arguments)


def test_a_wrong_configuration_is_for_the_command(repo: Repo) -> None:
    repo.write("promptsync.toml", "nope = 1\n")

    assert not has_nothing_to_say(["verify", "--staged"])
    assert begin_verify(["verify"]) is None


@pytest.mark.parametrize("arguments", [["verify", "--quiet"], ["sync", "--yes"]], ids=" ".join)
def test_a_verify_or_sync_of_everything_is_begun(repo: Repo, arguments: list[str]) -> None:
    repo.write("prompts/greeting.md", GREETING)

    begun = begin_verify(arguments)

    assert begun is not None
    assert begun.workspace.registry.name == "local"
    assert begun.listing.by_name({"greeting"}) == {}
    begun.listing.registry.close()


@pytest.mark.parametrize(
    "arguments",
    [
        ["status"],
        ["verify", "greeting"],
        ["verify", "--rev", "HEAD"],
        ["sync", "greeting"],
        ["sync", "--all"],
    ],
    ids=" ".join,
)
def test_another_command_line_begins_nothing(repo: Repo, arguments: list[str]) -> None:
    repo.write("prompts/greeting.md", GREETING)

    assert begin_verify(arguments) is None
