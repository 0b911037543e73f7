"""Prompts in git, proven in the registry.

Names are imported from their modules when they are first used: an application that only asks for
the check at its start pays for nothing else.
"""

from __future__ import annotations

from sys import modules

from promptsync.drift import DriftCheck, check_drift, warn_on_drift

TYPE_CHECKING = False
if TYPE_CHECKING:
    from promptsync import lineage
    from promptsync.bundle import Bundle, load_bundle
    from promptsync.bundle_hash import bundle_hash
    from promptsync.client import Client
    from promptsync.correlation import correlation_id
    from promptsync.default_client import (
        active_versions,
        aload,
        close,
        configure,
        forget,
        load,
    )
    from promptsync.drift_report import DriftReport, PromptDrift
    from promptsync.errors import (
        BusyError,
        ConfigError,
        ConflictError,
        GitError,
        HashMismatchError,
        InvalidContentError,
        LineageError,
        LoadError,
        MissingPackageError,
        MissingVariableError,
        MovedError,
        PromptFileError,
        PromptsyncError,
        RegistryAnswerError,
        RegistryError,
        RegistryRefusedError,
        RegistryUnavailableError,
        RenderError,
        ShallowCloneError,
        UnknownAliasError,
        UnknownPromptError,
        UsageError,
    )
    from promptsync.loaded_prompt import LoadedPrompt, Source
    from promptsync.promoting import set_alias
    from promptsync.prompt import Message, Prompt, Template
    from promptsync.registered_prompt import RegisteredPrompt
    from promptsync.registering import register
    from promptsync.rendered_prompt import RenderedPrompt
    from promptsync.seed_report import SeedReport
    from promptsync.seeding import seed
    from promptsync.status import Status

    __version__: str

__all__ = [
    "Bundle",
    "BusyError",
    "Client",
    "ConfigError",
    "ConflictError",
    "DriftCheck",
    "DriftReport",
    "GitError",
    "HashMismatchError",
    "InvalidContentError",
    "LineageError",
    "LoadError",
    "LoadedPrompt",
    "Message",
    "MissingPackageError",
    "MissingVariableError",
    "MovedError",
    "Prompt",
    "PromptDrift",
    "PromptFileError",
    "PromptsyncError",
    "RegisteredPrompt",
    "RegistryAnswerError",
    "RegistryError",
    "RegistryRefusedError",
    "RegistryUnavailableError",
    "RenderError",
    "RenderedPrompt",
    "SeedReport",
    "ShallowCloneError",
    "Source",
    "Status",
    "Template",
    "UnknownAliasError",
    "UnknownPromptError",
    "UsageError",
    "active_versions",
    "aload",
    "bundle_hash",
    "check_drift",
    "close",
    "configure",
    "correlation_id",
    "forget",
    "lineage",
    "load",
    "load_bundle",
    "register",
    "seed",
    "set_alias",
    "warn_on_drift",
]

_MODULES = {
    "bundle": ("Bundle", "load_bundle"),
    "bundle_hash": ("bundle_hash",),
    "client": ("Client",),
    "correlation": ("correlation_id",),
    "default_client": ("active_versions", "aload", "close", "configure", "forget", "load"),
    "drift_report": ("DriftReport", "PromptDrift"),
    "errors": tuple(name for name in __all__ if name.endswith("Error")),
    "loaded_prompt": ("LoadedPrompt", "Source"),
    "promoting": ("set_alias",),
    "prompt": ("Message", "Prompt", "Template"),
    "registered_prompt": ("RegisteredPrompt",),
    "registering": ("register",),
    "rendered_prompt": ("RenderedPrompt",),
    "seed_report": ("SeedReport",),
    "seeding": ("seed",),
    "status": ("Status",),
}
_MODULE_BY_NAME = {name: module for module, names in _MODULES.items() for name in names}


if not TYPE_CHECKING:
    # A type checker that saw this would take any name for one of promptsync's.
    def __getattr__(name: str) -> object:
        if name == "__version__" and (version := _version()) is not None:
            return version
        if name not in _MODULE_BY_NAME and name != "lineage":
            # What it is of lets Python say which name may have been meant.
            message = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(message, name=name, obj=modules[__name__])
        from importlib import import_module

        if name == "lineage":
            return import_module("promptsync.lineage")
        value = getattr(import_module(f"promptsync.{_MODULE_BY_NAME[name]}"), name)
        globals()[name] = value
        return value


def _version() -> str | None:
    """Return the version that is installed, None where an application was packed without it."""
    from importlib.metadata import PackageNotFoundError, version  # slow, and asked for by few

    try:
        return version("promptsync")
    except PackageNotFoundError:
        return None


def __dir__() -> list[str]:
    # Not the modules that happen to be imported: their names change from version to version.
    names = (name for name in globals() if name.startswith("__"))
    return sorted({*__all__, "__version__", *names})
