"""What a witness answers: it remembers the newest checkpoint of each log and cosigns only what continues it.

Neither a rollback nor a fork of a log gets past it; that is all it is for. Memory, clock and network are the caller's.
Source: C2SP tlog-witness, add-checkpoint.
"""

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from careloop.errors import InvalidInput, Refused
from careloop.ledger.checkpoint import read_checkpoint
from careloop.ledger.merkle import EMPTY_ROOT, verify_consistency
from careloop.ledger.note import Verifier, note_text, strict_base64
from careloop.ports.ledger import Checkpoint

__all__ = ["MAX_REQUEST", "AddCheckpoint", "Decision", "judge", "read_add_checkpoint", "write_add_checkpoint"]

MAX_REQUEST: Final = 64 * 1024
"""Most bytes of a request that is read."""
_MAX_PROOF: Final = 63
_OLD: Final = re.compile(r"old (0|[1-9][0-9]{0,18})")
_SIZE_MEDIA: Final = "text/x.tlog.size"


@dataclass(frozen=True, slots=True, kw_only=True)
class AddCheckpoint:
    """A log's request for a cosignature."""

    old: int
    """Size of the checkpoint that the log thinks was cosigned last; 0 for none."""
    proof: tuple[bytes, ...]
    """RFC 6962 consistency proof from there."""
    note: str
    """The new checkpoint, signed by the log."""

    @property
    def origin(self) -> str:
        """The log that the checkpoint says it is of."""
        return note_text(self.note).partition("\n")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the witness answers; a checkpoint is to be remembered, and cosigned, only when there is one."""

    status: int
    """HTTP status of the protocol."""
    body: str
    media: str = "text/plain; charset=utf-8"
    checkpoint: Checkpoint | None = None


def read_add_checkpoint(body: bytes) -> AddCheckpoint:
    """The request in these bytes; raises `InvalidInput`."""
    try:
        head, gap, note = body.decode().partition("\n\n")
    except UnicodeDecodeError as error:
        raise InvalidInput("not UTF-8") from error
    first, *lines = head.split("\n")
    old = _OLD.fullmatch(first)
    if not gap or old is None or len(lines) > _MAX_PROOF:
        raise InvalidInput("not an add-checkpoint request: old size, proof, an empty line, checkpoint")
    proof = tuple(strict_base64(line) for line in lines)
    if any(len(one) != 32 for one in proof):
        raise InvalidInput("a hash of the proof does not have 32 bytes")
    note_text(note)
    return AddCheckpoint(old=int(old[1]), proof=proof, note=note)


def write_add_checkpoint(old: int, proof: Sequence[bytes], note: str) -> bytes:
    """The bytes of a request."""
    lines = [f"old {old}", *(base64.b64encode(one).decode() for one in proof)]
    return ("\n".join(lines) + "\n\n" + note).encode()


def judge(asked: AddCheckpoint, *, logs: Mapping[str, Sequence[Verifier]], latest: Checkpoint | None) -> Decision:
    """The answer, given the keys of the logs that are served and the newest checkpoint cosigned of this one."""
    keys = logs.get(asked.origin)
    if not keys:
        return Decision(status=404, body="this log is not served here\n")
    new = _signed_by_any(asked.note, keys)
    if new is None:
        return Decision(status=403, body="no key that is trusted for this log has signed the checkpoint\n")
    if asked.old > new.size:
        return Decision(status=400, body="the old size is beyond the checkpoint's\n")
    size, root = (latest.size, latest.root) if latest else (0, EMPTY_ROOT)
    if asked.old != size:
        return Decision(status=409, body=f"{size}\n", media=_SIZE_MEDIA)
    if new.size == size and new.root != root:
        return Decision(status=409, body=f"{size}\n", media=_SIZE_MEDIA)
    if not verify_consistency(size, new.size, asked.proof, old_root=root, new_root=new.root):
        return Decision(status=422, body="the proof does not show that the log was only added to\n")
    return Decision(status=200, body="", checkpoint=new)


def _signed_by_any(note: str, keys: Sequence[Verifier]) -> Checkpoint | None:
    for key in keys:
        try:
            return read_checkpoint(note, key)
        except (InvalidInput, Refused):
            continue
    return None
