"""What promptsync writes into a repository: the hook, the action and the workflows."""

from __future__ import annotations

from importlib.resources import files


def read(name: str) -> str:
    """Return the text of a template."""
    return (files(__name__) / name).read_text(encoding="utf-8")
