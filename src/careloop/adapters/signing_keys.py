"""Ed25519 signing keys in files that only their owner can read: the log's own, and those that sign attestations."""

import os
from pathlib import Path
from typing import Final

from careloop.adapters.durable_file import write_durably, write_once
from careloop.errors import NotFound, Refused, Unavailable
from careloop.ledger.note import Signer, Verifier, read_signer, read_verifier

__all__ = ["load_or_make_signer", "load_signer", "load_verifier", "save_verifier"]

_OTHERS: Final = 0o077


def load_or_make_signer(path: Path, *, name: str) -> Signer:
    """The key in the file; made from the kernel's randomness, mode 0600, when there is none yet.

    Two processes that make one at once end up with the same.
    """
    if path.exists():
        return load_signer(path)
    signer = Signer(name, os.urandom(32))
    if not write_once(path, f"{signer.text}\n".encode(), mode=0o600):
        return load_signer(path)
    return signer


def load_signer(path: Path) -> Signer:
    """The key in the file; raises `NotFound`, and `Refused` when others may read it."""
    try:
        if path.stat().st_mode & _OTHERS:
            raise Refused(f"{path} can be read by others", hint=f"Run `chmod 600 {path}`, and think about a new key.")
        return read_signer(path.read_text(encoding="utf-8").strip())
    except FileNotFoundError as error:
        raise NotFound(f"no signing key at {path}") from error
    except OSError as error:
        raise Unavailable(f"{path} cannot be read: {error.strerror}") from error


def load_verifier(path: Path) -> Verifier:
    """The public key in the file; raises `NotFound`."""
    try:
        return read_verifier(path.read_text(encoding="utf-8").strip())
    except FileNotFoundError as error:
        raise NotFound(f"no public key at {path}") from error
    except OSError as error:
        raise Unavailable(f"{path} cannot be read: {error.strerror}") from error


def save_verifier(path: Path, key: Verifier) -> None:
    """Put the public key where everybody can read it."""
    write_durably(path, f"{key.text}\n".encode())
