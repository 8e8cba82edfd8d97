"""Does the log still continue what was once signed for it? Roots of earlier sizes, and the keys that could have signed.

Source: LEDGER 6; RFC 6962 section 2.1.1.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from careloop.errors import InvalidInput, Refused
from careloop.ledger.checkpoint import read_checkpoint
from careloop.ledger.merkle import node_hash
from careloop.ledger.note import Verifier, read_verifier
from careloop.ports.ledger import Checkpoint, Entry

__all__ = ["KeyHistory", "key_history", "read_by_any", "root_from_last"]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyHistory:
    """The keys of a log over time."""

    chain: tuple[Verifier, ...]
    """Keys that vouch for the log as it is, the newest first: each led to the next by a recorded rotation."""
    given_up: tuple[Verifier, ...]
    """Keys before a recorded fork: what they signed was lost, and the loss accepted."""


def key_history(changes: Iterable[Entry], newest: Verifier) -> KeyHistory:
    """From the entries of the types `ledger.key_rotated` and `ledger.forked`, in order."""
    chain: list[Verifier] = []
    given_up: list[Verifier] = []
    for entry in changes:
        old = entry.record.data.get("from")
        key = read_verifier(old) if isinstance(old, str) else None
        if entry.record.type == "ledger.forked":
            given_up += [*chain, *([key] if key else [])]
            chain = []
        elif key is not None:
            chain.append(key)
    return KeyHistory(chain=(newest, *reversed(chain)), given_up=tuple(given_up))


def root_from_last(leaf: bytes, path: Sequence[bytes]) -> bytes:
    """Root of a tree from its last leaf and that leaf's audit path: every sibling stands to the left."""
    for sibling in path:
        leaf = node_hash(sibling, leaf)
    return leaf


def read_by_any(note: str, keys: Sequence[Verifier]) -> Checkpoint | None:
    """The checkpoint, when one of the keys signed it; raises `InvalidInput` for what is no checkpoint."""
    for key in keys:
        try:
            return read_checkpoint(note, key)
        except Refused:
            continue
        except InvalidInput:
            raise
    return None
