"""Packages that promptsync can do without: which one is missing, and what installs it."""

from __future__ import annotations

import pytest

from promptsync import MissingPackageError, UsageError
from promptsync.optional_packages import needs_package


def missing(module: str) -> ModuleNotFoundError:
    return ModuleNotFoundError(f"No module named {module!r}", name=module)


def test_a_missing_package_is_named_with_what_installs_it() -> None:
    with pytest.raises(UsageError) as caught, needs_package("opik"):
        raise missing("opik")

    assert (caught.value.message, caught.value.hint) == (
        "the package `opik` is not installed",
        "pip install opik",
    )


def test_a_package_of_an_extra_is_installed_by_the_extra() -> None:
    with (
        pytest.raises(UsageError) as caught,
        needs_package("openfeature-sdk", module="openfeature", extra="openfeature"),
    ):
        raise missing("openfeature")

    assert (caught.value.message, caught.value.hint) == (
        "the package `openfeature-sdk` is not installed",
        "pip install 'promptsync[openfeature]'",
    )


def test_a_package_that_lacks_another_one_says_which() -> None:
    with pytest.raises(ModuleNotFoundError, match="pydantic") as caught, needs_package("opik"):
        raise missing("pydantic")

    assert not isinstance(caught.value, UsageError)


def test_who_tries_an_import_may_catch_what_imports_raise() -> None:
    assert issubclass(MissingPackageError, ImportError)
