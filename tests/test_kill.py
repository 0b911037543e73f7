"""A kill at any step leaves whole files, and running the same command again brings the rest."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event

import pytest
from click.testing import CliRunner

from promptsync.cli import app
from promptsync.prompt import Prompt
from promptsync.registries.braintrust import BraintrustRegistry
from promptsync.registries.local import LocalRegistry
from tests.builders import Repo, prompt
from tests.fakes.braintrust import API_KEY, BraintrustServer, Request, braintrust_server
from tests.fakes.service.exchange import ConnectionReset, Response, Serve

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL"),
]

# Runs a command and dies right before the step that was asked for: a write to a file below the
# folder, or a transaction of the registry. The last line tells that there was no such step.
MORTAL = """
import os, signal, sys

step, folder = int(sys.argv[1]), sys.argv[2]
writes = os.O_WRONLY | os.O_RDWR | os.O_CREAT
events = ("os.rename", "os.remove", "os.mkdir", "os.chmod", "sqlite3.connect")
count = 0


def die_at_the_step(event, arguments):
    global count
    is_open = event == "open" and isinstance(arguments[2], int) and arguments[2] & writes
    if not (is_open or event in events) or folder not in str(arguments[0]):
        return
    count += 1
    if count == step:
        os.kill(os.getpid(), signal.SIGKILL)


from promptsync.cli import app

sys.addaudithook(die_at_the_step)
app(sys.argv[3:])
"""

# More steps than any of these commands has.
LIMIT = 100


def mortal_environment(**variables: str) -> dict[str, str]:
    """Return the environment of a process that is killed: half a coverage file is of no use."""
    kept = {name: value for name, value in os.environ.items() if "COV" not in name}
    return kept | variables


def dies(step: int, repo: Repo, *arguments: str) -> bool:
    """Run a command that is killed at a step; False when it came to its end before."""
    done = subprocess.run(
        [sys.executable, "-c", MORTAL, str(step), str(repo.path), *arguments],
        cwd=repo.path,
        env=mortal_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (-signal.SIGKILL, 0), done.stderr
    return done.returncode != 0


def succeeds(*arguments: str) -> str:
    """Run a command to its end in the working directory and return what it wrote."""
    result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def files(repo: Repo) -> dict[str, str]:
    """Return every file that git does not keep to itself."""
    listed = repo.git("ls-files", "--cached", "--others", "--exclude=.promptsync").split("\n")
    return {path: repo.read(path) for path in listed}


# -- uploads --


def test_an_upload_that_is_killed_at_any_step_is_completed_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for step in range(1, LIMIT):
        repo = Repo.create(tmp_path / f"work-{step}")
        monkeypatch.chdir(repo.path)
        repo.write("prompts/first.md", "First\n")
        repo.write("prompts/second.md", "Second\n")
        repo.commit()
        was_killed = dies(step, repo, "upload", "--yes")

        succeeds("upload", "--yes")

        succeeds("verify")
        registry = LocalRegistry(folder=repo.path)
        stored = {each.name: each for each in registry.list_prompts()}
        assert {name: each.prompt.content for name, each in stored.items()} == {
            "first": "First",
            "second": "Second",
        }
        assert {each.version for each in stored.values()} == {"1"}
        registry.close()
        if not was_killed:
            assert step > 4
            return
    pytest.fail(f"the command has more than {LIMIT} steps")


@dataclass
class Killer:
    """Kills the client at one request: before it was served, or after."""

    on_request: int
    served: bool
    on: str = "*"
    victim: subprocess.Popen[str] | None = None
    has_victim: Event = field(default_factory=Event)
    seen: int = 0

    def __call__(self, request: Request, serve: Serve) -> Response:
        """Count, and kill when it is time."""
        self.seen += 1
        if self.seen != self.on_request:
            return serve(request)
        if self.served:
            serve(request)
        self.has_victim.wait()
        assert self.victim is not None
        self.victim.kill()
        self.victim.wait()
        raise ConnectionReset


def dies_by(killer: Killer, service: BraintrustServer, repo: Repo) -> bool:
    """Upload to a service that kills the uploading process."""
    service.inject(killer)
    process = subprocess.Popen(
        [sys.executable, "-m", "promptsync", "upload", "--yes"],
        cwd=repo.path,
        env=mortal_environment(BRAINTRUST_API_KEY=API_KEY),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    killer.victim = process
    killer.has_victim.set()
    output = process.communicate()[0]
    service.faults.clear()
    assert process.returncode in (-signal.SIGKILL, 0), output
    return process.returncode != 0


@pytest.mark.network
@pytest.mark.parametrize("served", [False, True], ids=["before", "after"])
def test_an_upload_that_is_killed_at_any_request_is_completed_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, served: bool
) -> None:
    monkeypatch.setenv("BRAINTRUST_API_KEY", API_KEY)
    for number in range(1, LIMIT):
        with braintrust_server() as service:
            repo = Repo.create(tmp_path / f"work-{number}")
            monkeypatch.chdir(repo.path)
            repo.write(
                "promptsync.toml",
                '[registries.production]\nkind = "braintrust"\nproject = "Trader"\n'
                f'app-url = "{service.url}"\n',
            )
            repo.write("prompts/first.md", "First\n")
            repo.write("prompts/second.md", "Second\n")
            repo.commit()
            was_killed = dies_by(Killer(number, served), service, repo)

            succeeds("upload", "--yes")

            succeeds("verify")
            assert versions_in(service) == {"first": ["First"], "second": ["Second"]}
        if not was_killed:
            assert number > 6
            return
    pytest.fail(f"the command makes more than {LIMIT} requests")


def versions_in(service: BraintrustServer) -> dict[str, list[str]]:
    registry = BraintrustRegistry(project="Trader", api_key=API_KEY, app_url=service.url)
    found = {
        each.name: [str(version.prompt.content) for version in registry.list_versions(each.name)]
        for each in registry.list_prompts()
    }
    registry.close()
    return found


# -- downloads --


OLD = {"prompts/first.md": "First\n", "prompts/second.md": "Second\n"}
NEW = {
    "prompts/first.md": "First, edited\n",
    "prompts/second.md": "Second, edited\n",
    "prompts/third.md": "Third\n",
}


@pytest.fixture
def edited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a repository whose registry has two edits and a prompt more than git."""
    repo = Repo.create(tmp_path / "edited")
    monkeypatch.chdir(repo.path)
    for path, text in OLD.items():
        repo.write(path, text)
    repo.commit()
    succeeds("upload", "--yes")
    registry = LocalRegistry(folder=repo.path)

    def edit(there: Prompt) -> Prompt:
        return replace(there, content=f"{there.content}, edited")

    registry.edit_prompt("first", edit)
    registry.edit_prompt("second", edit)
    registry.save_prompt(prompt("third", "Third"), None)
    registry.close()
    return repo.path


def test_a_download_that_is_killed_at_any_step_is_completed_by_the_next(
    edited: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for step in range(1, LIMIT):
        monkeypatch.chdir(tmp_path)
        subprocess.run(["cp", "-R", edited, tmp_path / f"work-{step}"], check=True)
        repo = Repo(tmp_path / f"work-{step}")
        monkeypatch.chdir(repo.path)
        was_killed = dies(step, repo, "download", "--all", "--yes")
        whole = [OLD, NEW]
        prompts = {path: text for path, text in files(repo).items() if path.endswith(".md")}
        assert all(any(text == each.get(path) for each in whole) for path, text in prompts.items())

        succeeds("download", "--all", "--yes")

        assert files(repo) == NEW
        succeeds("verify", "--strict")
        if not was_killed:
            assert step > 9
            return
    pytest.fail(f"the command has more than {LIMIT} steps")
