"""Syncs with a PostgreSQL database: kept apart and remembered there, for containers share it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Integer,
    MetaData,
    Table,
    Text,
    insert,
    inspect,
    select,
    text,
)
from sqlalchemy.exc import SQLAlchemyError

from promptsync.registries.local_database import Database
from promptsync.registries.local_errors import translated_errors
from promptsync.run_lock import another_is_at_work
from promptsync.sync_journal import (
    KEPT_RUNS,
    DayMarker,
    Remembered,
    SyncRun,
    as_text,
    newest_first,
)

_METADATA = MetaData()
_RUNS = Table(
    "promptsync_sync_runs",
    _METADATA,
    Column("id", Integer, primary_key=True),
    Column("document", Text, nullable=False),
)
_DAYS = Table(
    "promptsync_sync_days",
    _METADATA,
    Column("marker", Text, primary_key=True),
    Column("at", Text, nullable=False),
)

# Any number that other programs do not lock. The schema is part of the key: each may hold a
# registry of its own.
_CLASS = 7076421
_TRY_TO_LOCK = text("SELECT pg_try_advisory_lock(:class, hashtext(coalesce(current_schema(), '')))")
_HOLDER = text(
    """
    SELECT coalesce(activity.application_name, '') FROM pg_locks lock
    JOIN pg_stat_activity activity USING (pid)
    WHERE lock.locktype = 'advisory' AND lock.granted AND lock.classid = :class
    AND lock.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND lock.objid::bigint = hashtext(coalesce(current_schema(), ''))::bigint & 4294967295
    """
)
_NAME = text("SELECT set_config('application_name', :name, false)")
# PostgreSQL cuts longer names off.
_MAX_NAME = 63


class DatabaseSyncs:
    """The lock and the journal of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def lock(self, holder: str) -> Iterator[None]:
        """Hold the database's lock while the context lasts. Raises BusyError when another does.

        The lock belongs to a connection of its own, and ends with it when the process is killed.
        """
        connection = self._database.own_connection()
        try:
            # What happens while the lock is held is no matter of the database.
            with translated_errors(self._database.address):
                other = _lock(connection, f"promptsync sync, {holder}")
            if other is not None:
                raise another_is_at_work(other)
            yield
        finally:
            with suppress(SQLAlchemyError):
                connection.close()

    def remember(self, run: SyncRun) -> None:
        """Add a run, and the marker of its day where it is the first success."""
        with self._database.writing() as connection:
            if not inspect(connection).has_table(_DAYS.name):
                _METADATA.create_all(connection)
            added = insert(_RUNS).values(document=json.dumps(run.to_values()))
            last = connection.execute(added.returning(_RUNS.c.id)).scalar_one()
            connection.execute(_RUNS.delete().where(_RUNS.c.id <= last - KEPT_RUNS))
            if run.marker is not None and not _has_day(connection, run.marker):
                day = {"marker": run.marker, "at": as_text(run.started)}
                connection.execute(insert(_DAYS).values(**day))

    def read(self) -> Remembered:
        """Return what is remembered."""
        markers = list(_markers(self._database.rows(select(_DAYS))))
        return newest_first(markers, list(_runs(self._database.rows(select(_RUNS.c.document)))))


def _lock(connection: Connection, name: str) -> str | None:
    """Take the lock, or say who has it."""
    connection.execute(_NAME, {"name": name[:_MAX_NAME]})
    if connection.execute(_TRY_TO_LOCK, {"class": _CLASS}).scalar():
        return None
    return ", ".join(connection.execute(_HOLDER, {"class": _CLASS}).scalars())


def _has_day(connection: Connection, marker: str) -> bool:
    return connection.execute(select(_DAYS.c.at).filter_by(marker=marker)).first() is not None


def _markers(rows: Sequence[Any]) -> Iterator[DayMarker]:
    for row in rows:
        with suppress(ValueError):
            yield DayMarker(name=row.marker, at=datetime.fromisoformat(row.at))


def _runs(rows: Sequence[Any]) -> Iterator[SyncRun]:
    for row in rows:
        with suppress(ValueError, TypeError, KeyError):
            yield SyncRun.from_values(json.loads(row.document))
