"""Import packages that promptsync can do without, and say what installs one that is missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from promptsync.errors import MissingPackageError


@contextmanager
def needs_package(
    package: str, *, module: str | None = None, extra: str | None = None
) -> Iterator[None]:
    """Raise MissingPackageError where the import within fails because of this package.

    `module` is what it is imported as, if that is not its name.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name != (module or package):
            raise  # it is there, and lacks another one
        raise missing_package(package, extra=extra) from error


def missing_package(package: str, *, extra: str | None = None) -> MissingPackageError:
    """Return the error that names a package, and the extra of promptsync's that installs it."""
    wanted = f"'promptsync[{extra}]'" if extra else package
    return MissingPackageError(
        f"the package `{package}` is not installed", hint=f"pip install {wanted}"
    )
