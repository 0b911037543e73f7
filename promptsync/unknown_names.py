"""What to say of a prompt that is nowhere: the name that may be meant, or where was looked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptsync.composition import near_name
from promptsync.errors import UnknownAliasError, UnknownPromptError

if TYPE_CHECKING:
    from promptsync.bundled import Bundled


def with_hint(error: UnknownPromptError, name: str, bundled: Bundled) -> UnknownPromptError:
    """Return an error that helps with a name that is not deployed either, else the same one."""
    if isinstance(error, UnknownAliasError) or (why := bundled.why_not(name)) is None:
        return error
    near = _near(name, bundled)
    if near == name:  # it is there, and nothing that can be served
        hint = why.hint if why.message == error.message else why.message
    elif near is not None:
        hint = _meant(near, bundled)
    elif bundled.is_configured or bundled.names():
        return error
    else:
        hint = (
            f"no configuration, bundle or prompt file was found from `{bundled.folder}`; "
            "start the program in its folder, or name `source` or `package`"
        )
    return type(error)(error.message, hint=hint)


def way_out(name: str, bundled: Bundled) -> str:
    """Return the hint for a prompt that neither the registry nor what is deployed can serve."""
    near, why = _near(name, bundled), bundled.why_not(name)
    if near is not None and near != name:
        return _meant(near, bundled)
    making = "`promptsync bundle` makes what a process serves when its registry is down"
    return f"{why.message}; {making}" if why else making


def _near(name: str, bundled: Bundled) -> str | None:
    # Some give the path of the prompt file.
    return near_name(name.removesuffix(".md").replace("/", "."), bundled.names())


def _meant(near: str, bundled: Bundled) -> str:
    """Ask for another name, and say what keeps that one from being served."""
    why = bundled.why_not(near)
    lists = "`promptsync status --all` lists what the registry has"
    return f"did you mean `{near}`? {why.message if why else lists}"
