"""Checkpoints: the log says, signed, how long it is and which root stands for it.

Source: C2SP tlog-checkpoint. The key's name is the log's origin.
"""

import base64
import re
from typing import Final

from careloop.errors import InvalidInput, Refused
from careloop.ledger.note import Signer, Verifier, sign_note, strict_base64, verify_note
from careloop.ports.ledger import Checkpoint

__all__ = ["checkpoint_text", "read_checkpoint", "sign_checkpoint"]

_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}")


def checkpoint_text(origin: str, size: int, root: bytes) -> str:
    """The three lines that are signed.

    >>> print(checkpoint_text("acme.example/care", 0, bytes(32)), end="")
    acme.example/care
    0
    AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=
    """
    return f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"


def sign_checkpoint(size: int, root: bytes, signer: Signer) -> Checkpoint:
    """A signed checkpoint by the log that owns the key; the same size and root always give the same bytes."""
    note = sign_note(checkpoint_text(signer.name, size, root), signer)
    return Checkpoint(origin=signer.name, size=size, root=root, note=note)


def read_checkpoint(note: str, key: Verifier) -> Checkpoint:
    """A checkpoint whose signature holds; raises `InvalidInput` for a bad form, `Refused` for a bad signature."""
    lines = verify_note(note, key).removesuffix("\n").split("\n")
    if len(lines) != 3 or not _SIZE.fullmatch(lines[1]):
        raise InvalidInput("not a checkpoint: origin, size and root, one a line")
    origin, size, root = lines[0], int(lines[1]), strict_base64(lines[2])
    if origin != key.name:
        raise Refused(f"the checkpoint is of the log {origin}, not of {key.name}")
    if len(root) != 32:
        raise InvalidInput("the root of a checkpoint has 32 bytes")
    return Checkpoint(origin=origin, size=size, root=root, note=note)
