"""Programs that load prompts beside a vendor's SDK, each in a process of its own."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import promptsync
from promptsync.registries.base import Registry
from promptsync.remote_prompt import RemotePrompt
from tests.builders import prompt
from tests.registries.contract import STAMP

Run = Callable[..., Any]
Versions = tuple[RemotePrompt, RemotePrompt]


def configure(
    folder: Path, monkeypatch: pytest.MonkeyPatch, *, kind: str, project: str | None = None
) -> None:
    """Write a configuration with one registry, and let programs import promptsync from here."""
    lines = ["[registries.production]", f'kind = "{kind}"']
    lines += [f'project = "{project}"'] if project else []
    (folder / "promptsync.toml").write_text("\n".join([*lines, ""]))
    monkeypatch.setenv("PYTHONPATH", str(Path(promptsync.__file__).parents[1]))


def answer_of(result: subprocess.CompletedProcess[str]) -> Any:
    """Return what a program printed last, as JSON."""
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout.splitlines()[-1])


def save_versions(registry: Registry, *, newer: str, model: str | None = None) -> Versions:
    """Save two versions of a prompt: one in production, and a newer one at another alias."""
    old = registry.save_prompt(prompt(text="Greet {{name}}", model=model), STAMP)
    new = registry.save_prompt(prompt(text="Greet {{name}} warmly", model=model), STAMP)
    registry.set_alias("greeting", "production", old.version)
    registry.set_alias("greeting", newer, new.version)
    return old, new
