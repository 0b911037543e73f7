"""promptfoo: the prompts of a `promptfooconfig.yaml`, with the text and chat files it names.

Sources: https://www.promptfoo.dev/docs/configuration/prompts/ and
https://www.promptfoo.dev/docs/configuration/chat/. Templates are Nunjucks, which is Jinja2 in all
that prompts use. Programs are never run, and other services never asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from promptsync.formats.conversion import Imported, Note, Source, listed
from promptsync.formats.documents import (
    Document,
    read_any,
    read_yaml,
    require_mapping,
)
from promptsync.formats.examples import inputs_of_row
from promptsync.formats.names import stem
from promptsync.formats.promptfoo_prompts import (
    TEXT_SUFFIXES,
    Reading,
    listed_prompts,
    prompt_of_text,
    texts_of_file,
    with_config,
)
from promptsync.formats.variables import Language, from_language, variables_in
from promptsync.prompt import Prompt

_CONFIG_NAME = re.compile(
    r"promptfooconfig\b.*\.(?:ya?ml|json)|.+\.promptfoo\.ya?ml", re.IGNORECASE
)
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


def read(source: Source) -> tuple[Imported, ...]:
    """Read every prompt of a configuration, or of one text or chat file.

    Raises PromptFileError, also where none of the prompts can be read.
    """
    if source.path.lower().endswith(TEXT_SUFFIXES):
        texts = texts_of_file(source.text, source.path)
        return tuple(
            _numbered([_imported(prompt_of_text(stem(source.path), text)) for text in texts])
        )
    value = read_any(source.text, source.path)
    if isinstance(value, list):
        return (_imported(prompt_of_text(stem(source.path), source.text, source.path)),)
    document = require_mapping(value, source.path, source.text)
    reading = Reading(source, document)
    prompts = list(listed_prompts(reading))
    if not prompts:
        reasons = "; ".join(note.message for note in reading.skipped)
        raise document.wrong(reasons or "there are no `prompts`", "prompts")
    imported = [_complete(reading, prompt, alone=len(prompts) == 1) for prompt in prompts]
    first = replace(imported[0], notes=(*imported[0].notes, *_left_out(reading, imported)))
    return tuple(_numbered([first, *imported[1:]]))


def _imported(prompt: Prompt) -> Imported:
    prompt, notes = from_language(prompt, Language.NUNJUCKS)
    return Imported(prompt, tuple(notes))


def _complete(reading: Reading, own: Prompt, *, alone: bool) -> Imported:
    """Add what the configuration says of all its prompts."""
    document = reading.document
    model, config = _provider(document)
    prompt = with_config(replace(own, params={}), config, reading.skipped)
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


def _left_out(reading: Reading, imported: list[Imported]) -> Iterator[Note]:
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
