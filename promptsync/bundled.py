"""The prompts that an application was deployed with, read one by one when they are asked for.

An application waits for this when it starts: reading one prompt of a bundle needs no git, no YAML,
no catalog and none of the other prompts.
"""

from __future__ import annotations

from promptsync.bundle_file import MissingBundleError, open_bundle
from promptsync.content_hash import content_hash
from promptsync.errors import PromptsyncError, UsageError
from promptsync.light_dataclass import replace
from promptsync.prompt_location import BundlePlace
from promptsync.prompt_search import locate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from promptsync.bundled_prompt import BundledPrompt
    from promptsync.prompt_files import PromptFiles
    from promptsync.prompt_location import AnyPath, FilesPlace
    from promptsync.registry_config import RegistryConfig

# More than any catalog has: names may come from whoever uses the application.
_NAMES = 10_000


class Bundled:
    """What an application was deployed with, and the registry that should serve it.

    `names` returns what prompts may be asked for; those of files are the ones their paths give.
    `is_configured` is False where nothing says which registry is meant: it is the local one.
    `trouble` says why none of the prompts of a bundle is there.
    """

    def __init__(
        self,
        registry: RegistryConfig,
        folder: AnyPath,
        read: Callable[[str], BundledPrompt],
        names: Callable[[], Collection[str]],
        *,
        is_configured: bool = True,
        trouble: PromptsyncError | None = None,
    ) -> None:
        self.registry = registry
        self._folder = folder
        self._read = read
        self.names = names
        # Prompts may be many, and each is looked after every few minutes.
        self._served_names: dict[str, str] = {}
        self.is_configured = is_configured
        self.trouble = trouble

    @property
    def folder(self) -> Path:
        """Where relative paths in the registry's settings start."""
        from pathlib import Path  # costs 5 ms, and a bundle needs none

        return Path(self._folder)

    def find(self, name: str) -> BundledPrompt | None:
        """Return a prompt by its name or its served name, None where none can be served.

        The prompt has the name that it was asked for. `why_not` says what is wrong.
        """
        try:
            return self._read(name)
        except PromptsyncError:
            return None

    def why_not(self, name: str) -> PromptsyncError | None:
        """Return the error that says why a prompt is not found here, None where it is."""
        try:
            self._read(name)
        except PromptsyncError as error:
            return error
        return None

    def served_name(self, name: str) -> str:
        """Return the name that the registry serves a prompt under, as it was found the first time.

        Raises PromptFileError for a prompt file that is wrong: the registry may serve something
        else under the name that the file has.
        """
        if (known := self._served_names.get(name)) is not None:
            return known
        try:
            served = self._read(name).prompt.served_name(self.registry.kind)
        except UsageError:  # there is no such prompt here
            served = name
        if len(self._served_names) < _NAMES:
            self._served_names[name] = served
        return served


def find_bundled(
    source: AnyPath | None, package: str | None, start: AnyPath, registry: str | None
) -> Bundled:
    """Return what `source`, a bundle or a folder, or a Python package, or else `start` holds.

    No prompt is read yet, and a bundle that is named need not be there: the registry is then that
    of the configuration. Raises ConfigError, UsageError for a package that is none, and for a
    bundle that is none where no configuration names a registry.
    """
    place = locate(source, start=start, registry=registry, package=package)
    if isinstance(place, BundlePlace):
        return _from_bundle(place, registry)
    return _from_files(place, registry)


def _from_bundle(place: BundlePlace, registry: str | None) -> Bundled:
    try:
        bundle = open_bundle(place.path, place.data)
    except PromptsyncError as error:
        return _without_prompts(place, registry, error)
    if registry in (None, bundle.registry.name):
        return Bundled(
            bundle.registry,
            place.folder,
            lambda name: _called(name, bundle.prompt(name)),
            lambda: bundle.names,
        )
    config = place.config()
    chosen = config.registry(registry)

    def read(name: str) -> BundledPrompt:
        found = _called(name, bundle.prompt(name))
        return found._replace(content_hash=content_hash(found.prompt, chosen.kind))

    return Bundled(chosen, config.root, read, lambda: bundle.names)


def _called(name: str, found: BundledPrompt) -> BundledPrompt:
    if found.prompt.name == name:
        return found
    return found._replace(prompt=replace(found.prompt, name=name))


def _without_prompts(place: BundlePlace, registry: str | None, error: PromptsyncError) -> Bundled:
    """Return what knows where the registry is but has no prompts, or raise the error."""
    config = place.config()
    if config.file is None and not isinstance(error, MissingBundleError):
        raise error

    def read(_: str) -> BundledPrompt:
        raise error

    return Bundled(config.registry(registry), config.root, read, tuple, trouble=error)


def _from_files(files: FilesPlace, registry: str | None) -> Bundled:
    chosen = files.config.registry(registry)

    opened: list[PromptFiles] = []

    def prompts() -> PromptFiles:
        if not opened:
            from promptsync.prompt_files import PromptFiles  # PyYAML costs 20 ms

            opened.append(PromptFiles(files, chosen))
        return opened[0]

    def read(name: str) -> BundledPrompt:
        return _called(name, prompts().find(name))

    def names() -> Collection[str]:
        return prompts().names()

    is_configured = files.config.file is not None
    return Bundled(chosen, files.folder, read, names, is_configured=is_configured)
