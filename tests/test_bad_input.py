"""Bad input: the message names the thing, the hint helps, and nothing is lost."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from promptsync.remote_prompt import RemotePrompt
from tests.builders import Repo
from tests.cli.running import Ran, run
from tests.cli.scenes import edit_in_registry, registry_of, with_greeting
from tests.fakes.braintrust import (
    AnswersHtml,
    BraintrustServer,
    CutsOff,
    Hangs,
    Meanwhile,
    PageCap,
    RateLimited,
    Refused,
    ResetAfterApplying,
    ResetBeforeApplying,
    RewritesText,
    TruncatesJson,
    braintrust_server,
    forbidden,
    key_refused,
    unavailable,
)
from tests.fakes.calls import call, put

KEY = "sk-secret-0123456789"
EMAIL = "person@example.com"
CONFIGURATION = '[registries.production]\nkind = "braintrust"\nproject = "Trader"\n'


def files_of(repo: Repo) -> dict[str, bytes]:
    """Return every file of the work tree, but not what git and the registry keep."""
    return {
        file.relative_to(repo.path).as_posix(): file.read_bytes()
        for file in repo.path.rglob("*")
        if file.is_file() and ".git" not in file.parts and ".promptsync" not in file.parts
    }


def latest_in(repo: Repo) -> list[RemotePrompt]:
    registry = registry_of(repo)
    found = list(registry.list_prompts())
    registry.close()
    return found


@contextmanager
def nothing_lost(repo: Repo) -> Iterator[None]:
    """Fail if a file, or what the embedded registry holds, is not what it was before."""
    before = files_of(repo), latest_in(repo)
    yield
    assert (files_of(repo), latest_in(repo)) == before


def assert_says(result: Ran, code: int, *parts: str) -> None:
    """Check a failure: its code, what it says, and what must never be said."""
    assert result.code == code, result.text
    for part in parts:
        assert part in result.stderr
    assert_clean(result)


def assert_clean(result: Ran) -> None:
    assert "Traceback" not in result.text
    assert KEY not in result.text
    assert EMAIL not in result.text


# -- prompt files --

DEEP = "---\nmetadata: " + "[" * 100_000 + "\n---\n\nHello.\n"
BOMB = "---\nmetadata:\n  a: &a [x, x]\n  b: [*a, *a]\n---\n\nHello.\n"

WRONG_FILES: dict[str, tuple[str | bytes, str, str]] = {
    "invalid YAML": ("---\ntitle: [a\n---\n\nHello.\n", ":3:1: invalid YAML: ", ""),
    "an unknown key": (
        "---\ntitel: Greeting\n---\n\nHello.\n",
        ":2:1: unknown key `titel`",
        "hint: did you mean `title`?",
    ),
    "a name that is taken": (
        "---\nname: fine\n---\n\nHello.\n",
        "the name `fine` is taken by `prompts/",
        "hint: rename one of the files",
    ),
    "a name that differs in case only": (
        "---\nname: FINE\n---\n\nHello.\n",
        "is taken by `prompts/",
        "case makes no difference",
    ),
    "conflict markers": (
        "Hello.\n<<<<<<< HEAD\nOne.\n=======\nTwo.\n>>>>>>> other\n",
        ":2:1: unresolved conflict marker",
        "hint: keep the text you want",
    ),
    "a NUL byte": (b"Hello.\nYou\0there.\n", ":2:4: NUL byte", "hint: save the file as UTF-8"),
    "invalid UTF-8": (
        "Grüße.\n".encode("latin-1"),
        ":1:3: invalid UTF-8 byte 0xfc",
        "hint: save the file as UTF-8",
    ),
    "5 MB": (b"x" * 5_000_000, ":1:1: the file has 5,000,000 bytes; a prompt file has at most", ""),
    "an alias bomb": (BOMB, ":3:6: anchors and aliases are not allowed in front matter", ""),
    "a depth bomb": (DEEP, "front matter is nested deeper than 64 levels", ""),
    "front matter without an end": (
        "---\ntitle: Greeting\n\nHello.\n",
        ":1:1: front matter is not closed by a line `---`",
        "",
    ),
    "text before the first marker": (
        "Hello.\n\n# user:\n\nHi.\n",
        ":1:1: text before the first marker `# user:`",
        "hint: move it below a marker such as `# system:`",
    ),
    "an include of nothing": ("Hello. {{> nobody}}\n", ":1:1: ", ""),
}


@pytest.mark.parametrize("wrong", WRONG_FILES)
def test_a_wrong_prompt_file(repo: Repo, wrong: str) -> None:
    content, problem, hint = WRONG_FILES[wrong]
    repo.write("prompts/fine.md", "Fine.\n")
    run("upload", "--yes")
    edit_in_registry(repo, "fine", "Fine.", "Better.")
    repo.write("prompts/wrong.md", content)

    with nothing_lost(repo):
        for command in ("verify", "status", "diff", "upload --yes --force", "download --yes"):
            assert_says(run(*command.split()), 2, "error: prompts/", problem, hint)
        lint = run("lint")

    assert lint.code == 1
    assert problem.partition(": ")[2] in lint.stdout
    assert hint in lint.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="Windows lets only administrators make links")
def test_a_link_out_of_the_root(repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("Not for the registry.\n")
    repo.write("prompts/fine.md", "Fine.\n")
    (repo.path / "prompts/link.md").symlink_to(tmp_path / "secret.md")

    with nothing_lost(repo):
        for command in ("verify", "upload --yes"):
            assert_says(
                run(*command.split()),
                2,
                "error: prompts/link.md:1:1: a symbolic link; a prompt file is a plain file",
                "hint: replace the link by the file",
            )


def test_every_problem_is_named_at_once(repo: Repo) -> None:
    repo.write("prompts/one.md", "---\ntitel: One\nmodle: gpt-5\n---\n\nHello.\n")
    repo.write("prompts/two.md", b"\xff\n")

    assert (
        run("verify").stderr
        == """\
error: 3 problems in prompt files

prompts/one.md:2:1: unknown key `titel`
  hint: did you mean `title`? anything else goes below `metadata:`
prompts/one.md:3:1: unknown key `modle`
  hint: did you mean `model`? anything else goes below `metadata:`
prompts/two.md:1:1: invalid UTF-8 byte 0xff; a prompt file is UTF-8 text
  hint: save the file as UTF-8

hint: `promptsync lint` checks the files again, without a registry
"""
    )


def test_very_many_problems_are_counted(repo: Repo) -> None:
    for number in range(30):
        repo.write(f"prompts/p{number:02}.md", b"\xff\n")

    lines = run("verify").stderr.splitlines()

    assert lines[0] == "error: 30 problems in prompt files"
    assert lines[-3] == "… and 10 more"


# -- configuration --

WRONG_CONFIGURATIONS: dict[str, tuple[str, str, str]] = {
    "no TOML": ("nonsense\n", "promptsync.toml: invalid TOML", ""),
    "an unknown key": ("promts = []\n", "unknown key `promts`", "did you mean `prompts`?"),
    "a secret": (
        f'[registries.one]\nkind = "braintrust"\nproject = "Trader"\napi-key = "{KEY}"\n',
        "`api-key` holds a secret, and this file is committed",
        "secrets come from the environment: BRAINTRUST_API_KEY",
    ),
    "a password": (
        f'[registries.one]\nkind = "local"\nurl = "postgresql+psycopg://ada:{KEY}@db/prompts"\n',
        "`url` holds a secret, and this file is committed",
        "PGPASSWORD",
    ),
    "an unknown kind": ('[registries.one]\nkind = "brantrust"\n', "`kind` must be one of", ""),
    "roots outside": ('prompts = ["../elsewhere"]\n', "leaves the folder", ""),
}


@pytest.mark.parametrize("wrong", WRONG_CONFIGURATIONS)
def test_a_wrong_configuration(repo: Repo, wrong: str) -> None:
    content, problem, hint = WRONG_CONFIGURATIONS[wrong]
    with_greeting(repo)
    repo.write("promptsync.toml", content)

    with nothing_lost(repo):
        for command in ("lint", "verify", "upload --yes"):
            assert_says(run(*command.split()), 2, problem, hint)


# -- git --

EVERY_COMMAND = (
    "verify",
    "verify --staged",
    "status",
    "diff",
    "upload --yes",
    "download --yes",
    "history greeting",
    "restore greeting 1",
    "where sha256:3e19fa7c5cbc",
)


def test_no_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "plain"
    (folder / "prompts").mkdir(parents=True)
    (folder / "prompts/greeting.md").write_text("Hello.\n")
    monkeypatch.chdir(folder)

    for command in EVERY_COMMAND:
        assert_says(
            run(*command.split()),
            2,
            f"error: `{folder}` is not in a git repository",
            "hint: run `git init` there, or change folder",
        )


def test_a_bare_repository(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_greeting(repo)
    repo.git("clone", "--quiet", "--bare", ".", str(tmp_path / "bare.git"))
    monkeypatch.chdir(tmp_path / "bare.git")

    for command in (*EVERY_COMMAND, "lint"):
        assert_says(run(*command.split()), 2, "error: this is a bare repository; promptsync needs")


def test_no_git(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    with_greeting(repo)
    monkeypatch.setenv("PATH", str(repo.path))

    assert_says(run("verify"), 2, "error: git was not found", "hint: install git")


def test_a_detached_head_is_fine(repo: Repo) -> None:
    with_greeting(repo)
    repo.git("checkout", "--quiet", "--detach")

    assert run("upload", "--yes").code == 0
    assert run("verify").code == 0


def test_a_branch_without_commits_is_fine(repo: Repo) -> None:
    with_greeting(repo, committed=False)
    new = run("verify", "--staged").code
    repo.git("add", ".")
    staged = run("verify", "--staged").code
    run("upload", "--yes")

    assert (new, staged, run("verify", "--staged").code) == (0, 1, 0)
    committed = ("restore greeting 1",)
    codes = {each: run(*each.split()).code for each in EVERY_COMMAND if each not in committed}
    assert set(codes.values()) == {0}
    assert_says(run("verify", "--rev", "HEAD"), 2, "error: git knows no commit `HEAD`")


def with_shallow_clone(repo: Repo, tmp_path: Path) -> Repo:
    """Clone only the last of two commits of a prompt whose registry has the first."""
    database = (tmp_path / "shared.db").as_posix()
    repo.write(
        "promptsync.toml", f'[registries.local]\nkind = "local"\nurl = "sqlite:///{database}"\n'
    )
    with_greeting(repo)
    run("upload", "--yes")
    greeting = repo.read("prompts/greeting.md")
    repo.write("prompts/greeting.md", greeting.replace("{{{name}}}", "{{{user}}}"))
    repo.commit("Name the user")
    return repo.clone(tmp_path / "shallow", "--depth=1")


@pytest.mark.parametrize("command", ["verify", "status", "upload --yes", "download --yes"])
def test_a_shallow_clone_never_guesses(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    shallow = with_shallow_clone(repo, tmp_path)
    monkeypatch.chdir(shallow.path)

    assert_says(
        run(*command.split()),
        2,
        "error: this clone is too shallow to tell whether `greeting` moved here or elsewhere",
        "hint: fetch the whole history: `git fetch --unshallow`, or `fetch-depth: 0`",
    )
    shallow.git("fetch", "--quiet", "--unshallow")
    assert run("upload", "--yes").code == 0


def test_uncommitted_changes(repo: Repo) -> None:
    with_greeting(repo)
    run("upload", "--yes")
    edit_in_registry(repo, "greeting", "people", "friends")
    repo.write("prompts/greeting.md", repo.read("prompts/greeting.md") + "Thanks.\n")

    with nothing_lost(repo):
        for command in ("download --yes", "restore greeting 1"):
            assert_says(
                run(*command.split()),
                2,
                "prompts/greeting.md",
                "uncommitted changes",
                "hint: commit or stash them; `--force` overwrites them",
            )


# -- Braintrust: who is asked --


@pytest.fixture
def service() -> Iterator[BraintrustServer]:
    """Return a running Braintrust whose key must never be shown."""
    with braintrust_server(environments=("production",), api_key=KEY) as service:
        yield service


@pytest.fixture
def trader(
    repo: Repo, service: BraintrustServer, monkeypatch: pytest.MonkeyPatch
) -> BraintrustServer:
    """Commit two prompts and upload them to the service."""
    monkeypatch.setenv("BRAINTRUST_API_KEY", KEY)
    monkeypatch.setenv("BRAINTRUST_APP_URL", service.url)
    repo.write("promptsync.toml", CONFIGURATION)
    repo.write("prompts/farewell.md", "Say goodbye.\n")
    repo.write("prompts/greeting.md", "Say hello.\n")
    repo.commit()
    assert run("upload", "--yes").code == 0
    return service


def stored(service: BraintrustServer) -> Any:
    """Return everything the service holds, faults aside."""
    service.faults.clear()
    return call(service, "GET /v1/prompt").json


@pytest.mark.network
@pytest.mark.usefixtures("trader")
def test_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BRAINTRUST_API_KEY")

    assert_says(
        run("verify"),
        2,
        "error: registry `production` needs a Braintrust API key",
        "hint: set BRAINTRUST_API_KEY",
    )


@pytest.mark.network
@pytest.mark.usefixtures("trader")
@pytest.mark.parametrize("key", ["sk-other-0123456789", "sk-two\nlines", "sk-ключ"])
def test_a_wrong_key(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("BRAINTRUST_API_KEY", key)

    result = run("verify")

    assert_says(result, 4, "error: ", "BRAINTRUST_API_KEY")
    assert key not in result.text


@pytest.mark.network
@pytest.mark.usefixtures("trader")
def test_a_wrong_project(repo: Repo) -> None:
    repo.write("promptsync.toml", CONFIGURATION.replace("Trader", "Tradr"))

    for command in ("verify", "upload --yes", "download --yes"):
        assert_says(
            run(*command.split()),
            4,
            'error: Braintrust has no project "Tradr" in the organisation `Example`',
            "hint: create it there, or correct `project` in the configuration",
        )


@pytest.mark.network
@pytest.mark.usefixtures("trader")
def test_a_wrong_region(monkeypatch: pytest.MonkeyPatch) -> None:
    with braintrust_server(api_key="sk-of-another-region") as elsewhere:
        monkeypatch.setenv("BRAINTRUST_API_URL", elsewhere.url)
        result = run("verify")

    host = elsewhere.url.removeprefix("http://")
    assert_says(
        result,
        4,
        f"error: `{host}` answered 401",
        "hint: check that the key in BRAINTRUST_API_KEY is valid here",
    )


@pytest.mark.network
@pytest.mark.usefixtures("trader")
def test_a_wrong_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRAINTRUST_API_URL", f"https//ada:{KEY}@api.braintrust.dev")

    assert_says(run("verify"), 2, "`api.braintrust.dev` is no http or https URL")


@pytest.mark.network
def test_an_address_with_a_password(
    trader: BraintrustServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = trader.url.removeprefix("http://")
    monkeypatch.setenv("BRAINTRUST_APP_URL", f"http://ada:{KEY}@{host}/elsewhere")

    assert_says(run("verify"), 4, host)


# -- Braintrust: what goes wrong while reading --

READ_FAULTS: dict[str, tuple[Any, str, str]] = {
    "400 as text": (Refused(), "answered 400 to GET /v1/prompt: Refused", ""),
    "401": (key_refused(), "answered 401", "hint: check that the key in BRAINTRUST_API_KEY"),
    "403": (forbidden(), "answered 403", "hint: check that the key in BRAINTRUST_API_KEY"),
    "429": (RateLimited(), "answered 429", "hint: too many requests; try again later"),
    "429 with Retry-After": (RateLimited(7), "answered 429", "try again in 7 s"),
    "502": (unavailable(502), "answered 502", "hint: the service has a problem"),
    "503": (unavailable(503), "answered 503", "hint: the service has a problem"),
    "no answer": (Hangs(), "did not answer in time", "hint: check the network"),
    "a reset": (ResetBeforeApplying(), "broke off", "hint: check the network"),
    "half an answer": (CutsOff(), "broke off", "hint: check the network"),
    "truncated JSON": (TruncatesJson(), "with broken JSON", "hint: check the registry's address"),
    "HTML": (AnswersHtml(), "with an HTML page", "hint: check the registry's address"),
}


@pytest.mark.network
@pytest.mark.parametrize("wrong", READ_FAULTS)
def test_a_fault_while_reading(trader: BraintrustServer, wrong: str) -> None:
    fault, problem, hint = READ_FAULTS[wrong]
    trader.inject(fault, "GET /v1/prompt")

    result = run("verify", "--timeout", "0.3")

    host = trader.url.removeprefix("http://")
    assert_says(result, 4, f"`{host}`", problem, hint)
    trader.faults.clear()
    assert run("verify").code == 0


@pytest.mark.network
@pytest.mark.parametrize("wrong", ["400 as text", "401", "403", "truncated JSON", "HTML"])
@pytest.mark.parametrize("command", ["upload --yes", "download --yes", "history greeting"])
def test_a_fault_while_reading_stops_what_would_write(
    repo: Repo, trader: BraintrustServer, wrong: str, command: str
) -> None:
    fault, problem, hint = READ_FAULTS[wrong]
    repo.write("prompts/greeting.md", "Say hello, and mean it.\n")
    repo.commit()
    before = files_of(repo), stored(trader)
    trader.inject(fault, "GET /v1/prompt")

    assert_says(run(*command.split()), 4, problem, hint)
    assert (files_of(repo), stored(trader)) == before


@pytest.mark.network
def test_pages_smaller_than_asked_are_read_to_the_end(trader: BraintrustServer, repo: Repo) -> None:
    for number in range(10):
        repo.write(f"prompts/p{number}.md", f"Prompt {number}.\n")
    run("upload", "--yes")
    trader.inject(PageCap(3))
    trader.person.edits("p0", "Edited.")

    assert run("status", "--format", "json").json["summary"] == {"in_sync": 11, "drifted": 1}


@pytest.mark.network
def test_a_prompt_that_changes_between_pages_is_seen_as_it_is_now(
    trader: BraintrustServer, repo: Repo
) -> None:
    for number in range(10):
        repo.write(f"prompts/p{number}.md", f"Prompt {number}.\n")
    run("upload", "--yes")

    def saved_anew() -> None:
        for name in ("greeting", "farewell"):
            trader.person.deletes(name)
            put(trader, name, text="Made anew.")

    trader.inject(PageCap(3))
    trader.inject(Meanwhile(saved_anew), "GET /v1/prompt", times=1)
    result = run("status", "--format", "json")

    assert sum(result.json["summary"].values()) == 12
    assert result.json["summary"]["in_sync"] == 10


# -- Braintrust: what goes wrong while writing --

WRITE_FAULTS: dict[str, tuple[Any, str, str]] = {
    "400 as text": (Refused(), "answered 400 to PUT /v1/prompt: Refused", ""),
    "401": (key_refused(), "answered 401", "hint: check that the key in BRAINTRUST_API_KEY"),
    "403": (forbidden(), "answered 403", "hint: check that the key in BRAINTRUST_API_KEY"),
    "429": (RateLimited(), "answered 429", "hint: too many requests; try again later"),
    "429 with Retry-After": (RateLimited(7), "answered 429", "try again in 7 s"),
    "503": (unavailable(), "may not be stored", "hint: run the same command again"),
    "a reset": (ResetBeforeApplying(), "may not be stored", "hint: run the same command again"),
    "HTML": (AnswersHtml(), "with an HTML page", "hint: check the registry's address"),
    "a rewriting service": (
        RewritesText(str.upper),
        "was sent",
        "`promptsync diff greeting` shows how",
    ),
}


@pytest.mark.network
@pytest.mark.parametrize("wrong", WRITE_FAULTS)
def test_a_fault_while_writing(repo: Repo, trader: BraintrustServer, wrong: str) -> None:
    fault, problem, hint = WRITE_FAULTS[wrong]
    repo.write("prompts/greeting.md", "Say hello, and mean it.\n")
    repo.commit()
    before = files_of(repo)
    trader.inject(fault, "PUT /v1/prompt")

    result = run("upload", "--yes")

    assert_says(result, 4, "error: `greeting`", problem, hint)
    assert files_of(repo) == before
    trader.faults.clear()
    again = run("upload", "--yes", "--force")
    assert (again.code, run("verify").code) == (0, 0)


@pytest.mark.network
@pytest.mark.parametrize("fault", [ResetAfterApplying(), TruncatesJson(), CutsOff()], ids=repr)
def test_a_write_whose_answer_is_lost_is_found_again(
    repo: Repo, trader: BraintrustServer, fault: Any
) -> None:
    repo.write("prompts/greeting.md", "Say hello, and mean it.\n")
    trader.inject(fault, "PUT /v1/prompt")

    result = run("upload", "--yes")

    assert (result.code, result.stdout[:18]) == (0, "updated `greeting`")
    assert run("verify").code == 0


@pytest.mark.network
def test_what_moves_between_plan_and_write_is_left_alone(
    repo: Repo, trader: BraintrustServer
) -> None:
    repo.write("prompts/greeting.md", "Say hello, and mean it.\n")
    trader.inject(
        Meanwhile(lambda: trader.person.edits("greeting", "Say hi.")), "GET /v1/prompt", times=1
    )

    assert_says(run("upload", "--yes"), 3, "error: `greeting` ", "hint: run the same command again")
    assert run("status", "greeting", "--format", "json").json["summary"] == {"diverged": 1}


@pytest.mark.network
def test_a_failure_in_the_middle_says_what_is_done_and_what_is_not(
    repo: Repo, trader: BraintrustServer
) -> None:
    for number in range(12):
        repo.write(f"prompts/p{number:02}.md", f"Prompt {number}.\n")
    trader.inject(unavailable(), "PUT /v1/prompt", after=2)

    result = run("upload", "--yes")
    done = result.stdout.count("created")

    assert_says(result, 4, "may not be stored", f"{done} done", "running the command again is safe")
    trader.faults.clear()
    assert (run("upload", "--yes").code, run("verify").code) == (0, 0)


@pytest.mark.network
def test_very_many_failures_are_counted(repo: Repo, trader: BraintrustServer) -> None:
    for number in range(14):
        repo.write(f"prompts/p{number:02}.md", f"Prompt {number}.\n")
    trader.inject(Refused(), "PUT /v1/prompt")

    result = run("upload", "--yes")

    assert_says(result, 4, "… and 4 more errors; `--format json` has them all", "\n14 failed; ")
    assert result.stderr.count("error: ") == 10


# -- Braintrust: names --


@pytest.mark.network
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../../x", "names have letters, digits"),
        ("con", "Windows reserves it"),
        ("GREETING", "`prompts/greeting.md` has that name"),
        ("x" * 10_000, "names have letters, digits"),
        ("..", "it starts or ends with a dot"),
        ("README", "a README is not a prompt"),
    ],
    ids=lambda value: value[:12],
)
def test_a_remote_name_that_cannot_be_a_file(
    repo: Repo, trader: BraintrustServer, name: str, reason: str
) -> None:
    put(trader, name)
    put(trader, "welcome")
    outside = sorted(each.name for each in repo.path.parent.iterdir())

    planned = run("download", "--all", "--dry-run")
    result = run("download", "--all", "--yes")

    assert (planned.code, planned.stderr) == (3, "")
    for shown in (planned.stdout, result.stderr):
        assert f"! left alone  {name[:40]}" in shown
        assert reason in shown
    assert_says(result, 3)
    assert result.stdout == "wrote prompts/welcome.md\n"
    assert sorted(files_of(repo)) == [
        "prompts/farewell.md",
        "prompts/greeting.md",
        "prompts/welcome.md",
        "promptsync.toml",
    ]
    assert sorted(each.name for each in repo.path.parent.iterdir()) == outside
