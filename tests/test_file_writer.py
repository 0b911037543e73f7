"""Files are written whole or not at all, and never where a name from a registry leads."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from promptsync.errors import UsageError
from promptsync.file_writer import path_for, remove_leftovers, taken_names, write_text
from promptsync.prompt_roots import Roots

needs_links = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows gives symbolic links to administrators only"
)
needs_modes = pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")


def files(folder: Path) -> list[str]:
    """Return every file below a folder."""
    paths = (path for path in folder.rglob("*") if not path.is_dir())
    return sorted(path.relative_to(folder).as_posix() for path in paths)


# -- names that come from a registry --


@pytest.mark.parametrize("name", ["greeting", "forseti.persona", "A_1-b", "-rf", "x" * 252])
def test_a_plain_name_becomes_a_file_of_that_name(tmp_path: Path, name: str) -> None:
    roots = Roots(tmp_path, ("prompts", "other"))

    path = path_for(roots, name, {})

    assert path == f"prompts/{name}.md"
    assert roots.name_of(path) == name
    write_text(tmp_path, path, "Hello\n")
    assert files(tmp_path) == [path]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../../x", "names have letters, digits"),
        ("..", "it starts or ends with a dot, or has two in a row"),
        ("a..b", "it starts or ends with a dot, or has two in a row"),
        (".hidden", "it starts or ends with a dot, or has two in a row"),
        ("trailing.", "it starts or ends with a dot, or has two in a row"),
        ("/etc/passwd", "names have letters, digits"),
        ("C:\\x", "names have letters, digits"),
        ("a/b", "names have letters, digits"),
        ("a\\b", "names have letters, digits"),
        ("", "names have letters, digits"),
        ("with space", "names have letters, digits"),
        ("line\nbreak", "names have letters, digits"),
        ("end\n", "names have letters, digits"),
        ("nul\0", "names have letters, digits"),
        ("\x1b[31mred", "names have letters, digits"),
        ("Grüße", "names have letters, digits"),
        ("\ud800", "names have letters, digits"),
        ("con", "Windows reserves it"),
        ("CON", "Windows reserves it"),
        ("nul.txt", "Windows reserves it"),
        ("com7", "Windows reserves it"),
        ("lpt1.x.y", "Windows reserves it"),
        ("ReadMe", "a README is not a prompt"),
        ("x" * 253, "file systems hold file names of at most 255 characters"),
        ("x" * 10_000, "names have letters, digits"),
    ],
    ids=lambda value: ascii(value[:20]),
)
def test_a_name_that_is_unsafe_somewhere_is_refused(tmp_path: Path, name: str, reason: str) -> None:
    with pytest.raises(UsageError) as raised:
        path_for(Roots(tmp_path, ("prompts",)), name, {})

    assert raised.value.message.startswith(f"`{name[:60]}` cannot become a prompt file: {reason}")
    assert len(raised.value.message) < 200
    assert raised.value.hint is not None


@pytest.mark.parametrize(
    ("there", "name"),
    [
        ("prompts/Greeting.md", "greeting"),
        ("prompts/forseti/persona.md", "forseti.persona"),
        ("prompts/Forseti/persona.md", "forseti.Persona"),
        ("other/greeting.md", "GREETING"),
    ],
)
def test_a_name_that_a_file_here_has_is_refused_case_aside(
    tmp_path: Path, there: str, name: str
) -> None:
    write_text(tmp_path, there, "Hello\n")
    roots = Roots(tmp_path, ("prompts", "other"))

    with pytest.raises(UsageError) as raised:
        path_for(roots, name, taken_names(roots))

    assert raised.value.message.endswith(f"cannot become a prompt file: `{there}` has that name")


def test_a_path_that_is_no_prompt_file_is_taken_too(tmp_path: Path) -> None:
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "GREETING.MD").write_text("Not a prompt, but the same file on a Mac")
    roots = Roots(tmp_path, ("prompts",))

    with pytest.raises(UsageError, match=r"`prompts/GREETING\.MD` has that name"):
        path_for(roots, "greeting", taken_names(roots))


# -- writing --


def test_a_file_and_its_folders_are_made(tmp_path: Path) -> None:
    write_text(tmp_path / "top", "prompts/deep/greeting.md", "Grüße\n")

    assert (tmp_path / "top/prompts/deep/greeting.md").read_bytes() == "Grüße\n".encode()
    assert files(tmp_path / "top") == ["prompts/deep/greeting.md"]


@needs_modes
def test_a_new_file_gets_the_permissions_of_any_new_file(tmp_path: Path) -> None:
    write_text(tmp_path, "written.md", "x")
    (tmp_path / "touched.md").touch()

    assert (tmp_path / "written.md").stat().st_mode == (tmp_path / "touched.md").stat().st_mode


@needs_modes
@pytest.mark.parametrize("mode", [0o600, 0o755, 0o444])
def test_a_file_keeps_its_permissions(tmp_path: Path, mode: int) -> None:
    (tmp_path / "greeting.md").touch(mode)
    (tmp_path / "greeting.md").chmod(mode)

    write_text(tmp_path, "greeting.md", "Hello\n")

    assert (tmp_path / "greeting.md").stat().st_mode & 0o777 == mode
    assert (tmp_path / "greeting.md").read_text() == "Hello\n"


def test_a_name_as_long_as_a_file_system_takes_can_be_written(tmp_path: Path) -> None:
    path = f"{'x' * 252}.md"

    write_text(tmp_path, path, "Hello\n")

    assert files(tmp_path) == [path]


@pytest.mark.parametrize("path", ["../outside.md", "prompts/../../outside.md"])
def test_a_path_that_leads_out_is_refused(tmp_path: Path, path: str) -> None:
    (tmp_path / "top" / "prompts").mkdir(parents=True)

    with pytest.raises(UsageError, match="leads out of the repository"):
        write_text(tmp_path / "top", path, "x")

    assert files(tmp_path) == []


@needs_links
@pytest.mark.parametrize(
    ("link", "path"),
    [
        ("prompts", "prompts/greeting.md"),
        ("prompts/deep", "prompts/deep/greeting.md"),
        ("prompts/greeting.md", "prompts/greeting.md"),
    ],
)
@pytest.mark.parametrize("target", ["../outside", "inside", "missing"])
def test_nothing_is_written_through_a_symbolic_link(
    tmp_path: Path, link: str, path: str, target: str
) -> None:
    top = tmp_path / "top"
    for folder in (tmp_path / "outside", top / "inside", (top / link).parent):
        folder.mkdir(parents=True, exist_ok=True)
    (top / link).symlink_to(target if target == "missing" else (top / target).resolve())

    with pytest.raises(UsageError) as raised:
        write_text(top, path, "x")

    assert raised.value.message == f"`{path}` leads through a symbolic link; nothing was written"
    assert (top / link).is_symlink()
    assert [name for name in files(tmp_path) if not (tmp_path / name).is_symlink()] == []


@needs_links
def test_the_way_to_the_repository_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")

    write_text(tmp_path / "link", "greeting.md", "Hello\n")

    assert files(tmp_path / "real") == ["greeting.md"]


def test_a_file_where_a_folder_belongs_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "prompts").write_text("a file")

    with pytest.raises(UsageError, match=r"`prompts/greeting\.md` cannot be written: .*unchanged"):
        write_text(tmp_path, "prompts/greeting.md", "x")

    assert (tmp_path / "prompts").read_text() == "a file"


def test_a_folder_where_the_file_belongs_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "greeting.md" / "inner").mkdir(parents=True)

    with pytest.raises(UsageError, match=r"`greeting\.md` cannot be written"):
        write_text(tmp_path, "greeting.md", "x")

    assert files(tmp_path) == []


@needs_modes
def test_a_read_only_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "greeting.md").write_text("old")
    (tmp_path / "prompts").chmod(0o500)
    if os.access(tmp_path / "prompts", os.W_OK):
        pytest.skip("the superuser may write anywhere")

    with pytest.raises(UsageError, match="cannot be written: Permission denied; it is unchanged"):
        write_text(tmp_path, "prompts/greeting.md", "new")

    (tmp_path / "prompts").chmod(0o700)
    assert (tmp_path / "prompts" / "greeting.md").read_text() == "old"


FULL_DISK = """
import resource, sys
from pathlib import Path
from promptsync.errors import UsageError
from promptsync.file_writer import write_text

resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    write_text(Path(sys.argv[1]), "prompts/greeting.md", "x" * 1001)
except UsageError as error:
    print(error.message)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of files")
def test_a_disk_that_is_full_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    write_text(tmp_path, "prompts/greeting.md", "old")

    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, tmp_path],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == (
        "`prompts/greeting.md` cannot be written: File too large; it is unchanged\n"
    )
    assert (tmp_path / "prompts" / "greeting.md").read_text() == "old"
    assert files(tmp_path) == ["prompts/greeting.md"]


def test_a_reader_never_sees_half_a_file(tmp_path: Path) -> None:
    texts = ["a" * 100_000, "b" * 200_000]
    write_text(tmp_path, "greeting.md", texts[0])
    stop = threading.Event()
    seen = set()

    def read() -> None:
        while not stop.is_set():
            seen.add((tmp_path / "greeting.md").read_text())

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(20):
        write_text(tmp_path, "greeting.md", texts[number % 2])
    stop.set()
    reader.join()

    assert seen <= set(texts)


def test_what_a_killed_run_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    leftover = ".greeting.md.0123abcd.promptsync-tmp"
    kept = [".greeting.md.0123abcd.tmp", ".x.0123abcd.promptsync-tmp.md", "greeting.md"]
    for name in (leftover, *kept):
        write_text(tmp_path, f"prompts/{name}", "x")
    write_text(tmp_path, leftover, "not below a root")
    roots = Roots(tmp_path, ("prompts", "missing"))

    remove_leftovers(roots)

    assert files(tmp_path) == sorted([leftover, *(f"prompts/{name}" for name in kept)])
