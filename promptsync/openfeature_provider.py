"""Serve prompts as feature flags: a prompt is an object flag, and its alias is the variant.

The flag's key is the name of the prompt. Importing this raises MissingPackageError where the extra
`openfeature` is not installed. What reasons and error codes mean:
https://openfeature.dev/specification/types
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

from promptsync.optional_packages import needs_package

with needs_package("openfeature-sdk", module="openfeature", extra="openfeature"):
    from openfeature.evaluation_context import EvaluationContext
    from openfeature.event import ProviderEventDetails
    from openfeature.exception import (
        InvalidContextError,
        ProviderFatalError,
        ProviderNotReadyError,
    )
    from openfeature.flag_evaluation import FlagResolutionDetails
    from openfeature.provider import AbstractProvider, Metadata

from promptsync.client import Client
from promptsync.errors import UnknownAliasError
from promptsync.loaded_prompt import LoadedPrompt
from promptsync.openfeature_answer import (
    as_mapping,
    as_text,
    make_details,
    openfeature_errors,
    refuse,
)
from promptsync.openfeature_targeting import Target, Targeting

# Not `alias`: applications have attributes of that name, which are about their users.
ALIAS_ATTRIBUTE = "prompt_alias"

# Returns the alias for a prompt's name, None for that of the client, which a prompt is served at
# that lacks the other one, too.
ChooseAlias: TypeAlias = Callable[[str, EvaluationContext], str | None]
Value = TypeVar("Value")
ObjectValue: TypeAlias = Sequence[Any] | Mapping[str, Any]


def alias_of_context(name: str, context: EvaluationContext) -> str | None:  # noqa: ARG001
    """Choose the alias that the evaluation context has as `prompt_alias`.

    Raises InvalidContextError for one that is no text.
    """
    alias = context.attributes.get(ALIAS_ATTRIBUTE)
    if alias is None or (isinstance(alias, str) and alias):
        return alias
    raise InvalidContextError(f"`{ALIAS_ATTRIBUTE}` has to be the name of an alias")


class PromptsyncProvider(AbstractProvider):
    """An OpenFeature provider over a client, or over one of its own.

    Object flags are prompts as mappings, with the keys of a prompt file, `text` or `messages`, and
    `version`, `alias`, `content_hash` and `commit` where they are known. String flags are the
    templates of text prompts. `shutdown` closes the client, also one that was given.

    An outage with a fallback is a value. Without one the caller's default is served.
    """

    def __init__(
        self, client: Client | None = None, *, choose_alias: ChooseAlias = alias_of_context
    ) -> None:
        super().__init__()
        self._is_given = client is not None
        self._client = client
        self._choose_alias = choose_alias
        self._lock = threading.RLock()
        self._fallbacks: set[tuple[str, str | None]] = set()
        self._targeting = Targeting()

    def get_metadata(self) -> Metadata:
        """Return the name of the provider."""
        return Metadata(name="promptsync")

    def initialize(self, evaluation_context: EvaluationContext) -> None:  # noqa: ARG002
        """Make the client, unless one was given."""
        if self._client is None and self._is_given:
            raise ProviderFatalError("the client is closed: make another provider with a new one")
        if self._client is None:
            self._client = Client()

    def shutdown(self) -> None:
        """Close the client. One of its own is made anew by another `initialize`."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def resolve_object_details(
        self,
        flag_key: str,
        default_value: ObjectValue,  # noqa: ARG002
        evaluation_context: EvaluationContext | None = None,
    ) -> FlagResolutionDetails[ObjectValue]:
        """Serve a prompt as a mapping."""
        return self._resolve(flag_key, evaluation_context, as_mapping)

    async def resolve_object_details_async(
        self,
        flag_key: str,
        default_value: ObjectValue,  # noqa: ARG002
        evaluation_context: EvaluationContext | None = None,
    ) -> FlagResolutionDetails[ObjectValue]:
        """Serve a prompt as a mapping."""
        return await self._aresolve(flag_key, evaluation_context, as_mapping)

    def resolve_string_details(
        self,
        flag_key: str,
        default_value: str,  # noqa: ARG002
        evaluation_context: EvaluationContext | None = None,
    ) -> FlagResolutionDetails[str]:
        """Serve the template of a text prompt."""
        return self._resolve(flag_key, evaluation_context, as_text)

    async def resolve_string_details_async(
        self,
        flag_key: str,
        default_value: str,  # noqa: ARG002
        evaluation_context: EvaluationContext | None = None,
    ) -> FlagResolutionDetails[str]:
        """Serve the template of a text prompt."""
        return await self._aresolve(flag_key, evaluation_context, as_text)

    def resolve_boolean_details(
        self,
        flag_key: str,
        default_value: bool,  # noqa: ARG002
        evaluation_context: EvaluationContext | None = None,
    ) -> FlagResolutionDetails[bool]:
        """Refuse: no prompt is a boolean."""
        return self._resolve(flag_key, evaluation_context, refuse)

    async def resolve_boolean_details_async(
        self,
        flag_key: str,
        default_value: bool,  # noqa: ARG002
        evaluation_context: EvaluationContext | None = None,
    ) -> FlagResolutionDetails[bool]:
        """Refuse: no prompt is a boolean."""
        return await self._aresolve(flag_key, evaluation_context, refuse)

    def resolve_integer_details(
        self,
        flag_key: str,
        default_value: int,  # noqa: ARG002
        evaluation_context: EvaluationContext | None = None,
    ) -> FlagResolutionDetails[int]:
        """Refuse: no prompt is a number."""
        return self._resolve(flag_key, evaluation_context, refuse)

    async def resolve_integer_details_async(
        self,
        flag_key: str,
        default_value: int,  # noqa: ARG002
        evaluation_context: EvaluationContext | None = None,
    ) -> FlagResolutionDetails[int]:
        """Refuse: no prompt is a number."""
        return await self._aresolve(flag_key, evaluation_context, refuse)

    def resolve_float_details(
        self,
        flag_key: str,
        default_value: float,  # noqa: ARG002
        evaluation_context: EvaluationContext | None = None,
    ) -> FlagResolutionDetails[float]:
        """Refuse: no prompt is a number."""
        return self._resolve(flag_key, evaluation_context, refuse)

    async def resolve_float_details_async(
        self,
        flag_key: str,
        default_value: float,  # noqa: ARG002
        evaluation_context: EvaluationContext | None = None,
    ) -> FlagResolutionDetails[float]:
        """Refuse: no prompt is a number."""
        return await self._aresolve(flag_key, evaluation_context, refuse)

    def _resolve(
        self,
        name: str,
        context: EvaluationContext | None,
        value_of: Callable[[LoadedPrompt], Value],
    ) -> FlagResolutionDetails[Value]:
        # A prompt is loaded for any type: an unknown one is not found rather than of another type,
        # which is what lets several providers share the keys.
        with openfeature_errors():
            target = self._target(name, context)
            try:
                loaded = self._opened().load(name, alias=target.alias)
            except UnknownAliasError:
                if target.alias is None:
                    raise
                loaded = self._opened().load(name)
                target = self._targeting.without(target, loaded)
        self._tell_status(loaded)
        return make_details(loaded, value_of(loaded), target.reason)

    async def _aresolve(
        self,
        name: str,
        context: EvaluationContext | None,
        value_of: Callable[[LoadedPrompt], Value],
    ) -> FlagResolutionDetails[Value]:
        with openfeature_errors():
            target = self._target(name, context)
            try:
                loaded = await self._opened().aload(name, alias=target.alias)
            except UnknownAliasError:
                if target.alias is None:
                    raise
                loaded = await self._opened().aload(name)
                target = self._targeting.without(target, loaded)
        self._tell_status(loaded)
        return make_details(loaded, value_of(loaded), target.reason)

    def _target(self, name: str, context: EvaluationContext | None) -> Target:
        chosen = self._choose_alias(name, context or EvaluationContext())
        return self._targeting.target(name, chosen)

    def _opened(self) -> Client:
        if (client := self._client) is None:  # read once: another thread may shut it down
            raise ProviderNotReadyError("the provider is not initialized, or was shut down")
        return client

    def _tell_status(self, loaded: LoadedPrompt) -> None:
        """Emit one event when the first prompt falls back, and one when none does any more."""
        if not loaded.is_fallback and not self._fallbacks:
            return
        with self._lock:
            was_stale, key = bool(self._fallbacks), (loaded.name, loaded.alias)
            (self._fallbacks.add if loaded.is_fallback else self._fallbacks.discard)(key)
            is_stale = bool(self._fallbacks)
        if is_stale and not was_stale:
            self.emit_provider_stale(ProviderEventDetails(message=loaded.reason))
        elif was_stale and not is_stale:
            self.emit_provider_ready(ProviderEventDetails())
