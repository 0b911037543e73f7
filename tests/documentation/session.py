"""Follow a page: run its commands, write its files, execute its Python."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from click.testing import CliRunner

from promptsync.cli import app
from promptsync.config import load_config
from promptsync.file_text import decode
from promptsync.prompt_file import parse_prompt
from tests.cli.running import program
from tests.documentation.pages import Block, Page

# Where the pages say that they are.
HOME = "/home/ada"
MOMENT = "2026-03-02 09:30"

WITHOUT_STDERR = "2>/dev/null"
INDENTED = ["|", "python", "-m", "json.tool"]

# Where pages say that the service of an example listens.
SERVICE = "127.0.0.1:8000"
JSON = {"content-type": "application/json"}

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d")
_ISO_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
_DAY = re.compile(r"(?<=prompt_sync:)\d{8}\b")
_SECONDS = re.compile(r'(?<="seconds": )\d+\.\d+|(?<=exit \d, )\d+\.\d(?= s)')
# The message of such a commit names a moment, so its id is another one in each run.
_EDITS_COMMIT = re.compile(r"(?<= \()[0-9a-f]{12}(?=\)$)", re.MULTILINE)
_TRANSACTION = re.compile(r"\b1000\d{15}\b")
_COMMAND = re.compile(r"^\$ ", re.MULTILINE)


@dataclass
class Session:
    """One page being followed, in a folder of its own that is no repository yet.

    `host` is shown where a service has the address of a server on this machine.
    """

    folder: Path
    environment: pytest.MonkeyPatch
    names: dict[str, Any] = field(default_factory=dict)
    exit_code: int = 0
    minutes: int = 0
    transactions: dict[str, str] = field(default_factory=dict)
    host: str = "api.braintrust.dev"

    def follow(self, page: Page) -> str:
        """Do what each block says, and return the page with what its commands really print."""
        parts, position = [], 0
        for block in page.blocks:
            try:
                text = self._do(block)
            except Exception as error:
                error.add_note(f"{page.name}:{page.line_of(block.start)}")
                raise
            parts += [page.text[position : block.start], text]
            position = block.end
        return "".join([*parts, page.text[position:]])

    def _do(self, block: Block) -> str:
        if block.language == "console":
            return "".join(map(self._run, _COMMAND.split(block.text)[1:]))
        if block.title is not None:
            path = Path(block.title)
            assert path.resolve().is_relative_to(Path.cwd()), f"{path} lies outside of the session"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(block.text.encode())
        if check := CHECKS.get(block.language):
            check(self, block)
        return block.text

    def _run(self, step: str) -> str:
        command = step.partition("\n")[0]
        arguments = shlex.split(command)
        program = PROGRAMS.get(arguments[0])
        assert program is not None, f"a page cannot run `{arguments[0]}`: make it a block of sh"
        # Each command has its own minute, so that git's commits have an order.
        self.minutes += 1
        moment = f"2026-03-02T09:{self.minutes % 60:02}:00Z"
        self.environment.setenv("GIT_AUTHOR_DATE", moment)
        self.environment.setenv("GIT_COMMITTER_DATE", moment)
        output = program(self, arguments[1:])
        return f"$ {command}\n{self.plain(output)}"

    def plain(self, output: str) -> str:
        """Replace what differs from run to run, and drop spaces at the ends of lines."""
        folder = str(self.folder)
        for here in (folder, folder.replace("\\", "/"), os.path.realpath(folder)):
            output = output.replace(here, HOME)
        # No server of a test has a port below 1024: such an address stands in the page itself.
        output = re.sub(r"127\.0\.0\.1:\d{4,}", self.host, output)
        output = _MOMENT.sub(MOMENT, output)
        output = _ISO_MOMENT.sub(MOMENT.replace(" ", "T") + ":00.000Z", output)
        output = _DAY.sub(MOMENT[:10].replace("-", ""), output)
        output = _SECONDS.sub("0.2", output)
        output = _EDITS_COMMIT.sub("5f0c2d4a9b1e", output)
        output = _TRANSACTION.sub(self._transaction, output)
        lines = [line.rstrip() for line in output.splitlines()]
        return "".join(f"{line}\n" for line in lines)

    def _transaction(self, found: re.Match[str]) -> str:
        number = len(self.transactions) + 1
        return self.transactions.setdefault(found.group(), f"10001975020{number:08}")

    def promptsync(self, arguments: list[str]) -> str:
        """Run promptsync, as on no terminal: stdout and stderr together, or stdout alone."""
        if arguments[0] == "run":
            return self._promptsync_run(arguments)
        only_stdout = arguments[-1:] == [WITHOUT_STDERR]
        result = CliRunner().invoke(
            app, arguments[:-1] if only_stdout else arguments, prog_name="promptsync"
        )
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        self.exit_code = result.exit_code
        return result.stdout if only_stdout else result.output

    def _promptsync_run(self, arguments: list[str]) -> str:
        """Run promptsync as a process of its own, which becomes another program."""
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        return self._program(program(), *arguments, env={**os.environ, "PATH": path})

    def git(self, arguments: list[str]) -> str:
        """Run git."""
        return self._program("git", "--no-pager", *arguments)

    def python_program(self, arguments: list[str]) -> str:
        """Run a Python program of the page, in a process of its own."""
        return self._program(sys.executable, *arguments)

    def _program(self, *command: str, env: Mapping[str, str] | None = None) -> str:
        result = subprocess.run(
            command,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
        )
        self.exit_code = result.returncode
        return result.stdout

    def cat(self, arguments: list[str]) -> str:
        """Show files."""
        return "".join(Path(each).read_bytes().decode() for each in arguments)

    def cd(self, arguments: list[str]) -> str:
        """Go to a folder."""
        self.environment.chdir(arguments[0])
        return ""

    def echo(self, arguments: list[str]) -> str:
        """Show the exit code of the command before: nothing else is echoed."""
        assert arguments == ["$?"]
        return f"{self.exit_code}\n"

    def export(self, arguments: list[str]) -> str:
        """Set an environment variable."""
        name, _, value = arguments[0].partition("=")
        self.environment.setenv(name, value)
        return ""

    def rm(self, arguments: list[str]) -> str:
        """Delete files."""
        for each in arguments:
            Path(each).unlink()
        return ""

    def curl(self, arguments: list[str]) -> str:
        """Ask the service that hidden Python has started; `-s`, `--json` and a URL are known."""
        arguments, indented = _without(INDENTED, arguments)
        silent, url, *options = arguments
        assert [silent, *options[:1]] in (["-s"], ["-s", "--json"])
        address = url.replace(SERVICE, self.names["service"].url)
        content = options[1] if options else None
        method = "GET" if content is None else "POST"
        answer = httpx.request(method, address, content=content, headers=JSON)
        return f"{json.dumps(answer.json(), indent=4)}\n" if indented else f"{answer.text}\n"

    def python(self, block: Block) -> None:
        """Execute Python; what it prints is for the page to assert. A file is run by a command."""
        if block.title is not None:
            compile(block.text, block.title, "exec")
            return
        with redirect_stdout(StringIO()):
            exec(block.text, self.names)  # noqa: S102  the page is ours

    def markdown(self, block: Block) -> None:
        """Parse a prompt file."""
        path = block.title or "prompts/example.md"
        parse_prompt(decode(block.text.encode(), path), path=path, name=Path(path).stem)

    def toml(self, block: Block) -> None:
        """Read a configuration, where it stands or in a folder of its own."""
        if block.title is not None:
            load_config(Path(block.title).parent.resolve())
            return
        folder = self.folder / f"configuration-{block.start}"
        folder.mkdir()
        (folder / "promptsync.toml").write_text(block.text, encoding="utf-8")
        load_config(folder)

    def yaml(self, block: Block) -> None:
        """Parse YAML."""
        yaml.safe_load(block.text)

    def json(self, block: Block) -> None:
        """Parse JSON."""
        json.loads(block.text)


def _without(end: list[str], arguments: list[str]) -> tuple[list[str], bool]:
    """Return the arguments before an end, and whether they had it."""
    if arguments[-len(end) :] == end:
        return arguments[: -len(end)], True
    return arguments, False


PROGRAMS: Mapping[str, Callable[[Session, list[str]], str]] = {
    "cat": Session.cat,
    "cd": Session.cd,
    "curl": Session.curl,
    "echo": Session.echo,
    "export": Session.export,
    "git": Session.git,
    "promptsync": Session.promptsync,
    "python": Session.python_program,
    "rm": Session.rm,
}

CHECKS: Mapping[str, Callable[[Session, Block], None]] = {
    "json": Session.json,
    "markdown": Session.markdown,
    "python": Session.python,
    "toml": Session.toml,
    "yaml": Session.yaml,
}
