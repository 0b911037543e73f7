"""Put a prompt's new text where the prompt stands, if it is still what was compared."""

from __future__ import annotations

from promptsync.catalog import file_sha256
from promptsync.errors import ConflictError
from promptsync.file_writer import write_text
from promptsync.prompt_file import decode
from promptsync.prompt_sources import Roots
from promptsync.status import LocalPrompt


def current_text(roots: Roots, local: LocalPrompt) -> str:
    """Return what a prompt says now, as the text of a prompt file.

    Raises ConflictError where it is not what `local` says.
    """
    return decode(_current_data(roots, local), local.path)


def write_prompt(roots: Roots, local: LocalPrompt, text: str) -> None:
    """Replace a prompt by the text of a prompt file; line ends stay those that it has.

    Raises ConflictError where the prompt is not what `local` says any more.
    """
    has_crlf = b"\r\n" in _current_data(roots, local)
    write_text(roots.top, local.path, text.replace("\n", "\r\n") if has_crlf else text)


def _current_data(roots: Roots, local: LocalPrompt) -> bytes:
    try:
        data = (roots.top / local.path).read_bytes()
    except OSError as error:
        raise ConflictError(f"`{local.path}` cannot be read: {error.strerror}") from error
    if file_sha256(data) != local.file_sha256:
        raise moved(local.path)
    return data


def moved(path: str) -> ConflictError:
    """Return the error for a file that is not what the plan was made from."""
    return ConflictError(
        f"`{path}` changed since the plan was made; it was left alone",
        hint="run the same command again to plan anew",
    )
