"""`care ledger anchor`: have places outside the database remember the log, and refuse a log that is behind them.

A database that was rolled back looks healthy from inside; only what somebody else remembers can tell. Source: LEDGER 6.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from heapq import merge

from careloop.errors import CareloopError, InvalidInput, Refused
from careloop.ledger.anchoring import KeyHistory, key_history, read_by_any, root_from_last
from careloop.ledger.checkpoint import read_checkpoint
from careloop.ledger.merkle import EMPTY_ROOT, leaf_hash
from careloop.ledger.note import Verifier, read_verifier
from careloop.ports.anchor import CHECKPOINT_MEDIA_TYPE, Anchor
from careloop.ports.ledger import Checkpoint, Ledger, Receipt, Subject
from careloop.workflows.evolve.ledger_clerk import LedgerClerk

__all__ = ["Anchored", "anchor_ledger", "check_anchors", "keys_of", "lost_to", "newest_key", "root_at"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchored:
    """What became of one anchor."""

    anchor: str
    size: int
    receipt: Receipt | None
    """None when the anchor did not take it."""
    why: str = ""
    refused: bool = False
    """Whether the anchor knows of another or a longer log: that is no mishap."""


def root_at(ledger: Ledger, size: int) -> bytes:
    """Root of the first `size` entries; raises `NotFound` when there are not so many."""
    if size == 0:
        return EMPTY_ROOT
    return root_from_last(leaf_hash(ledger.entry(size - 1).body), ledger.prove(size - 1, size))


def keys_of(ledger: Ledger) -> KeyHistory:
    """The keys that have signed for this log, as its own records say."""
    rotated, forked = ledger.query(type="ledger.key_rotated"), ledger.query(type="ledger.forked")
    return key_history(merge(rotated, forked, key=lambda entry: entry.index), read_verifier(ledger.key))


def newest_key(ledger: Ledger, trusted: Verifier, rotations: Mapping[int, str]) -> Verifier:
    """The key that a trusted one leads to by changes that both keys signed; the trusted one, where it leads nowhere.

    `rotations` has the checkpoint of each change, by the size of the log then.
    """
    reached = trusted
    for entry in ledger.query(type="ledger.key_rotated"):
        old, new = entry.record.data.get("from"), entry.record.data.get("to")
        if old != reached.text or not isinstance(new, str):
            continue
        coming, size = read_verifier(new), entry.index + 1
        try:
            said = [read_checkpoint(rotations.get(size, ""), key) for key in (reached, coming)]
        except CareloopError:
            return trusted
        if any((one.size, one.root) != (size, root_at(ledger, size)) for one in said):
            return trusted
        reached = coming
    return reached


def check_anchors(ledger: Ledger, anchors: Sequence[Anchor]) -> None:
    """Raise `Refused`, saying how to recover, when the log is behind or forked from what an anchor remembers.

    An anchor that is out of reach raises `Unavailable`: whoever cannot tell does not go on. What a key signed that a
    recorded fork has given up is an accepted loss.
    """
    for _, complaint in _complaints(ledger, anchors):
        raise complaint


def lost_to(ledger: Ledger, anchors: Sequence[Anchor]) -> Checkpoint | None:
    """The longest log that an anchor remembers and this one does not continue; None when it continues them all."""
    lost = [kept for kept, _ in _complaints(ledger, anchors) if kept is not None]
    return max(lost, key=lambda kept: kept.size, default=None)


def anchor_ledger(clerk: LedgerClerk, anchors: Sequence[Anchor]) -> tuple[Anchored, ...]:
    """Give every anchor the newest checkpoint and record what each gave back; one that fails stops no other."""
    head = clerk.ledger.head()
    return tuple(_anchor(clerk, head, anchor) for anchor in anchors)


def _anchor(clerk: LedgerClerk, head: Checkpoint, anchor: Anchor) -> Anchored:
    ledger = clerk.ledger
    try:
        given = anchor.keep(head, partial(ledger.consistency, new=head.size))
    except CareloopError as error:
        return Anchored(
            anchor=anchor.id, size=head.size, receipt=None, why=error.message, refused=isinstance(error, Refused)
        )
    note = ledger.put_blob(head.note.encode(), media=CHECKPOINT_MEDIA_TYPE)
    proof = ledger.put_blob(given.content, media=given.media)
    record = clerk.record(
        "checkpoint.anchored",
        {"anchor": anchor.id, "size": head.size, "root": head.root.hex()},
        subject=(Subject(name=f"anchors/{anchor.id}"),),
        blobs=(note,) if proof.sha256 == note.sha256 else (note, proof),
    )
    return Anchored(anchor=anchor.id, size=head.size, receipt=clerk.append(record))


def _complaints(ledger: Ledger, anchors: Sequence[Anchor]) -> Iterator[tuple[Checkpoint | None, Refused]]:
    """What each anchor that can tell has against the log, with the checkpoint that a key of the log signed."""
    kept_by = [(anchor, note) for anchor in anchors if (note := anchor.newest()) is not None]
    if not kept_by:
        return
    keys, size = keys_of(ledger), ledger.size()
    for anchor, note in kept_by:
        try:
            kept = read_by_any(note, keys.chain)
            if kept is None and read_by_any(note, keys.given_up) is not None:
                continue
        except InvalidInput as error:
            yield None, Refused(f"anchor {anchor.id}: {error.message}", hint=_recovery(0))
            continue
        if kept is None:
            why = f"anchor {anchor.id} holds a checkpoint that no key of this log signed"
            yield None, Refused(why, hint=_recovery(0))
        elif kept.size > size:
            why = f"the ledger has {size} entries, but anchor {anchor.id} proves that it had {kept.size}"
            yield kept, Refused(why, hint=_recovery(kept.size))
        elif root_at(ledger, kept.size) != kept.root:
            why = f"the ledger's first {kept.size} entries are not those that anchor {anchor.id} was given"
            yield kept, Refused(why, hint=_recovery(kept.size))


def _recovery(size: int) -> str:
    return (
        f"Stop writing. Restore the database from a backup that holds at least {size} entries. If there is none, "
        "accept the loss openly: `care ledger recover --accept-loss --reason TEXT` records a fork under a new key."
    )
