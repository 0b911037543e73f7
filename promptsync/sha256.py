"""SHA-256 without waiting for OpenSSL, which takes `hashlib` 3 ms at a program's start."""

from __future__ import annotations

from sys import modules, version_info

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hashlib import sha256 as _sha256
else:
    try:  # Python's own module, as the standard library's `random` takes it
        if version_info >= (3, 12):
            from _sha2 import sha256 as _sha256
        else:
            from _sha256 import sha256 as _sha256
    except ImportError:  # Python was built without it
        from hashlib import sha256 as _sha256


def sha256_hex(data: bytes) -> str:
    """Return the SHA-256 of bytes as 64 hex digits."""
    # OpenSSL's is faster, and there already in programs that hash thousands of files. Another
    # thread may be importing it at this moment.
    found: str = getattr(modules.get("hashlib"), "sha256", _sha256)(data).hexdigest()
    return found
