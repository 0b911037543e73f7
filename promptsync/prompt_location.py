"""Where the prompts are that a process was deployed with: a bundle, or a configuration's files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

from promptsync.errors import UsageError
from promptsync.file_search import (
    configuration_files,
    exists,
    find_bundle,
    folder_of,
    is_folder,
    joined,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

    from promptsync.config import Config
    from promptsync.errors import PromptFileError
    from promptsync.prompt_folder import PromptFolder
    from promptsync.prompt_sources import PromptSource
    from promptsync.registry_config import RegistryConfig

AnyPath: TypeAlias = "str | os.PathLike[str]"


class BundlePlace(NamedTuple):
    """A bundle, which need not be there where somebody named it.

    `folder` is where relative paths in its registry's settings start. `data` is what it holds,
    where that is no file of its own, as in a zip.
    """

    path: str
    folder: AnyPath
    data: bytes | None = None

    def config(self) -> Config:
        """Return the configuration around the bundle, else that of `folder`. Raises ConfigError."""
        from pathlib import Path  # a bundle that is right needs neither

        from promptsync.config import load_config

        around = load_config(Path(folder_of(self.path)))
        return around if around.file else load_config(Path(self.folder))


class FilesPlace(NamedTuple):
    """Prompt files, of which there may be none, and where their registry is.

    `sources` are those of a zip, None for the files on disk that the configuration names.
    `folder` is where relative paths in the registry's settings start.
    """

    config: Config
    folder: Path
    sources: tuple[PromptSource | PromptFileError, ...] | None = None

    @property
    def is_configured(self) -> bool:
        """Whether these are the files that the configuration in `folder` names."""
        return self.sources is None and self.config.root == self.folder

    def read(self, registry: RegistryConfig) -> Iterator[PromptSource | PromptFileError]:
        """Yield the prompt files that one registry serves."""
        return iter(self.prompt_folder(registry).read())

    def prompt_folder(self, registry: RegistryConfig) -> PromptFolder:
        """Return the prompt files that one registry serves, to be read one by one."""
        # It starts git for other questions, and who has a bundle needs none of it.
        from promptsync.prompt_folder import GivenPrompts, PromptsOnDisk
        from promptsync.prompt_roots import find_roots

        if self.sources is not None:
            return GivenPrompts(self.sources)
        root = self.config.root
        return PromptsOnDisk(find_roots(root, root, self.config.roots(registry)))


def locate_in_folder(
    source: AnyPath | None, *, start: AnyPath, registry: str | None
) -> BundlePlace | FilesPlace:
    """Return where the prompts are that `source` or the usual order names, see `locate`."""
    place = joined(os.fspath(start), "" if source is None else source)
    if source is not None and not is_folder(place):
        _require_folder(place)
        return BundlePlace(place, start)
    configured = any(configuration_files(place))
    if configured and (files := _configured(place)).config.file and holds_prompts(files, registry):
        return files
    bundle = find_bundle(place)
    return BundlePlace(bundle, folder_of(bundle)) if bundle else _configured(place)


def _require_folder(place: str) -> None:
    """Raise UsageError for a folder that is not there; of a bundle that is not, others decide."""
    folder, name = os.path.split(place)
    if not name.endswith(".json") and not exists(folder, name):
        raise UsageError(
            f"there is no folder `{place}`",
            hint="`source` is a bundle, or a folder with prompt files or a configuration",
        )


def _configured(place: str) -> FilesPlace:
    from pathlib import Path  # costs 5 ms, and who has a bundle needs none

    from promptsync.config import load_config  # as above

    config = load_config(Path(place))
    return FilesPlace(config, config.root)


def holds_prompts(files: FilesPlace, registry: str | None) -> bool:
    """Tell whether there is any prompt file, right or wrong. Raises ConfigError."""
    return next(iter(files.read(files.config.registry(registry))), None) is not None
