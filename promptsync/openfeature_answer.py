"""A loaded prompt as what OpenFeature answers: value, variant, reason, metadata, or an error.

What reasons and error codes mean: https://openfeature.dev/specification/types
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any, NoReturn, TypeVar

from openfeature.exception import (
    FlagNotFoundError,
    GeneralError,
    ParseError,
    TypeMismatchError,
)
from openfeature.flag_evaluation import FlagMetadata, FlagResolutionDetails, Reason

from promptsync.errors import InvalidContentError, PromptsyncError, RenderError, UnknownPromptError
from promptsync.loaded_prompt import LoadedPrompt, Source
from promptsync.prompt_schema import whole_values

Value = TypeVar("Value")


def as_mapping(loaded: LoadedPrompt) -> dict[str, Any]:
    """Return a prompt with the keys of a prompt file; the caller may change it."""
    facts = {
        "version": loaded.version,
        "alias": loaded.alias,
        "content_hash": loaded.content_hash,
        "commit": loaded.commit,
    }
    known = {key: value for key, value in facts.items() if value is not None}
    return deepcopy({**whole_values(loaded.prompt), **known})


def as_text(loaded: LoadedPrompt) -> str:
    """Return the template of a text prompt. Raises TypeMismatchError for a chat prompt."""
    if loaded.template is None:
        raise TypeMismatchError(f"`{loaded.name}` is a chat prompt: ask for an object")
    return loaded.template


def refuse(loaded: LoadedPrompt) -> NoReturn:
    """Raise TypeMismatchError: no prompt is a boolean or a number."""
    raise TypeMismatchError(f"`{loaded.name}` is a prompt: ask for an object")


def make_details(
    loaded: LoadedPrompt, value: Value, chosen: Reason | None
) -> FlagResolutionDetails[Value]:
    """Return an answer; `chosen` is what became of the alias that the context chose, if it did."""
    return FlagResolutionDetails(
        value=value,
        # Where no alias was asked for, the version says which content this is.
        variant=loaded.alias or loaded.version,
        reason=_reason(loaded, chosen),
        flag_metadata=_metadata(loaded),
    )


def _reason(loaded: LoadedPrompt, chosen: Reason | None) -> Reason:
    if loaded.is_fallback:
        is_deployed = loaded.source in (Source.BUNDLE, Source.FILE)
        return Reason.DEFAULT if is_deployed else Reason.STALE
    if chosen is not None:
        return chosen
    return Reason.CACHED if loaded.source is Source.MEMORY else Reason.STATIC


def _metadata(loaded: LoadedPrompt) -> FlagMetadata:
    facts = {
        "version": loaded.version,
        "content_hash": loaded.content_hash,
        "source": loaded.source.value,
        "is_fallback": loaded.is_fallback,
        "commit": loaded.commit,
        "registry": loaded.registry,
    }
    return {key: value for key, value in facts.items() if value is not None}


@contextmanager
def openfeature_errors() -> Iterator[None]:
    """Raise what OpenFeature answers with the caller's default and an error code."""
    try:
        yield
    except UnknownPromptError as error:
        raise FlagNotFoundError(_sentence(error)) from error
    except (InvalidContentError, RenderError) as error:
        raise ParseError(_sentence(error)) from error
    except PromptsyncError as error:
        raise GeneralError(_sentence(error)) from error


def _sentence(error: PromptsyncError) -> str:
    return f"{error.message} ({error.hint})" if error.hint else error.message
