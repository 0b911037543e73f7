"""Repositories and servers to measure on: prompts in files and the same prompts in Braintrust."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from promptsync.content_hash import content_hash
from promptsync.prompt import Message, Prompt
from promptsync.prompt_file import format_prompt
from promptsync.registries.braintrust_fields import KIND
from tests.builders import prompt

DELAY = 0.05
CONFIG = '[registries.production]\nkind = "braintrust"\nproject = "Trader"\n'


@dataclass(frozen=True)
class Project:
    """A repository, the server that has its prompts, and the environment to reach it with."""

    folder: Path
    url: str
    environment: Mapping[str, str]


@contextmanager
def project(folder: Path, count: int, *, uploaded: bool = True) -> Iterator[Project]:
    """Make a repository of `count` prompts of about 1.5 kB, and a server that holds them."""
    repository, bodies = folder / "repository", folder / "bodies"
    bodies.mkdir(parents=True)
    for made in written_prompts(repository, count):
        path = f"prompts/{made.name}.md"
        stamp = {"format": 1, "path": path, "file_sha256": "0" * 64}
        stamp["content_hash"] = content_hash(made, KIND)
        body = json.dumps(_body(made.name, made, stamp))
        (bodies / f"{made.name}.json").write_text(body, "utf-8")
    commit(repository, CONFIG)
    with server(bodies if uploaded else None) as url:
        environment = {"BRAINTRUST_APP_URL": url, "BRAINTRUST_API_KEY": "any"}
        yield Project(repository, url, environment)


AUTHOR = ("-c", "user.name=Grace", "-c", "user.email=grace@example.com")


def commit(repository: Path, config: str) -> None:
    """Make a repository of a folder, with a configuration."""
    (repository / "promptsync.toml").write_text(config)
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "Add prompts"]):
        subprocess.run(["git", *AUTHOR, *command], cwd=repository, check=True)


def written_prompts(repository: Path, count: int) -> Iterator[Prompt]:
    """Write so many prompt files, and yield what each of them says."""
    (repository / "prompts").mkdir(parents=True)
    for number in range(count):
        made = _prompt(number)
        text = format_prompt(made, path_name=made.name)
        (repository / f"prompts/{made.name}.md").write_text(text, "utf-8")
        yield made


def _prompt(number: int) -> Prompt:
    system = f"You are careful analyst number {number}.\n\n" + "Cite the signal you judge.\n" * 50
    return prompt(
        f"analyze-{number:05}",
        content=(Message("system", system), Message("user", "Signal: {{{signal}}}")),
        title=f"Analyze {number}",
        description="Scores a trading signal",
        model="gpt-5-mini",
        params={"reasoning_effort": "low", "max_completion_tokens": 800 + number},
        tags=("signal",),
    )


def _body(name: str, made: Any, stamp: Mapping[str, Any]) -> dict[str, Any]:
    messages = [{"role": each.role, "content": each.content} for each in made.content]
    return {
        "slug": name,
        "name": made.title,
        "description": made.description,
        "tags": list(made.tags),
        "metadata": {"promptsync": stamp},
        "prompt_data": {
            "prompt": {"type": "chat", "messages": messages},
            "options": {"model": made.model, "params": dict(made.params)},
        },
    }


@contextmanager
def server(bodies: Path | None) -> Iterator[str]:
    """Run the fake Braintrust as a process of its own, every answer 50 ms late; yield its URL."""
    source = ["--prompts-from", str(bodies)] if bodies else ["--prompts", "0"]
    command = [sys.executable, "-m", "tests.fakes.braintrust", "--port", "0", *source]
    options = ["--delay", str(DELAY), "--api-key", "any"]
    running = subprocess.Popen(
        [*command, *options], stdout=subprocess.PIPE, text=True, env=os.environ
    )
    try:
        yield "" if running.stdout is None else running.stdout.readline().strip()
    finally:
        running.terminate()
        running.wait()
