"""A proof in one text: this record is in that log, checkable offline by anybody who holds the log's public key.

Source: C2SP tlog-proof v1.
"""

import base64
import re
from collections.abc import Sequence
from typing import Final

from careloop.errors import InvalidInput, Refused
from careloop.ledger.checkpoint import read_checkpoint
from careloop.ledger.merkle import leaf_hash, verify_inclusion
from careloop.ledger.note import Verifier, strict_base64
from careloop.ports.ledger import Checkpoint

__all__ = ["proof_text", "verify_proof"]

_FIRST_LINE: Final = "c2sp.org/tlog-proof@v1"
_INDEX: Final = re.compile(r"index (0|[1-9][0-9]{0,18})")


def proof_text(index: int, path: Sequence[bytes], checkpoint: Checkpoint) -> str:
    """The proof that entry `index` is in the log of the checkpoint, with its RFC 6962 audit path."""
    lines = [_FIRST_LINE, f"index {index}", *(base64.b64encode(sibling).decode() for sibling in path)]
    return "\n".join(lines) + "\n\n" + checkpoint.note


def verify_proof(proof: str, body: bytes, key: Verifier) -> tuple[int, Checkpoint]:
    """The index and checkpoint that prove these bytes; raises `InvalidInput` for a bad form, else `Refused`."""
    head, gap, note = proof.partition("\n\n")
    lines = head.split("\n")
    index = _INDEX.fullmatch(lines[1]) if len(lines) > 1 else None
    if not gap or lines[0] != _FIRST_LINE or index is None:
        raise InvalidInput(f"not a proof: it begins with {_FIRST_LINE} and an index")
    checkpoint = read_checkpoint(note, key)
    path = [strict_base64(line) for line in lines[2:]]
    place = int(index[1])
    if not verify_inclusion(leaf_hash(body), place, checkpoint.size, path, root=checkpoint.root):
        raise Refused(f"these bytes are not entry {place} of {checkpoint.origin} at size {checkpoint.size}")
    return place, checkpoint
