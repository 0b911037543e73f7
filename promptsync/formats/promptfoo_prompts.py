"""The prompts that a promptfoo configuration lists: text, chat messages, and files with either.

Source: https://www.promptfoo.dev/docs/configuration/prompts/. Programs are never run, and other
services never asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from promptsync.errors import PromptFileError
from promptsync.formats.conversion import Note, Source, listed, wrong
from promptsync.formats.documents import Document, read_json, read_yaml, without_secrets
from promptsync.formats.messages import to_message
from promptsync.formats.names import name_and_title, slug, stem
from promptsync.prompt import Message, Prompt

TEXT_SUFFIXES = (".txt", ".md", ".j2")
_DATA_SUFFIXES = (".json", ".yaml", ".yml")
_FILE = re.compile(
    r"file://(\S.*)|([^\s{}]+\.(?:txt|md|j2|json|ya?ml|jsonl|csv|[cm]?[jt]s|py|sh|rb))"
)
_ELSEWHERE = re.compile(r"(?:exec:|[a-z]+://)")


@dataclass(slots=True)
class Reading:
    """One configuration while it is read; `skipped` says what is not imported."""

    source: Source
    document: Document
    skipped: list[Note] = field(default_factory=list)


def listed_prompts(reading: Reading) -> Iterator[Prompt]:
    """Yield the prompts of a configuration by themselves; what is not imported is noted."""
    stated = reading.document.values.get("prompts")
    for index, entry in enumerate(stated if isinstance(stated, list) else [stated]):
        if entry is not None:
            yield from _entry(reading, entry, index)


def _entry(
    reading: Reading, entry: Any, index: int, *, is_listed: bool = False
) -> Iterator[Prompt]:
    """Read an entry of `prompts`; one that a file lists names no further lists."""
    members = entry if isinstance(entry, Mapping) else {"raw": entry}
    text = members.get("raw") or members.get("id")
    if not isinstance(text, str):
        problem = f"prompt {index + 1} must be text, or a mapping with `raw` or `id`"
        raise reading.document.wrong(problem, "prompts", index)
    found = _FILE.fullmatch(text)
    path = (found[1] or found[2]) if found else None
    if path is None and not _ELSEWHERE.match(text):
        yield _named(prompt_of_text("", text), members, "", reading.skipped)
    elif path is None or not path.lower().endswith((*TEXT_SUFFIXES, *_DATA_SUFFIXES)):
        said = f"`{text[:60]}` is made by a program or another service, and is not imported"
        reading.skipped.append(Note("content", said))
    elif "*" in path:
        said = f"`{text[:60]}` stands for several files; import those by themselves"
        reading.skipped.append(Note("content", said))
    else:
        yield from _from_file(reading, path, members, index, is_listed=is_listed)


def _from_file(
    reading: Reading, path: str, entry: Mapping[str, Any], index: int, *, is_listed: bool
) -> Iterator[Prompt]:
    try:
        content = reading.source.read_beside(path)
    except ValueError as error:
        raise reading.document.wrong(str(error), "prompts", index) from error
    if not is_listed and (entries := _list_of_prompts(content, path)):
        for each in entries:
            yield from _entry(reading, each, index, is_listed=True)
        return
    for text in texts_of_file(content, path):
        yield _named(prompt_of_text("", text, path), entry, path, reading.skipped)


def _list_of_prompts(text: str, path: str) -> list[Any]:
    """Return what a file lists as a configuration does, nothing for messages or a text."""
    if not path.lower().endswith((".yaml", ".yml")) or _chat(text, path):
        return []
    value = read_yaml(text, path)
    return value if isinstance(value, list) else []


def texts_of_file(text: str, path: str) -> list[str]:
    """Cut a text file where a line is `---`; other files hold one prompt."""
    if not path.lower().endswith(".txt"):
        return [text.removesuffix("\n")]
    parts = (each.strip() for each in re.split(r"^---$", text, flags=re.MULTILINE))
    found = [each for each in parts if each]
    if not found:
        raise wrong(path, "the file is empty")
    return found


def prompt_of_text(name: str, text: str, path: str = "") -> Prompt:
    """Return a chat prompt where a text is a list of messages, else a text prompt."""
    return Prompt(name=name, content=_chat(text, path) or text)


def _chat(text: str, path: str) -> tuple[Message, ...] | None:
    """Return the messages that a text stands for, None where a template makes them."""
    is_yaml = path.lower().endswith((".yaml", ".yml"))
    if not is_yaml and not text.lstrip().startswith("["):
        return None
    try:
        value = read_yaml(text, path) if is_yaml else read_json(text, path)
    except PromptFileError:
        return None
    messages = [to_message(each) for each in value] if isinstance(value, list) else []
    return tuple(each for each in messages if each) if messages and None not in messages else None


def _named(prompt: Prompt, entry: Mapping[str, Any], path: str, notes: list[Note]) -> Prompt:
    label, stated = entry.get("label"), entry.get("id")
    label = label if isinstance(label, str) else None
    config = entry.get("config")
    prompt = with_config(prompt, config if isinstance(config, Mapping) else {}, notes)
    if unknown := entry.keys() - {"id", "label", "raw", "config"}:
        said = f"of a prompt not imported: {listed(sorted(unknown))}"
        notes.append(Note("metadata", said))
    if isinstance(stated, str) and not _FILE.fullmatch(stated):
        name, title = name_and_title(stated, path)
        return replace(prompt, name=name or slug(stated), title=label if label != name else title)
    name = stem(path) or slug(label or "")
    return replace(prompt, name=name, title=label if label != name else None)


def with_config(prompt: Prompt, config: Mapping[str, Any], notes: list[Note]) -> Prompt:
    """Add what a `config` says; of tools and formats only what has their shape."""
    rest = without_secrets(config, notes, "params")
    tools, response_format = rest.pop("tools", None), rest.pop("response_format", None)
    return replace(
        prompt,
        tools=tools if isinstance(tools, list) else prompt.tools,
        response_format=response_format
        if isinstance(response_format, dict)
        else prompt.response_format,
        params={**prompt.params, **rest},
    )
