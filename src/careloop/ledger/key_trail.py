"""From a key that somebody was told once to the one that the log signs with today, each step proven.

A change of keys is a record in the log; the checkpoint that ends with it is signed by the old key and the new. So who
trusts the old key needs nobody's word for the new one. Source: LEDGER 3, 5; C2SP signed-note.
"""

from __future__ import annotations

import msgspec

from careloop.errors import InvalidInput, Refused
from careloop.ledger.anchoring import root_from_last
from careloop.ledger.checkpoint import read_checkpoint
from careloop.ledger.merkle import leaf_hash
from careloop.ledger.note import Verifier, read_verifier, strict_base64
from careloop.ledger.record import read_entry
from careloop.ledger.wire import read_path

__all__ = ["KeyChange", "KeyTrail", "newest_key_by"]


class KeyChange(msgspec.Struct):
    """One change of keys, with what proves it."""

    note: str
    """The checkpoint right after the record of the change, signed by both keys."""
    body: str
    """The record of the change, in base64."""
    path: list[str]
    """From the record, the last leaf, to the root of that checkpoint."""


class KeyTrail(msgspec.Struct):
    """Every change of keys, oldest first."""

    changes: list[KeyChange]


def newest_key_by(trail: KeyTrail, known: Verifier) -> Verifier:
    """The key that a known one leads to, itself when nothing leads on. Raises `Refused` for a step that is not proven.

    Steps before the known key are passed over.
    """
    for change in trail.changes:
        try:
            entry = read_entry(0, strict_base64(change.body))
            said = entry.record.data
            if entry.record.type != "ledger.key_rotated" or said.get("from") != known.text:
                continue
            coming = read_verifier(str(said.get("to")))
            old, new = (read_checkpoint(change.note, key) for key in (known, coming))
            root = root_from_last(leaf_hash(entry.body), read_path(change.path))
        except InvalidInput as error:
            raise Refused(f"a change of the key of {known.name} is not proven: {error.message}") from error
        if not old.root == new.root == root:
            raise Refused(f"a change of the key of {known.name} is not the last entry of what both keys signed")
        known = coming
    return known
