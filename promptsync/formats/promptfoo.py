"""promptfoo: the prompts of a `promptfooconfig.yaml`, with the text and chat files it names.

Sources: https://www.promptfoo.dev/docs/configuration/prompts/ and
https://www.promptfoo.dev/docs/configuration/chat/. Templates are Nunjucks, which is Jinja2 in all
that prompts use. Programs are never run, and other services never asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from promptsync.errors import PromptFileError
from promptsync.formats.conversion import Exported, Imported, Note, Source, listed, wrong
from promptsync.formats.documents import (
    Document,
    read_any,
    read_json,
    read_yaml,
    require_mapping,
    without_secrets,
    write_yaml,
)
from promptsync.formats.examples import declaration_losses, example_row, inputs_of_row
from promptsync.formats.messages import json_text, to_json, to_message
from promptsync.formats.names import name_and_title, slug, stem
from promptsync.formats.unheld import unheld
from promptsync.formats.variables import Language, from_language, to_language, variables_in
from promptsync.prompt import Message, Prompt

TITLE = "promptfoo"
SUFFIX = ".promptfoo.yaml"

_CONFIG_NAME = re.compile(
    r"promptfooconfig\b.*\.(?:ya?ml|json)|.+\.promptfoo\.ya?ml", re.IGNORECASE
)
_TEXT_SUFFIXES = (".txt", ".md", ".j2")
_DATA_SUFFIXES = (".json", ".yaml", ".yml")
_FILE = re.compile(
    r"file://(\S.*)|([^\s{}]+\.(?:txt|md|j2|json|ya?ml|jsonl|csv|[cm]?[jt]s|py|sh|rb))"
)
_ELSEWHERE = re.compile(r"(?:exec:|[a-z]+://)")
_KNOWN = frozenset({"description", "prompts", "providers", "targets", "tests", "defaultTest"})


def recognises(source: Source) -> bool:
    """Tell a configuration by its name, or by what it lists."""
    name = source.path.rpartition("/")[2]
    if _CONFIG_NAME.fullmatch(name):
        return True
    if not name.lower().endswith((".yaml", ".yml")):
        return False
    value = read_yaml(source.text, source.path)
    return isinstance(value, dict) and "prompts" in value


@dataclass(slots=True)
class _Reading:
    """One configuration while it is read; `skipped` says what is not imported."""

    source: Source
    document: Document
    skipped: list[Note] = field(default_factory=list)


def read(source: Source) -> tuple[Imported, ...]:
    """Read every prompt of a configuration, or of one text or chat file.

    Raises PromptFileError, also where none of the prompts can be read.
    """
    if source.path.lower().endswith(_TEXT_SUFFIXES):
        texts = _texts(source.text, source.path)
        return tuple(_numbered([_imported(_prompt(stem(source.path), text)) for text in texts]))
    value = read_any(source.text, source.path)
    if isinstance(value, list):
        return (_imported(_prompt(stem(source.path), source.text, source.path)),)
    document = require_mapping(value, source.path, source.text)
    reading = _Reading(source, document)
    prompts = list(_prompts(reading))
    if not prompts:
        reasons = "; ".join(note.message for note in reading.skipped)
        raise document.wrong(reasons or "there are no `prompts`", "prompts")
    imported = [_complete(reading, prompt, alone=len(prompts) == 1) for prompt in prompts]
    first = replace(imported[0], notes=(*imported[0].notes, *_left_out(reading, imported)))
    return tuple(_numbered([first, *imported[1:]]))


def _prompts(reading: _Reading) -> Iterator[Prompt]:
    stated = reading.document.values.get("prompts")
    for index, entry in enumerate(stated if isinstance(stated, list) else [stated]):
        if entry is not None:
            yield from _entry(reading, entry, index)


def _entry(
    reading: _Reading, entry: Any, index: int, *, is_listed: bool = False
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
        yield _named(_prompt("", text), members, "", reading.skipped)
    elif path is None or not path.lower().endswith((*_TEXT_SUFFIXES, *_DATA_SUFFIXES)):
        said = f"`{text[:60]}` is made by a program or another service, and is not imported"
        reading.skipped.append(Note("content", said))
    elif "*" in path:
        said = f"`{text[:60]}` stands for several files; import those by themselves"
        reading.skipped.append(Note("content", said))
    else:
        yield from _from_file(reading, path, members, index, is_listed=is_listed)


def _from_file(
    reading: _Reading, path: str, entry: Mapping[str, Any], index: int, *, is_listed: bool
) -> Iterator[Prompt]:
    try:
        content = reading.source.read_beside(path)
    except ValueError as error:
        raise reading.document.wrong(str(error), "prompts", index) from error
    if not is_listed and (entries := _list_of_prompts(content, path)):
        for each in entries:
            yield from _entry(reading, each, index, is_listed=True)
        return
    for text in _texts(content, path):
        yield _named(_prompt("", text, path), entry, path, reading.skipped)


def _list_of_prompts(text: str, path: str) -> list[Any]:
    """Return what a file lists as a configuration does, nothing for messages or a text."""
    if not path.lower().endswith((".yaml", ".yml")) or _chat(text, path):
        return []
    value = read_yaml(text, path)
    return value if isinstance(value, list) else []


def _texts(text: str, path: str) -> list[str]:
    """Cut a text file where a line is `---`; other files hold one prompt."""
    if not path.lower().endswith(".txt"):
        return [text.removesuffix("\n")]
    parts = (each.strip() for each in re.split(r"^---$", text, flags=re.MULTILINE))
    found = [each for each in parts if each]
    if not found:
        raise wrong(path, "the file is empty")
    return found


def _prompt(name: str, text: str, path: str = "") -> Prompt:
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
    prompt = _with_config(prompt, config if isinstance(config, Mapping) else {}, notes)
    if unknown := entry.keys() - {"id", "label", "raw", "config"}:
        said = f"of a prompt not imported: {listed(sorted(unknown))}"
        notes.append(Note("metadata", said))
    if isinstance(stated, str) and not _FILE.fullmatch(stated):
        name, title = name_and_title(stated, path)
        return replace(prompt, name=name or slug(stated), title=label if label != name else title)
    name = stem(path) or slug(label or "")
    return replace(prompt, name=name, title=label if label != name else None)


def _with_config(prompt: Prompt, config: Mapping[str, Any], notes: list[Note]) -> Prompt:
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


def _imported(prompt: Prompt) -> Imported:
    prompt, notes = from_language(prompt, Language.NUNJUCKS)
    return Imported(prompt, tuple(notes))


def _complete(reading: _Reading, own: Prompt, *, alone: bool) -> Imported:
    """Add what the configuration says of all its prompts."""
    document = reading.document
    model, config = _provider(document)
    prompt = _with_config(replace(own, params={}), config, reading.skipped)
    prompt = replace(
        prompt,
        model=model,
        tools=own.tools or prompt.tools,
        response_format=own.response_format or prompt.response_format,
        params={**prompt.params, **own.params},
        description=document.get_text("description") if alone else None,
    )
    inputs = inputs_of_row(_example_row(document), variables_in(prompt))
    return _imported(replace(prompt, inputs=inputs))


def _providers(document: Document) -> list[Any]:
    value = document.values.get("providers", document.values.get("targets"))
    return value if isinstance(value, list) else [] if value is None else [value]


def _provider(document: Document) -> tuple[str | None, Mapping[str, Any]]:
    """Return the model and its configuration, where there is one and only one."""
    providers = _providers(document)
    if len(providers) != 1:
        return None, {}
    (provider,) = providers
    if isinstance(provider, str):
        return provider, {}
    members = provider if isinstance(provider, Mapping) else {}
    name, config = members.get("id"), members.get("config")
    return (
        name if isinstance(name, str) else None,
        config if isinstance(config, Mapping) else {},
    )


def _example_row(document: Document) -> dict[str, Any]:
    tests = document.values.get("tests")
    first = tests[0] if isinstance(tests, list) and tests else {}
    values: dict[str, Any] = {}
    for each in (document.values.get("defaultTest"), first):
        found = each.get("vars") if isinstance(each, Mapping) else None
        values |= found if isinstance(found, Mapping) else {}
    return values


def _left_out(reading: _Reading, imported: list[Imported]) -> Iterator[Note]:
    yield from dict.fromkeys(reading.skipped)
    document = reading.document
    rest = [key for key in document.values if key not in _KNOWN]
    used = {name for each in imported for name in each.prompt.inputs}
    row = {"vars": {name: _example_row(document).get(name) for name in used}}
    if document.values.get("tests") not in (None, [], [row]):
        rest.append("tests")
    if document.values.get("defaultTest"):
        rest.append("defaultTest")
    if len(imported) > 1 and document.values.get("description"):
        rest.append("description")
    providers = [each for each in _providers(document) if isinstance(each, Mapping)]
    rest += [f"providers.{key}" for each in providers for key in each.keys() - {"id", "config"}]
    if rest:
        yield Note("metadata", f"not imported, because it is about the evaluation: {listed(rest)}")
    if len(_providers(document)) > 1:
        said = "there are several `providers`, and a prompt has one model; it is left open"
        yield Note("model", said)


def _numbered(imported: list[Imported]) -> Iterator[Imported]:
    """Yield the prompts with a number where several have one name."""
    seen: dict[str, int] = {}
    for each in imported:
        name = each.prompt.name or "prompt"
        seen[name] = seen.get(name, 0) + 1
        name = name if seen[name] == 1 else f"{name}-{seen[name]}"
        yield replace(each, prompt=replace(each.prompt, name=name))


def write(prompt: Prompt) -> Exported:
    """Write a prompt as a configuration of its own."""
    changed, notes = to_language(prompt, Language.NUNJUCKS)
    content = changed.content
    config = {
        **prompt.params,
        "tools": prompt.tools,
        "response_format": prompt.response_format,
    }
    config = {key: value for key, value in config.items() if value not in (None, {}, [])}
    entry: dict[str, Any] = {
        "id": prompt.name,
        "label": prompt.title or prompt.name,
        "raw": content if isinstance(content, str) else json_text(to_json(content)),
    }
    row = example_row(prompt)
    values: dict[str, Any] = {
        "description": prompt.description,
        "prompts": [entry | ({"config": config} if config else {})],
        "providers": [prompt.model] if prompt.model else None,
        "tests": [{"vars": row}] if row else None,
    }
    values = {key: value for key, value in values.items() if value is not None}
    notes += [*_losses(prompt), *unheld(prompt, TITLE, ("tags", "metadata"))]
    return Exported(write_yaml(values, prompt.name), f"{prompt.name}{SUFFIX}", tuple(notes))


def _losses(prompt: Prompt) -> Iterator[Note]:
    yield from declaration_losses(prompt)
    if prompt.model and ":" not in prompt.model:
        said = f"promptfoo calls models `provider:model`; put the provider before `{prompt.model}`"
        yield Note("model", said, is_lost=False)
