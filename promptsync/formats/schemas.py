"""The variables of a prompt as other formats declare them, and JSON Schema from Picoschema.

`inputs` here maps a variable to what is said of it: `type`, `description`, `example`, and
`required: true` for one that must be given.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_SCALARS = frozenset({"string", "boolean", "null", "number", "integer", "any"})


class SchemaError(Exception):
    """A schema that means something only to the tool it was written for."""


def from_picoschema(value: Any) -> dict[str, Any]:
    """Return the JSON Schema that a Picoschema stands for; a JSON Schema stays as it is.

    The notation is https://google.github.io/dotprompt/reference/picoschema/. Raises SchemaError
    for the name of a schema that is defined elsewhere.
    """
    if isinstance(value, str):
        return _scalar(value)
    if not isinstance(value, Mapping):
        raise SchemaError(f"`{value}` is no schema")
    if value.get("type") in (*_SCALARS, "object", "array"):
        return dict(value)
    if isinstance(value.get("properties"), Mapping):
        return {"type": "object", **value}
    return _object(value)


def _scalar(text: str) -> dict[str, Any]:
    kind, _, description = (part.strip() for part in text.partition(","))
    if kind not in _SCALARS:
        raise SchemaError(f"`{kind}` is a schema that is defined elsewhere")
    schema = {} if kind == "any" else {"type": kind}
    return schema | ({"description": description} if description else {})


def _object(value: Mapping[str, Any]) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    required: list[str] = []
    additional: Any = False
    for key, member in value.items():
        if key == "(*)":
            additional = _member(member)
            continue
        name, _, about = key.partition("(")
        is_optional = name.endswith("?")
        name = name.removesuffix("?")
        schema = _with_kind(about.removesuffix(")"), member)
        properties[name] = _nullable(schema) if is_optional else schema
        required += [] if is_optional else [name]
    schema = {"type": "object", "properties": properties, "additionalProperties": additional}
    return schema | ({"required": required} if required else {})


def _member(value: Any) -> dict[str, Any]:
    return _object(value) if isinstance(value, Mapping) else _scalar(str(value))


def _with_kind(about: str, value: Any) -> dict[str, Any]:
    kind, _, description = (part.strip() for part in about.partition(","))
    if kind == "array":
        schema = {"type": "array", "items": _member(value)}
    elif kind == "enum" and isinstance(value, list):
        schema = {"enum": list(value)}
    elif kind in ("", "object"):
        schema = _member(value)
    else:
        raise SchemaError(f"`({kind})` is no kind of Picoschema")
    return schema | ({"description": description} if description else {})


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    if isinstance(schema.get("type"), str):
        return {**schema, "type": [schema["type"], "null"]}
    if "enum" in schema and None not in schema["enum"]:
        return {**schema, "enum": [*schema["enum"], None]}
    return schema


def inputs_of_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the variables that the JSON Schema of an object declares."""
    properties = schema.get("properties")
    required = schema.get("required") or []
    if not isinstance(properties, Mapping):
        return {}
    return {
        name: _declared(each if isinstance(each, Mapping) else {}, is_required=name in required)
        for name, each in properties.items()
    }


def _declared(schema: Mapping[str, Any], *, is_required: bool) -> dict[str, Any]:
    kind = schema.get("type")
    if isinstance(kind, list) and len(kind) == 2 and kind[1] == "null":  # noqa: PLR2004  T or null
        schema = {**schema, "type": kind[0]}
    return {**schema, "required": True} if is_required else {**schema}


def schema_of_inputs(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON Schema of an object with these variables."""
    properties, required = {}, []
    for name, declared in _declarations(inputs):
        properties[name] = {key: value for key, value in declared.items() if key != "required"}
        if declared.get("required") is True:
            required.append(name)
    schema: dict[str, Any] = {"type": "object", "properties": properties}
    return schema | ({"required": required} if required else {})


def _declarations(inputs: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, declared in inputs.items():
        yield name, declared if isinstance(declared, Mapping) else {"default": declared}
