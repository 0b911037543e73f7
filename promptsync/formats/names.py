"""Names of prompts from the files and titles of other formats."""

from __future__ import annotations

import re

from promptsync.prompt_name import NAME

# Longest first: `.prompt.yml` ends in `.yml` as well.
_SUFFIXES = (
    *(".promptfoo.yaml", ".promptfoo.yml", ".prompt.yaml", ".prompt.yml", ".chat.json"),
    *(".prompty", ".prompt", ".json", ".yaml", ".yml", ".txt", ".md", ".j2"),
)


def name_and_title(stated: str | None, path: str) -> tuple[str, str | None]:
    """Return the name of a prompt, and its title where what the file calls a name is one.

    The name is empty when neither the file nor its path gives one.
    """
    if stated and NAME.fullmatch(stated):
        return stated, None
    return stem(path), stated


def stem_and_title(stated: str | None, path: str) -> tuple[str, str | None]:
    """Return name and title where what the file calls a name is what people read."""
    name = stem(path) or slug(stated or "")
    return name, stated if stated != name else None


def stem(path: str) -> str:
    """Return the name that the path of a file gives, empty for stdin."""
    last = path.replace("\\", "/").rpartition("/")[2]
    suffix = next((each for each in _SUFFIXES if last.lower().endswith(each)), "")
    return slug(last[: len(last) - len(suffix)])


def slug(text: str) -> str:
    """Return a text as a name: everything that a name cannot have becomes a hyphen."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", text).strip("-.")[:200]
