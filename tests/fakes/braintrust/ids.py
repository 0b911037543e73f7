"""The service's identifiers: transaction ids, their printable form, uuids, moments."""

from __future__ import annotations

import re
import time
import uuid
from datetime import UTC, datetime

# A transaction id is 0x0DE1, then seconds since 1970, then a counter of 16 bits: recorded ids
# decode to the second of their `created`.
TOP_BITS = 0x0DE1 << 48

# The printable form is the id times this constant, modulo 2^64, as 16 hexadecimal digits.
FACTOR = 205891132094649
INVERSE = 1522336535492693385
MODULUS = 2**64

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class TransactionIds:
    """Gives ids that only grow; the latest one tells whether anything has changed."""

    def __init__(self) -> None:
        self.latest = 0

    def next(self) -> int:
        """Return a new id, greater than every id before it."""
        self.latest = max(self.latest + 1, TOP_BITS | int(time.time()) << 16)
        return self.latest


def printable_version(transaction: int) -> str:
    """Return the 16 hexadecimal digits by which the web interface names a version."""
    return f"{transaction * FACTOR % MODULUS:016x}"


def transaction_id(version: str) -> int:
    """Read a version given as a decimal id or in the printable form; ValueError for neither."""
    if re.fullmatch(r"[0-9a-fA-F]{16}", version):
        return TOP_BITS | int(version, 16) * INVERSE % MODULUS
    if re.fullmatch(r"[0-9]{1,20}", version):
        return int(version)
    raise ValueError(f"Invalid version: {version}")


def new_uuid() -> str:
    """Return a random uuid, as every id of an object is."""
    return str(uuid.uuid4())


def is_uuid(text: str) -> bool:
    """Tell whether the service would take this text for an id."""
    return UUID.fullmatch(text) is not None


def now() -> str:
    """Return the present moment as the service writes it: milliseconds and a Z."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
