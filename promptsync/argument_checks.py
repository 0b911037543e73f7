"""Refuse what a program gives that is not what the signature says.

Few programs are type-checked, and what they give comes from the environment and from requests. An
empty text, such as that of a variable that is not set, never means the default.
"""

from __future__ import annotations

from threading import TIMEOUT_MAX

from promptsync.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import TypeGuard


def check_text(argument: str, value: object) -> None:
    """Refuse what is no text, an empty one, or one that no terminal could show."""
    if not isinstance(value, str):
        hint = f'say `{argument}="{value}"`' if type(value) is int else None
        raise UsageError(f"`{argument}` is text, not {_shown(value)}", hint=hint)
    if not value:
        raise UsageError(f"`{argument}` is empty", hint=f"`{argument}` is text that says which")
    if not value.isprintable():
        raise UsageError(f"`{argument}` has characters that cannot be shown: {_shown(value)}")


def check_moved_alias(alias: object) -> None:
    """Refuse what no alias may be called that is to point at something; None is fine."""
    if alias is None:
        return
    check_text("alias", alias)
    from promptsync.registry_config import ALIAS_RULE, is_alias  # writers alone ask

    if not is_alias(str(alias)):
        raise UsageError(f"`alias` cannot be {_shown(alias)}", hint=f"an alias is {ALIAS_RULE}")


def check_optional_texts(**values: object) -> None:
    """Refuse arguments as `check_text` does, but for those that are None."""
    for argument, value in values.items():
        if value is not None:
            check_text(argument, value)


def check_path(argument: str, value: object) -> None:
    """Refuse what is neither None nor a path."""
    if value is None:
        return
    path = value.__fspath__() if hasattr(value, "__fspath__") else value
    if not isinstance(path, str):
        raise UsageError(f"`{argument}` is a path, not {_shown(value)}")
    if not path or "\0" in path:
        raise UsageError(f"`{argument}` is no path: {_shown(path)}")


def check_names(names: Iterable[str] | None) -> list[str]:
    """Return the names that were given, none for None."""
    if isinstance(names, (str, bytes)):
        raise UsageError("`names` is a list of names")
    try:
        found = list(names or ())
    except TypeError as error:
        raise UsageError(f"`names` is a list of names, not {_shown(names)}") from error
    for each in found:
        check_text("names", each)
    return found


def is_duration(value: object) -> TypeGuard[float]:
    """Tell whether a value is a number of seconds, which may be 0 or without end."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0


def is_timeout(value: object) -> bool:
    """Tell whether a value is a number of seconds above 0 that a thread can wait for."""
    return is_duration(value) and 0 < value <= TIMEOUT_MAX


def check_timeout(value: object) -> None:
    """Refuse a `timeout` that is none."""
    if not is_timeout(value):
        raise UsageError("`timeout` is a number of seconds above 0")


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


_LONGEST = 60
