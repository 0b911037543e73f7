"""Find the prompts that a process was deployed with: in a folder, or in a Python package."""

from __future__ import annotations

from promptsync.argument_checks import check_optional_texts, check_path
from promptsync.errors import UsageError
from promptsync.prompt_location import locate_in_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from promptsync.prompt_location import AnyPath, BundlePlace, FilesPlace


def locate(
    source: AnyPath | None,
    *,
    start: AnyPath,
    registry: str | None = None,
    package: str | None = None,
) -> BundlePlace | FilesPlace:
    """Return where the prompts are that `source`, a Python package or the usual order names.

    That order, in the folder `source` or else at `start`, is: the prompt files of a configuration;
    a bundle by its usual name, here or above; the files below `prompts/`, which the default
    configuration names. Relative paths in the settings of a registry start where the configuration
    or the bundle was found, but at `start` for a bundle that somebody named: it may lie anywhere.

    Raises ConfigError, and UsageError for a package that is none or a folder that is not there.
    """
    check_path("source", source)
    check_optional_texts(package=package, registry=registry)
    if package is None:
        return locate_in_folder(source, start=start, registry=registry)
    if source is not None:
        raise UsageError("`source` and `package` exclude each other")
    from promptsync.package_location import locate_in_package  # few have one

    return locate_in_package(package, start=start, registry=registry)
