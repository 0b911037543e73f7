"""What each exit code means, by command and by what was found."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.builders import Repo
from tests.cli.running import run
from tests.cli.scenes import edit_in_registry, with_greeting
from tests.registries.serving import unused_address

Scene = Callable[[Repo], object]


def new(repo: Repo) -> None:
    """Leave a prompt file that was never uploaded."""
    with_greeting(repo)


def in_sync(repo: Repo) -> None:
    """Leave a prompt that agrees."""
    with_greeting(repo)
    run("upload", "--yes")


def modified(repo: Repo) -> None:
    """Leave a prompt file that is ahead."""
    in_sync(repo)
    greeting = repo.read("prompts/greeting.md")
    repo.write("prompts/greeting.md", greeting.replace("{{{name}}}", "{{{user}}}"))
    repo.commit("Name the user")


def drifted(repo: Repo) -> None:
    """Leave a prompt that was edited in the registry."""
    in_sync(repo)
    edit_in_registry(repo, "greeting", "people", "friends")


def diverged(repo: Repo) -> None:
    """Leave a prompt whose two edits can be merged."""
    modified(repo)
    edit_in_registry(repo, "greeting", "people", "friends")


def overlapping(repo: Repo) -> None:
    """Leave a prompt whose two edits cannot be merged."""
    drifted(repo)
    greeting = repo.read("prompts/greeting.md")
    repo.write("prompts/greeting.md", greeting.replace("people", "everybody"))
    repo.commit("Greet everybody")


def warned(repo: Repo) -> None:
    """Leave a prompt that lint warns of."""
    repo.write("prompts/greeting.md", "Say\u200b hello.\n")


def invalid(repo: Repo) -> None:
    """Leave a prompt file that cannot be read."""
    repo.write("prompts/greeting.md", "---\ntitel: Greeting\n---\n\nSay hello.\n")


def empty(repo: Repo) -> None:
    """Leave a repository without prompts."""
    repo.write("README.md", "# Nothing here\n")


def misconfigured(repo: Repo) -> None:
    """Leave a configuration with a mistake."""
    with_greeting(repo)
    repo.write("promptsync.toml", 'default-regisrty = "local"\n')


def unreachable(repo: Repo) -> None:
    """Leave a registry at an address where nobody listens."""
    with_greeting(repo)
    host = unused_address().removeprefix("http://")
    repo.write(
        "promptsync.toml",
        f'[registries.local]\nkind = "local"\nurl = "postgresql+psycopg://{host}/prompts"\n',
    )


CODES: list[tuple[Scene, str, int]] = [
    (in_sync, "verify", 0),
    (in_sync, "diff", 0),
    (in_sync, "status --exit-code", 0),
    (in_sync, "upload --yes", 0),
    (in_sync, "download --yes", 0),
    (in_sync, "lint", 0),
    (in_sync, "history greeting", 0),
    (in_sync, "restore greeting 1", 0),
    (in_sync, "where sha256:3e19fa7c5cbc", 0),
    (in_sync, "verify nobody", 2),
    (in_sync, "history nobody", 2),
    (in_sync, "restore greeting 9", 2),
    (in_sync, "where sha256:000000000000", 2),
    (in_sync, "verify --rev nowhere", 2),
    (in_sync, "verify --changed-since nowhere", 2),
    (in_sync, "verify --registry nowhere", 2),
    (in_sync, "verify --staged --rev HEAD", 2),
    (in_sync, "verify --bundle FILE --staged", 2),
    (in_sync, "verify --nope", 2),
    (new, "verify", 1),
    (new, "verify --uploaded", 1),
    (new, "verify --warn-only", 0),
    (new, "status", 0),
    (new, "status --exit-code", 1),
    (new, "diff", 1),
    (new, "upload", 2),
    (new, "upload --dry-run", 0),
    (new, "upload --yes", 0),
    (modified, "verify", 1),
    (modified, "upload --yes", 0),
    (modified, "download --yes", 0),
    (drifted, "verify", 1),
    (drifted, "verify --uploaded", 0),
    (drifted, "diff", 1),
    (drifted, "upload --yes", 3),
    (drifted, "upload --dry-run", 3),
    (drifted, "upload --yes --force", 0),
    (drifted, "download", 2),
    (drifted, "download --yes", 0),
    (diverged, "verify", 1),
    (diverged, "upload --yes", 3),
    (diverged, "download --yes", 0),
    (overlapping, "verify", 1),
    (overlapping, "upload --yes", 3),
    (overlapping, "download --yes", 3),
    (overlapping, "download --yes --force", 0),
    (overlapping, "download --plan-checksum sha256:0", 3),
    (warned, "lint", 0),
    (warned, "lint --strict", 1),
    (invalid, "lint", 1),
    (invalid, "verify", 2),
    (invalid, "verify --warn-only", 0),
    (invalid, "status", 2),
    (invalid, "diff", 2),
    (invalid, "upload --yes", 2),
    (invalid, "download --yes", 2),
    (empty, "lint", 2),
    (empty, "verify", 2),
    (empty, "status", 2),
    (empty, "diff", 2),
    (empty, "upload --yes", 2),
    (empty, "download --yes", 0),
    (misconfigured, "lint", 2),
    (misconfigured, "verify", 2),
    (misconfigured, "upload --yes", 2),
    (unreachable, "lint", 0),
    (unreachable, "verify", 4),
    (unreachable, "verify --warn-only", 0),
    (unreachable, "verify --allow-unreachable", 0),
    (unreachable, "status", 4),
    (unreachable, "diff", 4),
    (unreachable, "upload --yes", 4),
    (unreachable, "download --yes", 4),
    (unreachable, "history greeting", 4),
]


def sentence(value: object) -> str:
    """Name a row by its scene, its command and its code."""
    return getattr(value, "__name__", str(value))


@pytest.mark.network
@pytest.mark.parametrize(("scene", "command", "code"), CODES, ids=sentence)
def test_a_command_ends_with_its_code(repo: Repo, scene: Scene, command: str, code: int) -> None:
    scene(repo)

    assert run(*command.split()).code == code


@pytest.mark.network
@pytest.mark.parametrize("scene", [in_sync, new, drifted, invalid, unreachable], ids=sentence)
@pytest.mark.parametrize("option", ["--quiet", "--format=json", "--format=markdown"])
def test_no_option_of_output_changes_a_code(repo: Repo, scene: Scene, option: str) -> None:
    scene(repo)

    assert run("verify", option).code == run("verify").code


@pytest.mark.network
@pytest.mark.parametrize("scene", [new, drifted, invalid, empty, unreachable], ids=sentence)
def test_quiet_says_what_is_wrong(repo: Repo, scene: Scene) -> None:
    scene(repo)

    assert run("verify", "--quiet") == run("verify")


def test_quiet_is_silent_when_nothing_is_wrong(repo: Repo) -> None:
    in_sync(repo)

    assert run("verify", "--quiet").text == ""


@pytest.mark.network
@pytest.mark.parametrize(
    ("scene", "command"),
    [
        (invalid, "verify"),
        (empty, "upload"),
        (misconfigured, "download"),
        (unreachable, "status"),
        (unreachable, "verify --warn-only"),
        (unreachable, "history greeting"),
    ],
    ids=sentence,
)
def test_an_error_is_json_on_stdout_and_text_on_stderr(
    repo: Repo, scene: Scene, command: str
) -> None:
    scene(repo)

    result = run(*command.split(), "--format", "json")
    error = result.json["error"]

    assert result.code in (error["code"], 0)
    assert result.stderr.startswith("error: ")
    assert error["kind"] in ("PromptFile", "Usage", "Config", "RegistryUnavailable")
