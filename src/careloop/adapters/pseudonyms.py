"""Pseudonyms of people under a key that stays on this machine, in a file that only its owner can read.

The same unit has the same pseudonym while the key is there; without the key nobody can try out whom it stands for, and
throwing the key away unlinks all of them. Source: HMAC, RFC 2104; GDPR Art. 4(5).
"""

import os
from collections.abc import Callable
from hmac import digest
from pathlib import Path

from careloop.adapters.durable_file import write_once
from careloop.errors import Refused, Unavailable

__all__ = ["pseudonyms"]

_OTHERS = 0o077
_KEY_BYTES = 32


def pseudonyms(path: Path) -> Callable[[str], str]:
    """Makes `p-` and 20 hex digits of a unit; the key is made on first use.

    Raises `Refused` when others may read the key or it is no key, and `Unavailable` when it cannot be read.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_once(path, f"{os.urandom(_KEY_BYTES).hex()}\n".encode(), mode=0o600)
    try:
        if path.stat().st_mode & _OTHERS:
            raise Refused(f"{path} can be read by others", hint=f"Run `chmod 600 {path}`.")
        key = bytes.fromhex(path.read_text(encoding="ascii"))
    except OSError as error:
        raise Unavailable(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise Refused(f"{path} is no key of pseudonyms", hint="Restore it from a backup, or remove it.") from error
    if len(key) != _KEY_BYTES:
        raise Refused(f"{path} is no key of pseudonyms", hint="Restore it from a backup, or remove it.")
    return lambda unit: f"p-{digest(key, unit.encode(), 'sha256').hex()[:20]}"
