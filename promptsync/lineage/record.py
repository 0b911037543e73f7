"""What is said of a prompt in a tool's free metadata: below the key `promptsync`, as JSON."""

from __future__ import annotations

from collections.abc import Sequence

from promptsync.bundle_hash import bundle_hash
from promptsync.content_hash import short_hash
from promptsync.loaded_prompt import LoadedPrompt
from promptsync.prompt import JsonObject

KEY = "promptsync"


def record(prompt: LoadedPrompt) -> JsonObject:
    """Return what is known of one prompt; only a fallback may have no version."""
    values = {
        "name": prompt.name,
        "version": prompt.version,
        "sha256": prompt.content_hash,
        "alias": prompt.alias,
        "commit": prompt.commit,
        "registry": prompt.registry,
        "source": prompt.source.value,
        "is_fallback": prompt.is_fallback,
    }
    return {key: value for key, value in values.items() if value is not None}


def records(prompts: Sequence[LoadedPrompt]) -> JsonObject:
    """Return a record of each prompt, by keys such as `greeting@7`.

    Tools merge the metadata of a span key by key: so a key says all that tells two prompts apart.
    """
    return {
        f"{each.name}@{each.version or short_hash(each.content_hash)}": record(each)
        for each in prompts
    }


def summary(prompts: Sequence[LoadedPrompt]) -> JsonObject:
    """Return the records of everything that was used, and one hash over it."""
    pairs = ((each.name, each.content_hash) for each in prompts)
    return {"bundle_sha256": bundle_hash(pairs), "prompts": records(prompts)}
