"""Where prompts belong: the folders and catalog files that a configuration names, and their names.

No file is opened: which prompt a path is, the path says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from promptsync.errors import UsageError
from promptsync.prompt_path import entry_path, file_of, is_catalog_file, key_of

SUFFIX = ".md"
# Folders of prompts are explained in a README; no prompt is called that.
_NOT_PROMPTS = frozenset({"readme"})


@dataclass(frozen=True, slots=True)
class Roots:
    """The prompt roots of a configuration: folders, and catalog files with many prompts each.

    Both are relative to the top of the repository.
    """

    top: Path
    folders: tuple[str, ...]
    catalogs: tuple[str, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """The folders and the catalog files."""
        return (*self.folders, *self.catalogs)

    def holds(self, path: str) -> bool:
        """Tell whether a file holds prompts, as its path says."""
        return path in self.catalogs or self.name_of(path) is not None

    def name_of(self, path: str) -> str | None:
        """Return the name that a path gives, None for a path that is no prompt's.

        The path of an entry gives its key.
        """
        if self.catalogs and file_of(path) in self.catalogs:
            return key_of(path)
        if not path.endswith(SUFFIX):
            return None
        for folder in self.folders:
            prefix = "" if folder == "." else f"{folder}/"
            if path.startswith(prefix):
                parts = path[len(prefix) : -len(SUFFIX)].split("/")
                hidden = any(part.startswith(".") or not part for part in parts)
                return None if hidden or parts[-1].lower() in _NOT_PROMPTS else ".".join(parts)
        return None

    def require_folder(self) -> str:
        """Return the first folder. Raises UsageError where there are only catalog files."""
        if not self.folders:
            raise UsageError(
                "`prompts` names no folder for prompt files, only catalog files",
                hint="add a folder to `prompts` in the configuration",
            )
        return self.folders[0]

    def path_of(self, name: str) -> str:
        """Return the path of a new prompt: in the first folder, else in the first catalog file."""
        if not self.folders:
            return entry_path(self.catalogs[0], name)
        return (PurePosixPath(self.folders[0]) / f"{name}{SUFFIX}").as_posix()


def find_roots(top: Path, config_root: Path, folders: Sequence[str]) -> Roots:
    """Turn roots relative to the configuration into roots relative to the repository.

    Raises UsageError for a configuration outside of the repository.
    """
    above, below = top.resolve(), config_root.resolve()
    if not below.is_relative_to(above):
        raise UsageError(f"the configuration in `{below}` is outside of the repository `{above}`")
    prefix = PurePosixPath(below.relative_to(above).as_posix())
    paths = [(prefix / folder).as_posix() for folder in folders]
    return Roots(
        top,
        tuple(path for path in paths if not is_catalog_file(path)),
        tuple(filter(is_catalog_file, paths)),
    )
