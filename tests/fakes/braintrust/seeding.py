"""Prompts to fill a server with: generated, or read from files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from .answers import content_of
from .json_values import JsonObject, parse_json
from .projects import Project
from .store import Store

LINE = (
    "You are a careful analyst. Weigh what speaks for and against {{signal}} before you answer.\n"
)


def seed(store: Store, project: Project, bodies: Iterable[JsonObject]) -> int:
    """Write each body as PUT would, and return how many there were."""
    count = 0
    with store.lock:
        for body in bodies:
            store.prompts.write(project, content_of(body))
            count += 1
    return count


def generated_prompts(count: int) -> Iterator[JsonObject]:
    """Yield so many bodies for PUT /v1/prompt, always the same, of about a kilobyte each."""
    for number in range(1, count + 1):
        yield {
            "name": f"Prompt {number}",
            "slug": f"prompt-{number:05}",
            "prompt_data": {
                "prompt": {
                    "type": "chat",
                    "messages": [
                        {"role": "system", "content": f"Case {number}.\n{LINE * 10}"},
                        {"role": "user", "content": "{{question}}"},
                    ],
                },
                "options": {"model": "gpt-5-mini", "params": {"temperature": 0}},
            },
        }


def prompts_from(folder: Path) -> Iterator[JsonObject]:
    """Yield the bodies for PUT /v1/prompt in a folder of JSON files, by their names."""
    for path in sorted(folder.glob("*.json")):
        body = parse_json(path.read_bytes())
        if not isinstance(body, dict) or not {"name", "slug"} <= body.keys():
            raise SystemExit(f"{path}: not an object with a name and a slug")
        yield body
