"""The public API: what `import promptsync` offers, and what it costs."""

from __future__ import annotations

import inspect
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import promptsync
from promptsync import errors


def test_the_public_names_are_sorted() -> None:
    assert promptsync.__all__ == sorted(promptsync.__all__)


# A context variable has a name, but no docstring.
@pytest.mark.parametrize("name", sorted({*promptsync.__all__} - {"correlation_id"}))
def test_a_public_name_is_there_and_says_what_it_is(name: str) -> None:
    value = getattr(promptsync, name)

    assert value.__name__.removeprefix("promptsync.") == name
    assert value.__doc__
    assert name in dir(promptsync)


def test_the_correlation_id_is_there_and_is_not_set() -> None:
    assert promptsync.correlation_id.name == "correlation_id"
    assert promptsync.correlation_id.get() is None
    assert "correlation_id" in dir(promptsync)


def test_the_version_is_the_one_that_is_installed() -> None:
    assert promptsync.__version__ == version("promptsync")
    assert "__version__" in dir(promptsync)


def test_where_nothing_is_known_of_an_installation_there_is_no_version(tmp_path: Path) -> None:
    (tmp_path / "promptsync").symlink_to(Path(promptsync.__file__).parent)
    program = "import promptsync; print(hasattr(promptsync, '__version__'))"

    # -S leaves out what is installed.
    result = subprocess.run(
        [sys.executable, "-S", "-c", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )

    assert result.stdout == "False\n"


def test_every_error_is_public() -> None:
    found = {name for name, value in vars(errors).items() if isinstance(value, type)}

    assert {name for name in found if name.endswith("Error")} <= set(promptsync.__all__)


def test_star_imports_give_the_public_names() -> None:
    names: dict[str, object] = {}

    exec("from promptsync import *", names)  # noqa: S102  a star is allowed nowhere else

    assert set(names) - {"__builtins__"} == set(promptsync.__all__)


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'promptsync' has no attribute 'load_prompts'"):
        _ = promptsync.load_prompts  # type: ignore[attr-defined]


def test_a_name_with_a_typing_error_is_told_with_the_one_that_may_be_meant() -> None:
    program = "import promptsync; promptsync.registr('greeting')"

    result = subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True, text=True
    )

    assert "Did you mean: 'register'?" in result.stderr


def test_what_is_offered_are_the_public_names() -> None:
    _ = promptsync.seed

    offered = [name for name in dir(promptsync) if not name.startswith("__")]
    assert offered == promptsync.__all__


def test_importing_promptsync_imports_no_other_part_of_it_than_the_cold_start() -> None:
    program = "import promptsync, sys; print(*sorted(n for n in sys.modules if 'promptsync' in n))"

    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert result.stdout == "promptsync promptsync.drift\n"


def test_configure_takes_what_a_client_takes() -> None:
    assert (
        inspect.signature(promptsync.configure).parameters
        == inspect.signature(promptsync.Client).parameters
    )
