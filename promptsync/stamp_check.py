"""Whether the stamp of a prompt proves its content, and what is served where it does not."""

from __future__ import annotations

from typing import Literal

from promptsync.errors import InvalidContentError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from promptsync.remote_prompt import RemotePrompt

Verify = Literal["off", "warn", "fallback", "strict"]


class UnprovenContentError(InvalidContentError):
    """The content is not what its stamp says, and the application prefers a fallback."""


def check_stamp(remote: RemotePrompt) -> str | None:
    """Say what is wrong with the stamp of a prompt: none, or one of other content; None is fine."""
    what = f"version {remote.version} of `{remote.name}`"
    if remote.stamp is None:
        return f"{what} has no stamp that promptsync can read: nothing says where it came from"
    if remote.stamp.content_hash != remote.content_hash:
        return (
            f"{what} has the content {remote.content_hash}, and its stamp says "
            f"{remote.stamp.content_hash}"
        )
    return None


def find_doubt(remote: RemotePrompt, verify: Verify, *, name: str) -> str | None:
    """Say why content is to be served with a warning, None where it is to be served without one.

    `name` is what the prompt is called here.

    Raises InvalidContentError for what must not be served, UnprovenContentError where something
    else is to be served in its place.
    """
    problem = None if verify == "off" else check_stamp(remote)
    if problem is None:
        return None
    if verify == "strict":
        raise InvalidContentError(problem, hint=f"`promptsync upload {name}` puts it right")
    if remote.stamp is None:
        return None
    if verify == "fallback":
        raise UnprovenContentError(problem)
    return problem
