"""The database of the embedded registry: where it is, one query, one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from math import ceil
from pathlib import Path
from typing import Any

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    Row,
    Select,
    create_engine,
    inspect,
    make_url,
    select,
)
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import NullPool

from promptsync.errors import ConfigError
from promptsync.optional_packages import missing_package
from promptsync.registries.local_deadline import Question
from promptsync.registries.local_errors import is_missing_table, translated_errors
from promptsync.registries.local_tables import ALIASES, METADATA, PROMPTS

_DRIVERS = {
    "sqlite": "sqlite+pysqlite",
    "sqlite+pysqlite": "sqlite+pysqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}

# What a URL does not say: how long to wait for another writer or a silent server, in seconds
# (tcp_user_timeout: milliseconds).
_DEFAULTS: Mapping[str, Mapping[str, str]] = {
    "sqlite": {"timeout": "15"},
    "postgresql": {
        "connect_timeout": "10",
        "keepalives_idle": "5",
        "keepalives_interval": "3",
        "keepalives_count": "2",
        "tcp_user_timeout": "10000",
    },
}

# IMMEDIATE takes the lock before the first read: a reader that becomes a writer is refused at
# once by SQLite, however long it was told to wait.
_BEFORE_WRITING = {
    "sqlite": ("PRAGMA foreign_keys = ON", "BEGIN IMMEDIATE"),
    "postgresql": ("SET LOCAL lock_timeout = '10s'",),
}

# Any number that other programs do not lock: two sessions that create one table at once fail.
_CREATING = "SELECT pg_advisory_xact_lock(7076421193)"


class Database:
    """A SQLite file or a PostgreSQL database, whose tables come into being with the first write.

    `address` says where it is, without credentials.
    """

    def __init__(self, url: str, *, folder: Path, each: float | None = None) -> None:
        parsed = _parse(url)
        self._dialect = parsed.get_backend_name()
        self.address = URL.create(
            self._dialect, host=parsed.host, port=parsed.port, database=parsed.database
        ).render_as_string()
        self._file = folder / (parsed.database or "") if self._dialect == "sqlite" else None
        self._engine = _make_engine(parsed, self._file, each)
        self._seconds = each if self._file is None else None
        self._questions: set[Question] = set()

    def rows(self, query: Select[Any]) -> Sequence[Row[Any]]:
        """Run one query and return all it finds: nothing where nothing was ever stored.

        Whole, because an open cursor on SQLite would keep every writer waiting.
        """
        with translated_errors(self.address):
            if self.missing_file is not None:
                return []
            try:
                return self._rows(query)
            except DBAPIError as error:
                if is_missing_table(error):
                    return []
                raise

    @property
    def has_tables(self) -> bool:
        """Whether anything was ever stored, or all of it removed since."""
        with translated_errors(self.address):
            try:
                self._rows(select(PROMPTS.c.id).limit(1))
            except DBAPIError as error:
                if is_missing_table(error):
                    return False
                raise
        return True

    @property
    def missing_file(self) -> Path | None:
        """The file of SQLite, where nothing was ever stored or somebody removed it; else None."""
        return self._file if self._file is not None and not self._file.exists() else None

    def _rows(self, query: Select[Any]) -> Sequence[Row[Any]]:
        if self._seconds is None:
            return self._read(query)
        question = Question(self.address, self._seconds)
        self._questions.add(question)
        try:
            return question.ask(lambda asked: self._read(query, asked))
        finally:
            self._questions.discard(question)

    def _read(self, query: Select[Any], question: Question | None = None) -> Sequence[Row[Any]]:
        with (
            self._engine.connect() as connection,
            nullcontext() if question is None else question.watching(connection),
        ):
            return connection.execute(query).all()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a transaction that is stored whole at the end, or not at all."""
        with translated_errors(self.address):
            if self._file is not None:
                self._file.parent.mkdir(parents=True, exist_ok=True)
            with self._engine.begin() as connection:
                for statement in _BEFORE_WRITING[self._dialect]:
                    connection.exec_driver_sql(statement)
                self._create_tables(connection)
                yield connection

    @property
    def is_shared(self) -> bool:
        """Whether other computers may use it: a server and not a file."""
        return self._file is None

    def own_connection(self) -> Connection:
        """Open a connection outside of the pool and without transactions, for the caller to close.

        Errors of what is run on it are the caller's to translate.
        """
        with translated_errors(self.address):
            connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            connection.detach()
            return connection

    def _create_tables(self, connection: Connection) -> None:
        if inspect(connection).has_table(ALIASES.name):
            return
        if self._dialect == "postgresql":
            connection.exec_driver_sql(_CREATING)
        METADATA.create_all(connection)

    def close(self) -> None:
        """Give back connections; a server that is asked at this moment is not waited for."""
        for each in self._questions.copy():
            each.end()
        self._engine.dispose()


def _parse(url: str) -> URL:
    # The text may hold a password: no message quotes it, and no exception in the chain.
    hint = "such as sqlite:///.promptsync/registry.db or postgresql+psycopg://host/database"
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise ConfigError("the `url` of a local registry is no database URL", hint=hint) from None
    if parsed.drivername not in _DRIVERS:
        raise ConfigError(f"a local registry cannot use `{parsed.drivername}`", hint=hint)
    parsed = parsed.set(drivername=_DRIVERS[parsed.drivername])
    if parsed.get_backend_name() == "sqlite":
        if not parsed.database or parsed.database.startswith((":memory:", "file:")):
            raise ConfigError("a local registry in SQLite needs the path of a file", hint=hint)
    elif "@" in (parsed.host or ""):
        # Half of a password that contains `@` would be shown as part of the host.
        raise ConfigError("the password in `url` must be percent-encoded", hint="use PGPASSWORD")
    return parsed


def _make_engine(url: URL, file: Path | None, each: float | None) -> Engine:
    bounds = {} if each is None else _bounds(url.get_backend_name(), each)
    url = url.set(query={**_DEFAULTS[url.get_backend_name()], **url.query, **bounds})
    try:
        if file is None and each is None:
            return create_engine(url, pool_pre_ping=True, hide_parameters=True)
        if file is None:
            # A connection for each question: who asks now and then keeps none open meanwhile, and a
            # forked child inherits none.
            return create_engine(url, poolclass=NullPool, hide_parameters=True)
        # A connection for each transaction: a file that was deleted or replaced is noticed.
        return create_engine(
            url.set(database=str(file)),
            poolclass=NullPool,
            hide_parameters=True,
        )
    except ImportError as error:  # also without libpq, which only the binary package brings along
        if file is not None:
            raise ConfigError(
                "this Python was built without SQLite",
                hint="use another Python, or a local registry in PostgreSQL",
            ) from error
        raise missing_package("psycopg[binary]", extra="postgresql") from error


def _bounds(dialect: str, seconds: float) -> dict[str, str]:
    """Return what keeps a question short; libpq counts in whole seconds, and never less than 2."""
    if dialect == "sqlite":
        return {"timeout": str(seconds)}
    return {"connect_timeout": str(ceil(seconds)), "tcp_user_timeout": str(ceil(seconds * 1000))}
