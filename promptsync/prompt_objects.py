"""Read the prompt objects of Braintrust's, MLflow's and Opik's SDKs by their shape, importing none.

They are what an application says that it loaded, and may be promptsync's own, texts and mappings as
well. What an object cannot say is taken from the deployed prompt, so that it makes no difference.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeGuard

from promptsync.errors import UsageError
from promptsync.prompt import Message, Prompt
from promptsync.prompt_schema import check, to_content, to_prompt
from promptsync.registries import read_remote_prompt
from promptsync.remote_prompt import RemotePrompt, Stamp, make_remote_prompt

if TYPE_CHECKING:
    from promptsync.loaded_prompt import LoadedPrompt

PromptObjects = Mapping[str, object] | Iterable[object]

# What an object of Braintrust's SDK holds; it leaves out the dialect and Braintrust's own table.
_SDK_FIELDS = ("content", "model", "params", "tools", "response_format")


def named_objects(loaded: PromptObjects) -> Iterator[tuple[str, object]]:
    """Yield each loaded object with its name: its key in a mapping, else the one it has."""
    if isinstance(loaded, Mapping):
        yield from loaded.items()
        return
    if isinstance(loaded, str) or not isinstance(loaded, Iterable):
        raise UsageError("`loaded` is a mapping of names to prompts, or a list of prompts")
    for found in loaded:
        yield _own_name(found), found


def _own_name(found: object) -> str:
    for key in ("slug", "name"):
        name = found.get(key) if isinstance(found, Mapping) else getattr(found, key, None)
        if isinstance(name, str):
            return name
    raise UsageError(
        f"a loaded `{type(found).__name__}` has no name",
        hint="pass a mapping of names to prompts",
    )


def read_object(found: object, deployed: Prompt, kind: str) -> RemotePrompt:
    """Return a loaded object as if a registry of that kind served it.

    Raises UsageError for a shape that is not known, and whatever the object itself raises.
    """
    if _is_loaded_prompt(found):
        version = found.version or ""
        return make_remote_prompt(found.prompt, kind=kind, version=version, stamp=_stamp(found))
    whole = _whole_prompt(found)
    if whole is not None:
        version, stamp = whole.version, whole.stamp
        return make_remote_prompt(whole.prompt, kind=kind, version=version, stamp=stamp)
    prompt, version = _prompt_and_version(found, deployed)
    return make_remote_prompt(prompt, kind=kind, version=version, stamp=None)


def _whole_prompt(found: object) -> RemotePrompt | None:
    """Read an object that says all of its prompt, None where it leaves something out."""
    if isinstance(found, RemotePrompt):
        return found
    if isinstance(found, Mapping) and "prompt_data" in found:
        return _from_braintrust(found)
    if hasattr(found, "template") and hasattr(found, "model_config"):
        return _from_mlflow(found)
    if hasattr(found, "version_id") and hasattr(found, "metadata"):
        return _from_opik(found)
    return None


def _is_loaded_prompt(found: object) -> TypeGuard[LoadedPrompt]:
    # By its shape as well: where nobody loaded anything, nobody need import how to render it.
    return hasattr(found, "is_fallback") and isinstance(getattr(found, "prompt", None), Prompt)


def _stamp(found: LoadedPrompt) -> Stamp | None:
    """Return what a stamp or a bundle said about where a prompt came from, as far as known."""
    if found.commit is None:
        return None
    return Stamp(
        content_hash=found.content_hash,
        path=found.path or "",
        file_sha256="",
        commit=found.commit,
    )


def _prompt_and_version(found: object, deployed: Prompt) -> tuple[Prompt, str]:
    if isinstance(found, Prompt):
        return found, ""
    if isinstance(found, str):
        return replace(deployed, content=_with_text(deployed, found)), ""
    if isinstance(found, (list, tuple)):
        return _with_values(deployed, {"messages": list(found)}), ""
    if isinstance(found, Mapping):
        return _with_values(deployed, found), ""
    if hasattr(found, "prompt") and hasattr(found, "options"):
        return _from_sdk(found, deployed)
    raise _unknown(found)


def _with_text(deployed: Prompt, text: str) -> str | tuple[Message, ...]:
    """Take a text for the whole of a text prompt, or for a chat prompt's only message."""
    if isinstance(deployed.content, str):
        return text
    if len(deployed.content) == 1:
        return (replace(deployed.content[0], content=text),)
    raise UsageError(
        f"`{deployed.name}` has {len(deployed.content)} messages, and one text was loaded",
        hint="pass the messages",
    )


def _with_values(deployed: Prompt, found: Mapping[str, Any]) -> Prompt:
    """Replace what a mapping with the keys of a prompt file states."""
    values = dict(found)
    if problem := next(check(values), None):
        raise UsageError(f"the loaded `{deployed.name}`: {problem.message}", hint=problem.hint)
    content = next((values[key] for key in ("messages", "text") if key in values), None)
    if content is None:
        raise UsageError(f"the loaded `{deployed.name}` has neither `messages` nor `text`")
    read = to_prompt(values, name=deployed.name, content=to_content(content))
    fields = ("model", "params", "tools", "response_format", "template")
    stated = {key: getattr(read, key) for key in fields if key in values}
    return replace(deployed, content=read.content, **stated)


def _from_sdk(found: Any, deployed: Prompt) -> tuple[Prompt, str]:
    version = found.version
    data = {"prompt": _plain(found.prompt), "options": _plain(found.options)}
    read = _from_braintrust({"slug": deployed.name, "_xact_id": version, "prompt_data": data})
    stated = {key: getattr(read.prompt, key) for key in _SDK_FIELDS}
    return replace(deployed, **stated), version or ""


def _from_braintrust(found: Mapping[str, Any]) -> RemotePrompt:
    return read_remote_prompt("braintrust", {**found, "_xact_id": found.get("_xact_id") or "0"})


def _from_mlflow(found: Any) -> RemotePrompt:
    """Read an object of MLflow's client, which holds everything: the rest is in its tags."""
    members = ("name", "version", "template", "model_config", "response_format", "tags")
    return read_remote_prompt("mlflow", {each: getattr(found, each, None) for each in members})


def _from_opik(found: Any) -> RemotePrompt:
    """Read an object of Opik's client, which holds everything: the rest is in its metadata."""
    text = getattr(found, "prompt", None)
    is_text = isinstance(text, str)
    members = ("name", "metadata", "description", "tags", "type")
    return read_remote_prompt(
        "opik",
        {
            **{each: getattr(found, each, None) for each in members},
            "version_number": found.version or "v0",
            "template_structure": "text" if is_text else "chat",
            "template": text if is_text else json.dumps(found.template),
        },
    )


def _plain(value: Any) -> Any:
    """Turn the SDK's own classes into what its API sent."""
    return value.as_dict() if hasattr(value, "as_dict") else value


def _unknown(found: object) -> UsageError:
    return UsageError(
        f"a loaded `{type(found).__name__}` is no prompt that promptsync knows",
        hint="pass what `promptsync.load` returned, a Prompt, a prompt of Braintrust's, MLflow's "
        "or Opik's SDK, or a mapping with the keys of a prompt file",
    )
