"""Put a prompt's new text where the prompt stands, if it is still what was compared.

A prompt with a file of its own and an entry of a catalog file are read and written alike, as the
text of a prompt file; of an entry, only the bytes of its changed values are replaced.
"""

from __future__ import annotations

from promptsync.catalog_file import replace_entry
from promptsync.errors import ConflictError, PromptFileError
from promptsync.file_writer import write_bytes, write_text
from promptsync.local_prompt import file_sha256, text_of
from promptsync.message_markup import find_conflict
from promptsync.prompt_file import parse_prompt
from promptsync.prompt_path import file_of, key_of
from promptsync.prompt_roots import Roots
from promptsync.prompt_sources import PromptSource, source_at
from promptsync.status import LocalPrompt


def current_text(roots: Roots, local: LocalPrompt) -> str:
    """Return what a prompt says now, as the text of a prompt file.

    Raises ConflictError where it is not what `local` says.
    """
    _, source = _current(roots, local)
    return text_of(source)


def write_prompt(roots: Roots, local: LocalPrompt, text: str) -> str:
    """Replace a prompt by the text of a prompt file; line ends stay those that it has.

    Returns the SHA-256 of the prompt's bytes as they are now. Raises ConflictError where the prompt
    is not what `local` says any more, and for conflict markers that are to go into a catalog file.
    """
    data, source = _current(roots, local)
    if source.entry is not None:
        refuse_markers(local, text, local.prompt.name)
        prompt = parse_prompt(text, path=local.path, name=source.entry.key)
        written = replace_entry(data, local.path, prompt)
    else:
        written = (text.replace("\n", "\r\n") if b"\r\n" in data else text).encode()
    write_bytes(roots.top, local.file, written)
    now = source_at(local.path, source.name, written)
    return file_sha256(now.data if now else written)


def refuse_markers(local: LocalPrompt, text: str, name: str) -> None:
    """Raise ConflictError for conflict markers in a catalog file: they would be part of a text.

    `name` is the prompt whose edit it is: of a composite, another one than the entry's.
    """
    if local.key is not None and find_conflict(text) is not None:
        raise _overlap(local, text, name)


def create_prompt(roots: Roots, path: str, text: str) -> None:
    """Write a new prompt: a file of its own, or one more entry of a catalog file."""
    if key_of(path) is None:
        write_text(roots.top, path, text)
        return
    file = file_of(path)
    try:
        data = (roots.top / file).read_bytes()
    except OSError as error:
        raise ConflictError(f"`{file}` cannot be read: {error.strerror}") from error
    prompt = parse_prompt(text, path=path, name=key_of(path) or "")
    write_bytes(roots.top, file, replace_entry(data, path, prompt))


def _current(roots: Roots, local: LocalPrompt) -> tuple[bytes, PromptSource]:
    try:
        data = (roots.top / local.file).read_bytes()
        source = source_at(local.path, roots.name_of(local.path) or local.prompt.name, data)
    except OSError as error:
        raise ConflictError(f"`{local.file}` cannot be read: {error.strerror}") from error
    except PromptFileError as error:
        raise moved(local.path) from error
    if source is None or file_sha256(source.data) != local.file_sha256:
        raise moved(local.path)
    return data, source


def moved(path: str) -> ConflictError:
    """Return the error for a prompt that is not what the plan was made from."""
    return ConflictError(
        f"`{path}` changed since the plan was made; it was left alone",
        hint="run the same command again to plan anew",
    )


def _overlap(local: LocalPrompt, text: str, name: str) -> ConflictError:
    return ConflictError(
        f"git and the registry changed the same lines of `{local.path}`, and `{local.file}` cannot "
        f"hold conflict markers; it is unchanged\n\n{text}",
        hint=f"write what you want into the entry, commit, and `promptsync upload --force {name}`; "
        f"`promptsync download --force {name}` takes the registry's text",
    )
