"""The keys of front matter: which there are, what they hold, and what they mean for a Prompt."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import NoneType
from typing import Any, NamedTuple

from promptsync.prompt import (
    NAMING_KEYS,
    ROLES,
    VENDOR_ROLES,
    Message,
    Prompt,
    Template,
    is_same,
)

REGISTRY_KINDS = ("local", "braintrust", "mlflow", "opik")
MAX_SHOWN = 60
# Where content is stated; at most one of them, but see `check`.
CONTENT_KEYS = ("role", "messages", "text")


class SchemaError(NamedTuple):
    """One wrong value; `key` is the path to it within the front matter."""

    key: tuple[str | int, ...]
    message: str
    hint: str | None = None


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_mapping(value: object) -> bool:
    return isinstance(value, dict)


def _is_list(value: object) -> bool:
    return isinstance(value, list)


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _is_messages(value: object) -> bool:
    return isinstance(value, list) and all(_is_message(each) for each in value)


def _is_message(value: object) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("role"), str)
        and isinstance(value.get("content"), (str, list, NoneType))
    )


# key -> (is it right, what it holds)
_KEYS: dict[str, tuple[Callable[[object], bool], str]] = {
    "name": (_is_text, "text"),
    "title": (_is_text, "text"),
    "description": (_is_text, "text"),
    "role": (lambda value: value in ROLES, "one of " + ", ".join(ROLES)),
    "model": (_is_text, "text"),
    "params": (_is_mapping, "a mapping"),
    "tools": (lambda value: _is_list(value) or _is_text(value), "a list of tools"),
    "response_format": (_is_mapping, "a mapping"),
    "template": (
        lambda value: value in [each.value for each in Template],
        "one of " + ", ".join(each.value for each in Template),
    ),
    "tags": (_is_texts, "a list of texts"),
    "metadata": (_is_mapping, "a mapping"),
    "partial": (lambda value: isinstance(value, bool), "true or false"),
    "inputs": (_is_mapping, "a mapping of variables"),
    "messages": (_is_messages, "a list of messages with `role` and `content`"),
    "text": (_is_text, "text"),
    **dict.fromkeys(REGISTRY_KINDS, (_is_mapping, "a mapping")),
}

KEYS = tuple(_KEYS)


def check(values: Mapping[str, Any], *, text_is_body: bool = False) -> Iterator[SchemaError]:
    """Yield everything that is wrong with front matter. A null value is an absent key.

    Where `text` stands for a body, as in a catalog file, `role` may go with it.
    """
    for key, value in values.items():
        if key not in _KEYS:
            yield _unknown(key)
            continue
        is_right, expected = _KEYS[key]
        if value is not None and not is_right(value):
            yield SchemaError((key,), f"`{key}` must be {expected}", _quotes_hint(value, expected))
        elif key in REGISTRY_KINDS and value:
            yield from _check_names(key, value)
    stated = [key for key in CONTENT_KEYS if values.get(key) is not None]
    if len(stated) > 1 and not (text_is_body and stated == ["role", "text"]):
        yield SchemaError((stated[1],), f"`{stated[0]}` and `{stated[1]}` exclude each other")


def check_roles(values: Mapping[str, Any]) -> Iterator[SchemaError]:
    """Yield the roles below `messages` that no model vendor knows; values are checked already.

    Not a part of `check`: a registry may hold any role, and files and bundles have to hold that.
    """
    for index, each in enumerate(values.get("messages") or ()):
        if (role := each["role"]) not in VENDOR_ROLES:
            message = f"`role` must be one of {', '.join(VENDOR_ROLES)}"
            near = _nearest(role.lower(), VENDOR_ROLES)
            yield SchemaError(
                ("messages", index, "role"), message, f"did you mean `{near}`?" if near else None
            )


def _check_names(kind: str, options: Mapping[str, Any]) -> Iterator[SchemaError]:
    for key in sorted(NAMING_KEYS & options.keys()):
        if not isinstance(options[key], (str, NoneType)):
            yield SchemaError((kind, key), f"`{key}` must be text", "put it in quotes")


def _quotes_hint(value: object, expected: str) -> str | None:
    """Explain what surprises in YAML: `5`, `yes` and the last of `[a, on]` are not text."""
    items = value if isinstance(value, list) else [value]
    is_surprise = any(isinstance(each, (bool, int, float)) for each in items)
    return "put it in quotes" if "text" in expected and is_surprise else None


def _unknown(key: str) -> SchemaError:
    shown = key if len(key) <= MAX_SHOWN else f"{key[:MAX_SHOWN]}…"
    near = _nearest(key, _KEYS)
    hint = f"did you mean `{near}`? " if near else ""
    return SchemaError(
        (key,), f"unknown key `{shown}`", f"{hint}anything else goes below `metadata:`"
    )


def _nearest(word: str, words: Iterable[str]) -> str | None:
    import difflib  # only for those who misspell

    return next(iter(difflib.get_close_matches(word, list(words), n=1)), None)


def to_content(value: str | list[dict[str, Any]]) -> str | tuple[Message, ...]:
    """Build content from the values of `text:` or `messages:`."""
    if isinstance(value, str):
        return value
    return tuple(
        Message(
            each["role"],
            "" if each.get("content") is None else each["content"],
            {key: member for key, member in each.items() if key not in ("role", "content")},
        )
        for each in value
    )


def to_prompt(
    values: Mapping[str, Any], *, name: str, content: str | tuple[Message, ...]
) -> Prompt:
    """Build a Prompt from checked front matter and the content of its file."""
    return Prompt(
        name=values.get("name") or name,
        content=content,
        title=values.get("title") or None,
        description=values.get("description") or None,
        model=values.get("model") or None,
        params=values.get("params") or {},
        tools=values.get("tools") or None,
        response_format=values.get("response_format") or None,
        template=Template(template) if (template := values.get("template")) else Template.MUSTACHE,
        tags=tuple(values.get("tags") or ()),
        metadata=values.get("metadata") or {},
        partial=bool(values.get("partial")),
        inputs=values.get("inputs") or {},
        registry_options={kind: values[kind] for kind in REGISTRY_KINDS if values.get(kind)},
    )


def read_whole(values: Mapping[str, Any], *, name: str) -> Prompt:
    """Build a Prompt from values that state its content too, as `whole_values` has them.

    Raises ValueError for what `check` finds wrong, and KeyError where there is no content.
    """
    if problem := next(check(values), None):
        raise ValueError(problem.message)
    content = values["text"] if "text" in values else values["messages"]
    return to_prompt(values, name=name, content=to_content(content))


def to_values(prompt: Prompt) -> dict[str, Any]:
    """Return the front matter that states a prompt but for its content, in a readable order."""
    values: dict[str, Any] = {
        "name": prompt.name,
        "title": prompt.title,
        "description": prompt.description,
        "model": prompt.model,
        "params": dict(prompt.params),
        "tools": prompt.tools,
        "response_format": dict(prompt.response_format or {}),
        "template": None if prompt.template is Template.MUSTACHE else prompt.template.value,
        "tags": list(prompt.tags),
        "metadata": dict(prompt.metadata),
        "partial": prompt.partial or None,
        "inputs": dict(prompt.inputs),
        **{kind: dict(options) for kind, options in prompt.registry_options.items()},
    }
    return {key: value for key, value in values.items() if value not in (None, {}, [], "")}


def changed_values(
    stated: Mapping[str, Any], old: Prompt, new: Prompt, given_name: str
) -> dict[str, Any]:
    """Change what is stated where the prompts differ, and nowhere else; content is left out.

    A default that somebody spelled out, such as `template: mustache`, stays.
    """
    before, after = to_values(old), to_values(new)
    wanted = dict(stated)
    for key in before | after:
        if is_same(before.get(key), after.get(key)):
            continue
        if key in after and not (key == "name" and new.name == given_name):
            wanted[key] = after[key]
        else:
            wanted.pop(key, None)
    return wanted


def whole_values(prompt: Prompt) -> dict[str, Any]:
    """Return all that states a prompt: its front matter, and `text` or `messages`."""
    return {**to_values(prompt), **content_values(prompt.content)}


def content_values(content: str | tuple[Message, ...]) -> dict[str, Any]:
    """Return content as the values of `text:` or `messages:`, which hold any."""
    if isinstance(content, str):
        return {"text": content}
    return {
        "messages": [{"role": each.role, "content": each.content, **each.extra} for each in content]
    }
