"""Write a prompt as a promptfoo configuration of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from promptsync.formats.conversion import Exported, Note
from promptsync.formats.documents import write_yaml
from promptsync.formats.examples import declaration_losses, example_row
from promptsync.formats.messages import json_text, to_json
from promptsync.formats.unheld import unheld
from promptsync.formats.variables import Language, to_language
from promptsync.prompt import Prompt

TITLE = "promptfoo"
SUFFIX = ".promptfoo.yaml"


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
