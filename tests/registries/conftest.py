"""The embedded registry in an empty database, once in SQLite and once in PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from promptsync.registries.local import LocalRegistry

OpenLocal = Callable[[], LocalRegistry]

_numbers = count(1)


@pytest.fixture
def sqlite_file(tmp_path: Path) -> Path:
    """Return where a registry will be; neither the file nor its folder exists."""
    return tmp_path / "project" / ".promptsync" / "registry.db"


@pytest.fixture
def postgresql_database(postgresql_url: str) -> str:
    """Return the address of a schema of its own: as good as a database, and made in no time."""
    schema = f"test_{next(_numbers)}"
    server = create_engine(postgresql_url, poolclass=NullPool)
    with server.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    url = make_url(postgresql_url).update_query_dict({"options": f"-c search_path={schema}"})
    return url.render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.network)])
def database_url(request: pytest.FixtureRequest) -> str:
    """Return the address of an empty database, in each of the two kinds."""
    if request.param == "sqlite":
        return f"sqlite:///{request.getfixturevalue('sqlite_file')}"
    return str(request.getfixturevalue("postgresql_database"))


@pytest.fixture
def open_local(database_url: str) -> Iterator[OpenLocal]:
    """Return a function that opens the same database once more; the test need not close it."""
    opened: list[LocalRegistry] = []

    def open_local() -> LocalRegistry:
        opened.append(LocalRegistry(database_url, author="Ada <ada@example.com>"))
        return opened[-1]

    yield open_local
    for registry in opened:
        registry.close()


@pytest.fixture
def local(open_local: OpenLocal) -> LocalRegistry:
    """Return the embedded registry over an empty database."""
    return open_local()
