"""An application as it is deployed: prompt files or a bundle, and the registry it reads."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from promptsync.bundle import Bundle
from promptsync.config import RegistryConfig
from promptsync.content_hash import content_hash
from promptsync.prompt import Prompt
from promptsync.prompt_file import format_prompt
from promptsync.registries.braintrust import BraintrustRegistry
from promptsync.remote_prompt import RemotePrompt, Stamp
from promptsync.status import LocalPrompt
from tests.fakes.braintrust import BraintrustServer, braintrust_server

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@contextmanager
def braintrust_with_key(
    monkeypatch: pytest.MonkeyPatch, *environments: str
) -> Iterator[BraintrustServer]:
    """Run a Braintrust with some environments, whose key is where an application looks for it."""
    with braintrust_server(environments=environments) as service:
        monkeypatch.setenv("BRAINTRUST_API_KEY", service.api_key)
        yield service


def hash_of(prompt: Prompt) -> str:
    """Return the content hash of a prompt in Braintrust."""
    return content_hash(prompt, "braintrust")


def local_prompt(prompt: Prompt) -> LocalPrompt:
    """Return a prompt as its file would give it."""
    return LocalPrompt(
        prompt=prompt,
        expanded=prompt,
        content_hash=hash_of(prompt),
        path=f"prompts/{prompt.name}.md",
        file_sha256="0" * 64,
    )


def bundle_of(*prompts: Prompt, alias: str | None = None, **fields: Any) -> Bundle:
    """Return the bundle of a commit for the Braintrust project Trader."""
    registry = RegistryConfig(
        name="production", kind="braintrust", alias=alias, options={"project": "Trader"}
    )
    values = {"registry": registry, "commit": COMMIT, "created_from": "commit", **fields}
    return Bundle(prompts=tuple(map(local_prompt, prompts)), **values)


def deploy(folder: Path, *prompts: Prompt, app_url: str) -> Path:
    """Write prompt files, and a configuration whose registry is the Braintrust at an address."""
    (folder / "prompts").mkdir(parents=True)
    lines = ["[registries.production]", 'kind = "braintrust"', 'project = "Trader"']
    config = "\n".join([*lines, f"app-url = {json.dumps(app_url)}"])
    (folder / "promptsync.toml").write_text(config)
    for prompt in prompts:
        text = format_prompt(prompt, path_name=prompt.name)
        (folder / "prompts" / f"{prompt.name}.md").write_text(text)
    return folder


def upload(
    service: BraintrustServer,
    *prompts: Prompt,
    commit: str | None = COMMIT,
    is_stamped: bool = True,
    aliases: Sequence[str] = (),
) -> list[RemotePrompt]:
    """Store prompts in the registry as an upload does."""
    registry = BraintrustRegistry(
        project="Trader", api_key=service.api_key, app_url=service.url, routing_cache=None
    )
    stored = []
    for prompt in prompts:
        stamp = Stamp(
            content_hash=hash_of(prompt),
            path=f"prompts/{prompt.name}.md",
            file_sha256="0" * 64,
            commit=commit,
        )
        stored.append(registry.save_prompt(prompt, stamp if is_stamped else None))
        for alias in aliases:
            registry.set_alias(prompt.name, alias, stored[-1].version)
    registry.close()
    return stored
