"""What a database complains about, in promptsync's errors. No SQL and no credentials in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, SQLAlchemyError

from promptsync.errors import (
    RegistryAnswerError,
    RegistryError,
    RegistryRefusedError,
    RegistryUnavailableError,
)


class LostRaceError(RegistryRefusedError):
    """Another writer was faster; nothing was stored."""


RUN_AGAIN = "run the command again"
_NOTHING_STORED = "free some space and run the command again; nothing was stored"
_RESTORE = "restore it from a backup, or move it away and upload again"

# By the second word of SQLite's name for the error: SQLITE_BUSY_SNAPSHOT is a kind of BUSY.
_SQLITE: dict[str, tuple[type[RegistryError], str, str]] = {
    "BUSY": (RegistryUnavailableError, "is locked by another program", RUN_AGAIN),
    "LOCKED": (RegistryUnavailableError, "is locked by another program", RUN_AGAIN),
    "FULL": (RegistryUnavailableError, "cannot grow: the disk is full", _NOTHING_STORED),
    "IOERR": (RegistryUnavailableError, "cannot be read or written: disk error", _NOTHING_STORED),
    "CANTOPEN": (RegistryRefusedError, "cannot be opened", "check that it is a file you may use"),
    "READONLY": (RegistryRefusedError, "is read-only", "check who may write the file"),
    "PERM": (RegistryRefusedError, "may not be used", "check who may write the file"),
    "NOTADB": (RegistryAnswerError, "is no SQLite database", "check `url` of this registry"),
    "CORRUPT": (RegistryAnswerError, "is damaged", _RESTORE),
}

# Classes of SQLSTATE after which asking again may help: lost connection, rollback, no resources
# (a full disk is one), lock not available, operator intervention.
_POSTGRESQL_MAY_RECOVER = ("08", "40", "53", "55", "57")

# libpq gives no SQLSTATE for a refused connection, only text, which names the user.
_REFUSED_LOGINS = {
    r"database \".*\" does not exist": ("there is no such database", "create it first"),
    r"authentication failed|role \".*\" does not exist|no password supplied|pg_hba\.conf": (
        "the login was refused",
        "check the user in `url` and the password in PGPASSWORD",
    ),
}


@contextmanager
def translated_errors(address: str) -> Iterator[None]:
    """Raise whatever a database or its file raises as a RegistryError."""
    try:
        yield
    except SQLAlchemyError as error:
        raise _translate(error, address) from error
    except UnicodeEncodeError as error:
        raise RegistryRefusedError(f"{address} stores only valid Unicode") from error
    except OSError as error:
        raise RegistryRefusedError(
            f"{address} cannot be used: {error.strerror}", hint="check `url` of this registry"
        ) from error


def is_missing_table(error: DBAPIError) -> bool:
    """Tell whether a query failed because nothing was ever stored."""
    if getattr(error.orig, "sqlstate", None) == "42P01":
        return True
    return str(error.orig).startswith("no such table: ")


def _translate(error: SQLAlchemyError, address: str) -> RegistryError:
    if isinstance(error, IntegrityError):
        return LostRaceError(f"somebody else wrote to {address} at the same moment", hint=RUN_AGAIN)
    if not isinstance(error, DBAPIError):
        # SQLAlchemy's own: no connection became free in time.
        return RegistryUnavailableError(f"{address}: {_first_line(error)}", hint=RUN_AGAIN)
    if address.startswith("sqlite:"):
        return _translate_sqlite(error, address)
    return _translate_postgresql(error, address)


def _translate_sqlite(error: DBAPIError, address: str) -> RegistryError:
    name = getattr(error.orig, "sqlite_errorname", "SQLITE_ERROR").split("_")[1]
    if name not in _SQLITE:
        return RegistryRefusedError(f"{address} refused: {_first_line(error.orig)}")
    kind, problem, hint = _SQLITE[name]
    return kind(f"{address} {problem}", hint=hint)


def _translate_postgresql(error: DBAPIError, address: str) -> RegistryError:
    sqlstate = getattr(error.orig, "sqlstate", None)
    if sqlstate is None and isinstance(error, OperationalError):
        return _translate_connection(str(error.orig), address)
    reason = f"{address} refused: {_first_line(error.orig)}"
    if sqlstate is not None and sqlstate.startswith(_POSTGRESQL_MAY_RECOVER):
        return RegistryUnavailableError(reason, hint=RUN_AGAIN)
    return RegistryRefusedError(reason)


def _translate_connection(text: str, address: str) -> RegistryError:
    for pattern, (problem, hint) in _REFUSED_LOGINS.items():
        if re.search(pattern, text):
            return RegistryRefusedError(f"{address}: {problem}", hint=hint)
    reason = text.partition("\n")[0].rpartition("failed: ")[2]
    return RegistryUnavailableError(f"{address} cannot be reached: {reason}", hint=RUN_AGAIN)


def _first_line(error: BaseException | None) -> str:
    return str(error).partition("\n")[0]
