"""Prompty's properties, options and tools: what they are called here, and the way back.

Sections 2.6, 2.7, 2.9 and 7.1 of https://github.com/microsoft/prompty/blob/main/spec/spec.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from promptsync.formats.conversion import Note, listed
from promptsync.formats.documents import Document
from promptsync.prompt import JsonObject, Prompt, is_same

_OPTIONS = {
    "max_tokens": "maxOutputTokens",
    "temperature": "temperature",
    "top_p": "topP",
    "top_k": "topK",
    "frequency_penalty": "frequencyPenalty",
    "presence_penalty": "presencePenalty",
    "seed": "seed",
    "stop": "stopSequences",
    "parallel_tool_calls": "allowMultipleToolCalls",
}
_PARAM_OF = {theirs: ours for ours, theirs in _OPTIONS.items()}
_KINDS = {"number": "float"}
_TYPES = {"float": "number"}
# What a property calls `kind`, `example` and `enumValues`, here and in version 1.
_OURS = {"kind": "type", "sample": "example", "enumValues": "enum"}
_THEIRS = {"type": "kind", "enum": "enumValues"}
_FUNCTION = frozenset({"name", "description", "parameters", "strict"})


def read_options(
    options: Mapping[str, Any], notes: list[Note]
) -> tuple[dict[str, Any], list[Any] | None, JsonObject | None]:
    """Return parameters, tools and response format from the options of a model."""
    more = options.get("additionalProperties")
    flat = {_PARAM_OF.get(key, key): each for key, each in options.items()}
    if isinstance(more, Mapping):
        flat.pop("additionalProperties")
        flat = dict(more) | flat
    tools, response_format = flat.pop("tools", None), flat.pop("response_format", None)
    secret = [key for key, each in flat.items() if isinstance(each, str) and "${env:" in each]
    if secret:
        said = f"not imported, because it comes from the environment: {listed(secret)}"
        notes.append(Note("params", said))
    return (
        {key: each for key, each in flat.items() if key not in secret},
        tools if isinstance(tools, list) else None,
        response_format if isinstance(response_format, dict) else None,
    )


def write_options(prompt: Prompt) -> tuple[dict[str, Any], list[Any]]:
    """Return the options of a model, and the tools that Prompty can say itself."""
    options: dict[str, Any] = {
        _OPTIONS[key]: value
        for key, value in prompt.params.items()
        if key in _OPTIONS and (key != "stop" or isinstance(value, list))
    }
    written = {_PARAM_OF[key] for key in options}
    more = {key: value for key, value in prompt.params.items() if key not in written}
    if prompt.response_format:
        more["response_format"] = prompt.response_format
    tools = prompt.tools if isinstance(prompt.tools, list) else []
    own = [_write_tool(each) for each in tools]
    if None in own:
        more["tools"] = tools
        own = []
    return options | ({"additionalProperties": more} if more else {}), own


def read_inputs(document: Document) -> dict[str, Any]:
    """Return the variables that a file declares, with the examples of a version 1 `sample`."""
    inputs = dict(_read_properties(_properties(document, "inputs")))
    for name, value in document.get_mapping("sample").items():
        inputs[name] = {**inputs.get(name, {}), "example": value}
    return inputs


def _properties(document: Document, key: str) -> Any:
    value = document.values.get(key)
    if isinstance(value, Mapping | list | None):
        return value
    raise document.wrong(f"`{key}` must be a list or a mapping of properties", key)


def _read_properties(value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(value, Mapping):
        pairs: list[tuple[str, Any]] = list(value.items())
    else:
        named = [each for each in value or () if isinstance(each, Mapping)]
        pairs = [
            (str(each.get("name")), {key: each[key] for key in each if key != "name"})
            for each in named
        ]
    for name, declared in pairs:
        if isinstance(declared, Mapping):
            yield name, _read_property(declared)
        else:
            yield name, {"default": declared}


def _read_property(declared: Mapping[str, Any]) -> dict[str, Any]:
    """Return a property as JSON Schema has it, with those inside of it."""
    schema = {_OURS.get(str(key), str(key)): _type(key, each) for key, each in declared.items()}
    if isinstance(items := schema.get("items"), Mapping):
        schema["items"] = _read_property(items)
    if isinstance(inner := schema.get("properties"), list | Mapping):
        schema["properties"] = dict(_read_properties(inner))
    return schema


def _type(key: str, value: Any) -> Any:
    is_kind = key in ("kind", "type") and isinstance(value, str)
    return _TYPES.get(value, value) if is_kind else value


def write_inputs(inputs: JsonObject) -> list[dict[str, Any]]:
    """Return variables as a list of properties."""
    properties = []
    for name, declared in inputs.items():
        members = declared if isinstance(declared, Mapping) else {"default": declared}
        written = {_THEIRS.get(key, key): _kind(key, value) for key, value in members.items()}
        properties.append({"name": name, **written})
    return properties


def _kind(key: str, value: Any) -> Any:
    return _KINDS.get(value, value) if key == "type" and isinstance(value, str) else value


def structured_output(document: Document, key: str) -> JsonObject | None:
    """Return the response format that a runtime makes of `outputs`, as section 7.1.6 says."""
    schema = _schema(_properties(document, key))
    if not schema.get("properties"):
        return None
    held = {"name": "structured_output", "strict": True, "schema": schema | _CLOSED}
    return {"type": "json_schema", "json_schema": held}


_CLOSED = {"additionalProperties": False}


def _schema(value: Any) -> dict[str, Any]:
    properties, required = {}, []
    for name, declared in _read_properties(value):
        if declared.pop("required", False) is True:
            required.append(name)
        properties[name] = declared
    schema: dict[str, Any] = {"type": "object", "properties": properties}
    return schema | ({"required": required} if required else {})


def read_tools(
    document: Document, tools: list[Any], notes: list[Note]
) -> tuple[list[Any], dict[str, Any]]:
    """Return functions as vendors define them, and the tools of other kinds to be kept."""
    others = []
    for tool in document.get_list("tools"):
        if isinstance(tool, Mapping) and tool.get("kind", tool.get("type")) == "function":
            tools = [*tools, _read_tool(tool)]
            if unknown := tool.keys() - _FUNCTION - {"kind", "type"}:
                said = f"of the tool `{tool.get('name')}` not imported: {listed(sorted(unknown))}"
                notes.append(Note("tools", said))
        else:
            others.append(tool)
    if others:
        names = [str(each.get("name")) for each in others if isinstance(each, Mapping)]
        notes.append(
            Note("tools", f"no function, and so no tool of a prompt file: {listed(names)}")
        )
    return tools, {"tools": others} if others else {}


def _read_tool(tool: Mapping[str, Any]) -> dict[str, Any]:
    function = {key: each for key, each in tool.items() if key in _FUNCTION}
    parameters = tool.get("parameters")
    if isinstance(parameters, Mapping) and isinstance(parameters.get("properties"), list):
        parameters = parameters["properties"]
    is_schema = isinstance(parameters, Mapping) and parameters.get("type") == "object"
    if parameters is not None and not is_schema:
        function["parameters"] = _schema(parameters)
    return {"type": "function", "function": function}


def _write_tool(tool: Any) -> dict[str, Any] | None:
    """Return a function as Prompty has it, None where reading it would give another one."""
    function = tool.get("function") if isinstance(tool, Mapping) else None
    if not isinstance(function, Mapping):
        return None
    written = {"name": function.get("name"), "kind": "function"}
    written |= {key: function[key] for key in function if key not in ("name", "parameters")}
    schema = function.get("parameters")
    if isinstance(schema, Mapping) and isinstance(schema.get("properties"), Mapping):
        required = schema.get("required") or []
        written["parameters"] = [
            {**each, **({"required": True} if each["name"] in required else {})}
            for each in write_inputs(schema["properties"])
        ]
    return written if is_same(_read_tool(written), tool) else None
