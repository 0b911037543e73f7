"""A prompt as a program gives it: a whole Prompt, or a name with a text or messages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import chain
from typing import Any, TypeAlias

from promptsync import prompt_schema
from promptsync.catalog import Catalog
from promptsync.composition import CompositionError, expand
from promptsync.content_hash import content_hash
from promptsync.errors import PromptFileError, UsageError
from promptsync.prompt import NAMING_KEYS, JsonObject, Message, Prompt, Template
from promptsync.prompt_file import format_prompt
from promptsync.prompt_name import MAX_NAME, NAME, unsafe_reason
from promptsync.rendering import compile_prompt
from promptsync.status import LocalPrompt

Content: TypeAlias = str | Iterable[Message | JsonObject]
"""The text of a text prompt, or the messages of a chat prompt."""


def to_prompt(
    prompt: Prompt | str,
    content: Content | None,
    *,
    model: str | None,
    params: JsonObject | None,
) -> Prompt:
    """Return a whole prompt, checked as a prompt file would be. Raises UsageError."""
    if isinstance(prompt, Prompt):
        if content is not None or model is not None or params is not None:
            raise UsageError(
                "a `Prompt` says everything itself",
                hint="`dataclasses.replace` makes one with other content, model or params",
            )
        values = _values_of(prompt)
        name = prompt.name
    else:
        name = prompt
        values = _content_values(name, content) | {"model": model, "params": params}
    _check(name, values)
    made = prompt_schema.read_whole(values, name=name)
    _check_file(made)
    return made


def _values_of(prompt: Prompt) -> dict[str, Any]:
    template: object = prompt.template
    tags: object = prompt.tags
    if not isinstance(template, Template):
        hint = f"such as `{Template.JINJA2}`"
        raise _wrong(prompt.name, "cannot be registered: `template` must be a `Template`", hint)
    try:
        values = prompt_schema.whole_values(prompt)
    except (AttributeError, TypeError, ValueError) as error:
        raise _wrong(prompt.name, f"is no prompt: {error}") from error
    # A text would be taken for the list of its letters.
    return values | {"tags": tags} if isinstance(tags, str) else values


def _content_values(name: object, content: Content | None) -> dict[str, Any]:
    if isinstance(content, str):
        return {"text": content}
    if (
        content is None
        or isinstance(content, (bytes, Mapping))
        or not isinstance(content, Iterable)
    ):
        raise _wrong(name, "needs a text, or a list of messages", _EXAMPLE)
    return {"messages": [_message_values(each) for each in content]}


_EXAMPLE = 'such as `register("greeting", "Greet {{name}}.")`'


def _message_values(message: object) -> object:
    if isinstance(message, Message):
        return prompt_schema.content_values((message,))["messages"][0]
    return dict(message) if isinstance(message, Mapping) else message


def _check(name: object, values: Mapping[str, Any]) -> None:
    if not isinstance(name, str) or not NAME.fullmatch(name):
        rule = f"a name is 1 to {MAX_NAME} letters, digits, `_`, `.` and `-`"
        raise UsageError(f"{str(name)[:40]!r} is no name of a prompt", hint=rule)
    # Roles are looked at where all else is right.
    if wrong := next(chain(prompt_schema.check(values), prompt_schema.check_roles(values)), None):
        raise _wrong(name, f"cannot be registered: {wrong.message}", wrong.hint)
    try:
        unsayable = _unsayable(values)
    except RecursionError as error:
        raise _wrong(name, "holds a value that is nested without end, or nearly so") from error
    if unsayable:
        raise _wrong(name, f"holds a value that JSON cannot: {unsayable}")
    if values.get("partial"):
        raise _wrong(name, "is a partial, and those are never uploaded by themselves")


def _check_file(prompt: Prompt) -> None:
    """Refuse what could not be downloaded into a prompt file, in that file's words."""
    try:
        format_prompt(prompt)
    except PromptFileError as error:
        problem = error.problems[0]
        what = f"cannot be registered: {problem.message}"
        raise _wrong(prompt.name, what, problem.hint) from error


def _unsayable(value: object) -> str | None:
    """Say what neither a registry nor a prompt file can hold, None where there is nothing."""
    if isinstance(value, str):
        if "\0" in value:
            return "the character NUL"
        is_whole = value.isascii() or not any("\ud800" <= each <= "\udfff" for each in value)
        return None if is_whole else "half a character, which is no text that UTF-8 can hold"
    if isinstance(value, Mapping):
        if other := next((each for each in value if not isinstance(each, str)), None):
            return f"the key {other!r}, which is no text"
        return next(filter(None, map(_unsayable, (*value, *value.values()))), None)
    if isinstance(value, (list, tuple)):
        return next(filter(None, map(_unsayable, value)), None)
    is_json = value is None or isinstance(value, (bool, int, float))
    return None if is_json else f"a value of type `{type(value).__name__}`"


def _wrong(name: object, what: str, hint: str | None = None) -> UsageError:
    return UsageError(f"`{name}` {what}", hint=hint)


def to_local(prompt: Prompt, catalog: Catalog) -> LocalPrompt:
    """Return a prompt as the comparison needs it, its includes expanded from prompt files.

    It is served under the name that its prompt file gives it, where there is one. It has no path.
    Raises UsageError, and RenderError for a template that no application could fill in.
    """
    files = catalog.files
    named = _served_as(prompt, files.get(prompt.name), catalog.kind)
    try:
        expanded = expand(named, {name: each.prompt for name, each in files.items()})
        digest = content_hash(expanded, catalog.kind)
    except CompositionError as error:
        raise _wrong(prompt.name, f"cannot be registered: {error.message}", error.hint) from error
    except (TypeError, ValueError) as error:
        what = f"holds a value that JSON cannot: {error}"
        raise _wrong(prompt.name, what) from error
    _check_name(prompt.name, catalog)
    compile_prompt(expanded, where=prompt.name)
    if expanded.content != prompt.content:
        _check_file(expanded)
    return LocalPrompt(
        prompt=named, expanded=expanded, content_hash=digest, path="", file_sha256=""
    )


def _check_name(name: str, catalog: Catalog) -> None:
    """Refuse a name under which no file could be written, unless a file states it already."""
    if name in catalog.files:
        return
    if (reason := unsafe_reason(name)) is not None:
        raise _wrong(name, f"cannot become a prompt file: {reason}", "choose another name")
    served = (*catalog.files, *catalog.name_by_served_name)
    if name not in served and (other := _same_but_for_case(name, served)) is not None:
        what = f"cannot be registered: there is a prompt file of `{other}`"
        raise _wrong(name, what, "case makes no difference: choose another name")


def _same_but_for_case(name: str, names: Iterable[str]) -> str | None:
    return next((each for each in names if each.lower() == name.lower()), None)


def _served_as(prompt: Prompt, file: LocalPrompt | None, kind: str | None) -> Prompt:
    if file is None or kind is None or prompt.served_name(kind) != prompt.name:
        return prompt
    stated = file.header.registry_options.get(kind, {})
    naming = {key: stated[key] for key in stated if key in NAMING_KEYS}
    if not naming:
        return prompt
    options = {**prompt.registry_options.get(kind, {}), **naming}
    return replace(prompt, registry_options={**prompt.registry_options, kind: options})
