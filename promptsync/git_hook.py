"""The plain git pre-commit hook: put in place beside an existing one, and taken away again."""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from promptsync import git_settings, templates
from promptsync.errors import UsageError
from promptsync.git import Repository

_FIRST_LINES = (
    "#!/bin/sh",
    "# Made by `promptsync hook install`; `promptsync hook uninstall` takes it away.",
)
_CHECKSUM = "# Not edited since: sha256:"


class Change(Enum):
    """What happened to the hook."""

    INSTALLED = "installed"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REMOVED = "removed"
    RESTORED = "restored"


@dataclass(frozen=True, slots=True)
class HookFiles:
    """The hook that git runs, and where the one that was there before is kept."""

    hook: Path
    kept: Path


def find_hook_files(repository: Repository) -> HookFiles:
    """Return where the hook goes. Raises UsageError where all repositories share their hooks."""
    scope = git_settings.config_scope(repository, "core.hooksPath")
    if scope in ("global", "system"):
        raise UsageError(
            f"`core.hooksPath` is set in your {scope} git configuration, so a hook there would run "
            "in every repository",
            hint="call `promptsync verify --staged` from your own hook, or give this repository "
            'its own hooks: `git config core.hooksPath "$(git rev-parse --git-common-dir)/hooks"`',
        )
    folder = git_settings.hooks_folder(repository)
    return HookFiles(folder / "pre-commit", folder / "pre-commit.before-promptsync")


def install(
    repository: Repository, arguments: Sequence[str], *, folder: str = "."
) -> tuple[Change, HookFiles]:
    """Make git run promptsync with some arguments before each commit.

    `folder` is where it runs, from the top of the repository. A hook that is there already is
    renamed and runs first. Raises UsageError rather than lose what somebody wrote.
    """
    files = find_hook_files(repository)
    text = hook_text(arguments, folder=folder, python=_python_for(repository, files.hook))
    state = _state_of(files.hook)
    if state is _State.EDITED:
        raise _edited(files)
    if state is _State.OURS and files.hook.read_bytes() == text.encode():
        return Change.UNCHANGED, files
    if state is _State.FOREIGN:
        _keep(files)
    _write_program(files.hook, text)
    return (Change.UPDATED if state is _State.OURS else Change.INSTALLED), files


def is_installed(repository: Repository) -> bool:
    """Tell whether git runs promptsync's hook already, with whatever options."""
    return _state_of(find_hook_files(repository).hook) in (_State.OURS, _State.EDITED)


def uninstall(repository: Repository) -> tuple[Change, HookFiles]:
    """Take promptsync's hook away and put back the one that was there before, byte for byte."""
    files = find_hook_files(repository)
    state = _state_of(files.hook)
    if state is _State.EDITED:
        raise _edited(files)
    if state is _State.FOREIGN:
        return Change.UNCHANGED, files
    if _exists(files.kept):
        files.kept.replace(files.hook)
        return Change.RESTORED, files
    if state is _State.NONE:
        return Change.UNCHANGED, files
    files.hook.unlink()
    return Change.REMOVED, files


def hook_text(arguments: Sequence[str], *, folder: str, python: str | None) -> str:
    """Return the hook as a POSIX shell script; `python` is tried before the search path."""
    body = templates.read("pre-commit.sh")
    values = {
        "@FOLDER@": shlex.quote(folder),
        "@PYTHON@": shlex.quote(python or ""),
        "@ARGUMENTS@": shlex.join(arguments),
    }
    body = re.sub("@[A-Z]+@", lambda found: values[found.group()], body)
    return "\n".join([*_FIRST_LINES, _CHECKSUM + _checksum(body), body])


class _State(Enum):
    NONE = "none"
    OURS = "ours"
    EDITED = "edited"
    FOREIGN = "foreign"


def _state_of(hook: Path) -> _State:
    if not _exists(hook):
        return _State.NONE
    if hook.is_symlink() or not hook.is_file():
        return _State.FOREIGN
    # A person's editor may have written CRLF; that is an edit, and sh could not run it.
    text = hook.read_bytes().decode("utf-8", "surrogateescape")
    if _FIRST_LINES[1] not in text:
        return _State.FOREIGN
    head, found, rest = text.partition(_CHECKSUM)
    checksum, _, body = rest.partition("\n")
    is_whole = found and head.rstrip("\n").split("\n") == [*_FIRST_LINES]
    return _State.OURS if is_whole and checksum == _checksum(body) else _State.EDITED


def _checksum(body: str) -> str:
    return hashlib.sha256(body.encode("utf-8", "surrogateescape")).hexdigest()


def _exists(path: Path) -> bool:
    return os.path.lexists(path)


def _keep(files: HookFiles) -> None:
    if _exists(files.kept):
        raise UsageError(
            f"another tool replaced promptsync's hook `{files.hook}`, and `{files.kept.name}` "
            "beside it still holds the hook from before",
            hint="merge the two into one file by hand, delete the other, and run this again",
        )
    files.hook.rename(files.kept)


def _edited(files: HookFiles) -> UsageError:
    hint = "take your lines out of it, or delete the file, and run this again"
    if _exists(files.kept):
        hint += f"; `{files.kept.name}` beside it runs first and is the place for lines of your own"
    return UsageError(
        f"somebody edited `{files.hook}` after promptsync made it; it is unchanged", hint=hint
    )


def _python_for(repository: Repository, hook: Path) -> str | None:
    """Return the Python that has promptsync, None for a hook that is shared with other machines."""
    is_shared = hook.parent.resolve().is_relative_to(repository.top.resolve()) and not (
        hook.parent.resolve().is_relative_to(repository.folder.resolve())
    )
    return None if is_shared else Path(sys.executable).as_posix()


def _write_program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".pre-commit.", suffix=".tmp")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode())
        temporary.chmod(0o755)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
