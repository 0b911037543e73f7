"""Prompts to fill a server with: generated, or read from files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from .json_values import JsonObject, parse_json
from .projects import Project
from .store import Store

LINE = (
    "You are a careful analyst. Weigh what speaks for and against {{signal}} before you answer.\n"
)


def seed(store: Store, project: Project, bodies: Iterable[JsonObject]) -> int:
    """Write each body as POST /v1/private/prompts would, and return how many there were."""
    count = 0
    with store.lock:
        for body in bodies:
            prompt = store.prompts.create(str(body["name"]), project.id, body)
            store.prompts.append(prompt, {**body, "id": None, "tags": None})
            count += 1
    return count


def generated_prompts(count: int) -> Iterator[JsonObject]:
    """Yield so many bodies of POST /v1/private/prompts, always the same, of about a kilobyte."""
    for number in range(1, count + 1):
        yield {"name": f"prompt-{number:05}", "template": f"Case {number}.\n{LINE * 10}"}


def prompts_from(folder: Path) -> Iterator[JsonObject]:
    """Yield the bodies of POST /v1/private/prompts in a folder of JSON files, by their names."""
    for path in sorted(folder.glob("*.json")):
        body = parse_json(path.read_bytes())
        if not isinstance(body, dict) or not {"name", "template"} <= body.keys():
            raise SystemExit(f"{path}: not an object with a name and a template")
        yield body
