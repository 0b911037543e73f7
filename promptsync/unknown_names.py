"""What to say of a prompt that is nowhere: the name that may be meant, or where was looked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promptsync.composition import near_name
from promptsync.errors import UnknownAliasError, UnknownPromptError

if TYPE_CHECKING:
    from promptsync.bundled import Bundled


def with_hint(error: UnknownPromptError, name: str, bundled: Bundled) -> UnknownPromptError:
    """Return an error that helps with a name that is not deployed either, else the same one."""
    if isinstance(error, UnknownAliasError) or bundled.find(name) is not None:
        return error
    names = bundled.names()
    # Some give the path of the prompt file.
    near = near_name(name.removesuffix(".md").replace("/", "."), names)
    if near is not None:
        hint = f"did you mean `{near}`? `promptsync status --all` lists what the registry has"
    elif bundled.is_configured or names:
        return error
    else:
        hint = (
            f"no configuration, bundle or prompt file was found from `{bundled.folder}`; "
            "start the program in its folder, or name `source` or `package`"
        )
    return type(error)(error.message, hint=hint)
