"""Inputs for formats that have rows of test data, and no declarations of variables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from promptsync.formats.conversion import Note
from promptsync.prompt import Prompt


def example_row(prompt: Prompt) -> dict[str, Any]:
    """Return one row with the examples of a prompt's inputs."""
    return {
        name: declared["example"]
        for name, declared in prompt.inputs.items()
        if isinstance(declared, Mapping) and "example" in declared
    }


def inputs_of_row(row: Mapping[str, Any], variables: list[str]) -> dict[str, Any]:
    """Return the variables of a prompt for which a row has an example."""
    return {name: {"example": row[name]} for name in variables if name in row}


def declaration_losses(prompt: Prompt) -> Iterator[Note]:
    """Yield a note where inputs say more than an example."""
    row = example_row(prompt)
    if any(prompt.inputs[name] != {"example": row.get(name)} for name in prompt.inputs):
        yield Note("inputs", "of `inputs` only the examples are kept, as test data")
