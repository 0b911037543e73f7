"""The reference of the Python interface, made from signatures and docstrings."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from importlib import import_module
from types import FunctionType
from typing import Any

import promptsync
from promptsync import errors, lineage, stamp_check

# A signature that is longer gets a line for each parameter.
WIDTH = 88
# What has a name in the code that is not public is spelled out.
SPELLED_OUT = {
    "Attributes": "dict[str, str | bool]",
    "Content": "str | Iterable[Message | Mapping[str, Any]]",
    "JsonObject": "Mapping[str, Any]",
    "Prompts": "LoadedPrompt | Iterable[LoadedPrompt] | None",
    "Verify": str(stamp_check.Verify).removeprefix("typing."),
}


def python_parts() -> dict[str, str]:
    """Return the description of each public name, by its name, and of all errors as `errors`."""
    names = [name for name in promptsync.__all__ if not name.endswith("Error")]
    names.remove("lineage")  # a package: its modules have parts of their own
    return {
        **{name: described(name, getattr(promptsync, name)) for name in names},
        **{f"lineage.{tool}": lineage_part(f"lineage.{tool}") for tool in lineage.__all__},
        "errors": error_part(),
    }


def empty_part(name: str) -> str:
    """Return the place of a name that the page does not have yet."""
    return f"\n### {name}\n\n<!-- made from the code: {name} -->\n<!-- end -->\n"


def described(name: str, value: object) -> str:
    """Return the signature, the docstring and what a class has, as Markdown."""
    whole = f"promptsync.{name}"
    if inspect.isfunction(value):
        return _part(_declared(whole, value), _text(value))
    if isinstance(value, type) and issubclass(value, Enum):
        members = [f"{each.name} = {each.value!r}" for each in value]
        return _part(_listing(whole, members), _text(value))
    if is_dataclass(value):
        attributes = [
            f"{each.name}: {_spelled_out(str(each.type))}"
            for each in fields(value)
            if _is_public(each.name)
        ]
        return _part(_listing(whole, attributes), _text(value), _members(value))
    if isinstance(value, type):
        return _part(_call(whole, value), _text(value), _members(value))
    module = import_module(_module_of(name))
    return _part(f"{whole}: {module.__annotations__[name]}", _text(module))


def lineage_part(module: str) -> str:
    """Return the functions of the module that tells one tool which prompts were used."""
    functions = vars(import_module(f"promptsync.{module}")).items()
    return "".join(
        described(f"{module}.{name}", function).rstrip("\n") + "\n\n"
        for name, function in functions
        if inspect.isfunction(function)
        and _is_public(name)
        and function.__module__ == f"promptsync.{module}"
    )


def error_part() -> str:
    """Return every error with its docstring, in the order of the tree."""
    rows = [
        (f"`{each.__name__}`", f"`{each.__bases__[0].__name__}`", _text(each).replace("\n\n", " "))
        for each in vars(errors).values()
        if isinstance(each, type) and each.__name__ in promptsync.__all__
    ]
    body = "".join(f"| {' | '.join(map(_cell, row))} |\n" for row in rows)
    return f"\n| Error | Is a | |\n| --- | --- | --- |\n{body}\n"


def _part(code: str, text: str, table: str = "") -> str:
    return f"\n```text\n{code}\n```\n\n{text}\n\n{table}"


def _listing(head: str, rows: list[str]) -> str:
    return "\n".join([head, *(f"    {each}" for each in rows)])


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _module_of(name: str) -> str:
    modules: Mapping[str, str] = vars(promptsync)["_MODULE_BY_NAME"]
    return f"promptsync.{modules[name]}"


def _members(value: Any) -> str:
    """Return the properties and methods of a class as a table, as they are declared."""
    rows = [
        (_member(name, getattr(value, name)), " ".join(_text(member).split()))
        for name, member in vars(value).items()
        if _is_public(name) and isinstance(member, property | classmethod | FunctionType)
    ]
    body = "".join(f"| `{_cell(member)}` | {_cell(text)} |\n" for member, text in rows)
    return f"| Member | |\n| --- | --- |\n{body}\n" if rows else ""


def _is_public(name: str) -> bool:
    return not name.startswith("_")


def _member(name: str, member: Any) -> str:
    if isinstance(member, property):
        assert member.fget is not None
        return f"{name}: {_spelled_out(member.fget.__annotations__['return'])}"
    return _declared(name, member, None)


@dataclass(frozen=True)
class _Written:
    """Code as it is written: inspect would put an annotation in quotes."""

    text: str

    def __repr__(self) -> str:
        return self.text


def _declared(name: str, function: Callable[..., object], width: int | None = WIDTH) -> str:
    return ("async " if inspect.iscoroutinefunction(function) else "") + _call(
        name, function, width
    )


def _call(name: str, function: Callable[..., object], width: int | None = WIDTH) -> str:
    """Write a signature, one parameter to a line where it is wider than that."""
    signature = inspect.signature(function)
    parameters = [
        _as_written(each) for each in signature.parameters.values() if each.name != "self"
    ]
    returns = (
        ""
        if isinstance(function, type)
        else f" -> {_spelled_out(str(signature.return_annotation))}"
    )
    arguments = str(signature.replace(parameters=parameters, return_annotation=signature.empty))
    line = f"{name}{arguments}{returns}"
    if width is None or len(line) <= width:
        return line
    rows = "".join(f"    {each},\n" for each in _split(arguments[1:-1]))
    return f"{name}(\n{rows}){returns}"


def _as_written(parameter: inspect.Parameter) -> inspect.Parameter:
    """Return a parameter as its module declares it, with its choices where those have a name."""
    if inspect.isfunction(default := parameter.default) or inspect.isbuiltin(default):
        parameter = parameter.replace(default=_Written(f"{default.__module__}.{default.__name__}"))
    if parameter.annotation is parameter.empty:
        return parameter
    return parameter.replace(annotation=_Written(_spelled_out(str(parameter.annotation))))


def _spelled_out(annotation: str) -> str:
    return re.sub(r"\w+", lambda word: SPELLED_OUT.get(word[0], word[0]), annotation)


def _split(arguments: str) -> list[str]:
    """Split at the commas that stand in no brackets."""
    depth, parts = 0, [""]
    for character in arguments:
        depth += (character in "[({") - (character in "])}")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return [each.strip() for each in parts]


def _text(value: object) -> str:
    """Return a docstring with each paragraph on one line."""
    text = inspect.getdoc(value)
    assert text, f"{value} has no docstring"
    return "\n\n".join(" ".join(each.split()) for each in text.split("\n\n"))
