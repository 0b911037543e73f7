"""Repositories and registries in the states that commands are shown with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from promptsync.content_hash import content_hash
from promptsync.prompt import Prompt
from promptsync.registries.local import LocalRegistry
from promptsync.remote_prompt import RemotePrompt, Stamp
from tests.builders import Repo, prompt
from tests.cli.running import run

GREETING = """\
---
title: Greeting
model: gpt-5-mini
---

# system:

You greet people.

# user:

{{{name}}}
"""


def with_greeting(repo: Repo, *, committed: bool = True) -> str | None:
    """Give a repository one prompt file, and return the commit that holds it."""
    repo.write(".gitignore", ".promptsync/\n")
    repo.write("prompts/greeting.md", GREETING)
    return repo.commit("Add greeting") if committed else None


def registry_of(repo: Repo) -> LocalRegistry:
    """Open the embedded registry of a repository, to do what a person does there."""
    return LocalRegistry("sqlite:///.promptsync/registry.db", folder=repo.path)


def edit_in_registry(
    repo: Repo, name: str, old: str, new: str, author: str = "Grace"
) -> RemotePrompt:
    """Change words of a prompt in the registry, behind git's back."""

    def edited(there: Prompt) -> Prompt:
        if isinstance(there.content, str):
            return replace(there, content=there.content.replace(old, new))
        messages = tuple(
            replace(each, content=str(each.content).replace(old, new)) for each in there.content
        )
        return replace(there, content=messages)

    registry = registry_of(repo)
    stored = registry.edit_prompt(name, edited, author=author)
    registry.close()
    return stored


def save_in_registry(repo: Repo, there: Prompt, stamp: Stamp | None = None) -> RemotePrompt:
    """Store a prompt as somebody else does."""
    registry = registry_of(repo)
    stored = registry.save_prompt(there, stamp)
    registry.close()
    return stored


def stamp_of(there: Prompt, path: str) -> Stamp:
    """Return the stamp of an upload from a file that this repository never had."""
    return Stamp(
        content_hash=content_hash(there, "local"), path=path, file_sha256="0" * 64, commit=None
    )


def with_every_status(repo: Repo) -> None:
    """Give a repository one prompt of each status, with its registry, all of it committed."""
    repo.write(".gitignore", ".promptsync/\n")
    for name in ("agreed", "diverged", "drifted", "gone", "modified"):
        repo.write(f"prompts/{name}.md", f"This is {name}.\n")
    repo.commit("Add prompts")
    assert run("upload", "--yes").code == 0
    edit_in_registry(repo, "drifted", "This", "That")
    edit_in_registry(repo, "diverged", "This", "That")
    repo.write("prompts/diverged.md", "This is diverged!\n")
    repo.write("prompts/modified.md", "This is modified!\n")
    repo.write("prompts/fresh.md", "This is fresh.\n")
    repo.write("prompts/behind.md", "This is behind.\n")
    (repo.path / "prompts/gone.md").unlink()
    elsewhere = prompt("behind", "This is ahead.")
    save_in_registry(repo, elsewhere, stamp_of(elsewhere, "prompts/behind.md"))
    save_in_registry(repo, prompt("foreign", "This is foreign."))
    repo.commit("Change prompts")


def folder_of(repo: Repo, name: str) -> Path:
    """Return a folder of a repository, made where it was not there."""
    folder = repo.path / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder
