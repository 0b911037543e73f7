"""Builders with defaults for whatever a test does not care about."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from promptsync.prompt import Message, Prompt


def prompt(name: str = "greeting", text: str = "Say hello to {{name}}.", **fields: Any) -> Prompt:
    """Build a text prompt; `fields` are those of Prompt."""
    return Prompt(name=name, **{"content": text, **fields})


def chat(name: str = "greeting", **content_by_role: str) -> Prompt:
    """Build a chat prompt: chat("greeting", system="…", user="…")."""
    messages = tuple(Message(role, content) for role, content in content_by_role.items())
    return Prompt(name=name, content=messages)


@dataclass(frozen=True)
class Repo:
    """A real git repository on disk."""

    path: Path

    @classmethod
    def create(cls, path: Path) -> Repo:
        """Make an empty repository whose branch is `main`."""
        path.mkdir(parents=True)
        repo = cls(path)
        repo.git("init", "--quiet", "--initial-branch=main")
        return repo

    def git(self, *arguments: str) -> str:
        """Run git here and return what it printed, without the final newline."""
        result = subprocess.run(
            ["git", *arguments], cwd=self.path, capture_output=True, encoding="utf-8", check=False
        )
        assert result.returncode == 0, f"git {' '.join(arguments)}: {result.stderr}"
        return result.stdout.removesuffix("\n")

    def write(self, name: str, content: str | bytes) -> Path:
        """Write a file, and the folders above it, without staging it."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def read(self, name: str) -> str:
        """Return a file's text, line ends as they are."""
        return (self.path / name).read_bytes().decode()

    def commit(self, message: str = "Change prompts", *paths: str) -> str:
        """Stage the paths, or everything, commit, and return the commit's full id."""
        self.git("add", "--all", "--", *(paths or (".",)))
        self.git("commit", "--quiet", "--message", message)
        return self.git("rev-parse", "HEAD")

    def clone(self, path: Path, *options: str) -> Repo:
        """Clone this repository; `options` are those of git clone, such as --depth=1."""
        self.git("clone", "--quiet", *options, self.path.as_uri(), str(path))
        return Repo(path)
