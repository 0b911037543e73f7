"""Picoschema as JSON Schema, and variables as either declares them."""

from __future__ import annotations

from typing import Any

import pytest

from promptsync.formats.schemas import (
    SchemaError,
    from_picoschema,
    inputs_of_schema,
    schema_of_inputs,
)


@pytest.mark.parametrize(
    ("pico", "schema"),
    [
        ("string", {"type": "string"}),
        ("any, whatever", {"description": "whatever"}),
        ({"type": "array", "items": {}}, {"type": "array", "items": {}}),
        ({"properties": {"a": {}}}, {"type": "object", "properties": {"a": {}}}),
        (
            {"a": "integer, how many, at least", "b?": "number", "(*)": "string"},
            {
                "type": "object",
                "properties": {
                    "a": {"type": "integer", "description": "how many, at least"},
                    "b": {"type": ["number", "null"]},
                },
                "additionalProperties": {"type": "string"},
                "required": ["a"],
            },
        ),
        (
            {"who?(object, a person)": {"name": "string"}},
            {
                "type": "object",
                "properties": {
                    "who": {
                        "type": ["object", "null"],
                        "properties": {"name": {"type": "string"}},
                        "additionalProperties": False,
                        "required": ["name"],
                        "description": "a person",
                    }
                },
                "additionalProperties": False,
            },
        ),
    ],
)
def test_picoschema_is_short_for_json_schema(pico: Any, schema: dict[str, Any]) -> None:
    assert from_picoschema(pico) == schema


@pytest.mark.parametrize("pico", ["Person", {"a": "Person"}, {"a(set)": "string"}, 5])
def test_what_is_defined_elsewhere_is_refused(pico: Any) -> None:
    with pytest.raises(SchemaError):
        from_picoschema(pico)


def test_variables_come_back_from_the_schema_of_an_object() -> None:
    inputs = {
        "place": {"type": "string", "required": True, "description": "where"},
        "year": {"type": "integer", "example": 1999},
    }

    assert inputs_of_schema(schema_of_inputs(inputs)) == inputs
