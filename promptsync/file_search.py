"""Look for the files that a process starts with, without pathlib: importing that costs 5 ms."""

from __future__ import annotations

import os
from collections.abc import Iterator

CONFIGURATION = "promptsync.toml"
BUNDLE = "promptsync-bundle.json"
_REPOSITORY = ".git"


def folders_upward(start: str) -> Iterator[str]:
    """Yield a folder and those above it."""
    folder = os.path.abspath(start)
    yield folder
    while (above := os.path.dirname(folder)) != folder:
        folder = above
        yield folder


def configuration_files(start: str) -> Iterator[str]:
    """Yield the files that may hold the configuration, from a folder up to the repository's top.

    Of files called `pyproject.toml` only those in which promptsync is mentioned.
    """
    for folder in folders_upward(start):
        own, pyproject = os.path.join(folder, CONFIGURATION), os.path.join(folder, "pyproject.toml")
        if os.path.isfile(own):
            yield own
        elif os.path.isfile(pyproject) and _mentions_promptsync(pyproject):
            yield pyproject
        if os.path.exists(os.path.join(folder, _REPOSITORY)):
            return


def _mentions_promptsync(file: str) -> bool:
    try:
        return b"promptsync" in read_file(file)
    except OSError:
        return True  # who reads it as TOML says what is wrong


def repository_top(start: str) -> str | None:
    """Return the nearest folder upward that is the top of a repository."""
    found = (each for each in folders_upward(start) if exists(each, _REPOSITORY))
    return next(found, None)


def find_bundle(start: str) -> str | None:
    """Return the bundle with the usual name in a folder or the nearest one above it."""
    candidates = (os.path.join(folder, BUNDLE) for folder in folders_upward(start))
    return next(filter(os.path.isfile, candidates), None)


def exists(folder: str, name: str) -> bool:
    """Tell whether a folder has something of that name."""
    return os.path.exists(os.path.join(folder, name))


def is_folder(path: str) -> bool:
    """Tell whether a path is that of a folder."""
    return os.path.isdir(path)


def joined(folder: str, path: str | os.PathLike[str]) -> str:
    """Return a path as it is meant in a folder: one that is absolute stays as it is."""
    return os.path.join(folder, path)


def read_file(path: str) -> bytes:
    """Return the bytes of a file. Raises OSError."""
    with open(path, "rb") as file:
        return file.read()


def folder_of(file: str) -> str:
    """Return the folder that a file is in, as an absolute path."""
    return os.path.dirname(os.path.abspath(file))
