"""What the helpers have in common: which prompts, and what becomes of a tool that fails."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from promptsync.errors import LineageError, UsageError
from promptsync.loaded_prompt import LoadedPrompt

LOGGER = logging.getLogger("promptsync")

Prompts = LoadedPrompt | Iterable[LoadedPrompt] | None

# Tools whose last attempt failed: an outage is one warning, however many requests it lasts.
_failing: set[str] = set()


def attempt(
    tool: str, log: Callable[[Sequence[LoadedPrompt]], bool], prompts: Prompts, *, strict: bool
) -> bool:
    """Log prompts, or what this process has served; return whether there was something to log to.

    The tool's failure is one warning until it works again. `strict` makes it a LineageError, and
    a UsageError that there is nothing to log, or to log to. A missing SDK always is one.
    """
    try:
        found = chosen(prompts)
        is_logged = bool(found) and log(found)
    except UsageError:
        raise
    except Exception as error:
        if strict:
            raise LineageError(_sentence(tool, error)) from error
        _warn(tool, error)
        return False
    _failing.discard(tool)
    if strict and not found:
        raise UsageError("no prompt was loaded before this", hint="load the prompts first")
    if strict and not is_logged:
        raise UsageError(f"nothing is active in {tool} that prompts could be logged to")
    return is_logged


def chosen(prompts: Prompts) -> tuple[LoadedPrompt, ...]:
    """Return what the caller gave, else what this process has served."""
    if prompts is None:
        from promptsync.default_client import active_versions  # most callers give theirs

        return active_versions()
    if isinstance(prompts, LoadedPrompt):
        return (prompts,)
    found: tuple[Any, ...] = tuple(prompts)
    if wrong := [each for each in found if not isinstance(each, LoadedPrompt)]:
        kind = type(wrong[0]).__name__
        raise TypeError(f"`prompts` is what `promptsync.load` returned, not of type `{kind}`")
    return found


def _sentence(tool: str, error: Exception) -> str:
    from promptsync.registries.redaction import redact  # registries are slow to import

    return (
        f"{tool} did not take which prompts were used: {type(error).__name__}: {redact(str(error))}"
    )


def _warn(tool: str, error: Exception) -> None:
    if tool not in _failing:
        _failing.add(tool)
        LOGGER.warning("%s", _sentence(tool, error))
