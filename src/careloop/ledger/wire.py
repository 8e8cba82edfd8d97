"""How a ledger is spoken to from afar: what is sent, what is answered, and how the asker checks the answer by itself.

Whoever asks holds the log's public key and the newest checkpoint it has seen. Every answer carries a signed checkpoint,
a proof that this log continues the one that was seen, and for each entry or receipt a proof that it is in the log:
nothing of an answer is believed because of who gave it. What an answer leaves out cannot be seen in it; only
`care ledger verify` at the log itself sees all. Source: LEDGER 4; RFC 6962 sections 2.1.1 and 2.1.2.
"""

import base64
from collections.abc import Sequence
from typing import Final

import msgspec

from careloop.errors import InvalidInput, Refused
from careloop.ledger.canonical import read_instant
from careloop.ledger.checkpoint import read_checkpoint
from careloop.ledger.merkle import leaf_hash, verify_consistency, verify_inclusion
from careloop.ledger.note import Verifier, strict_base64
from careloop.ledger.record import read_entry, seal
from careloop.ports.ledger import Checkpoint, Entry, Receipt, Record

__all__ = [
    "MAX_SENT",
    "GivenReceipt",
    "LedgerAnswer",
    "ProvenEntry",
    "SentRecords",
    "check_entry",
    "check_receipt",
    "path_text",
    "read_answer",
    "read_path",
    "read_sent",
]

MAX_SENT: Final = 8 * 2**20
"""Most bytes in one request."""


class SentRecords(msgspec.Struct, forbid_unknown_fields=True):
    """Records to be appended, all or none."""

    bodies: list[str]
    """Each as it was sealed by the sender's clock, in base64."""


class ProvenEntry(msgspec.Struct):
    """An entry and the path from it to the root of the answer's checkpoint."""

    index: int
    body: str
    path: list[str]


class GivenReceipt(msgspec.Struct):
    """Where a record went."""

    index: int
    recorded_at: str
    skew_ms: int
    size: int
    """Of the tree right after the commit that carried it."""
    root: str
    path: list[str]
    """From the record to the root of the answer's checkpoint."""
    grown: list[str]
    """That the checkpoint's tree begins with the one of `size`."""


class LedgerAnswer(msgspec.Struct, omit_defaults=True):
    """What a ledger answers to any question."""

    checkpoint: str
    continues: list[str] = []
    """That the checkpoint's tree begins with the one that the asker had seen."""
    entries: list[ProvenEntry] = []
    receipts: list[GivenReceipt] = []
    path: list[str] = []


def path_text(path: Sequence[bytes]) -> list[str]:
    """Hashes of a proof as they are sent."""
    return [base64.b64encode(one).decode() for one in path]


def read_path(path: Sequence[str]) -> tuple[bytes, ...]:
    """Hashes of a proof as they were sent; raises `InvalidInput`."""
    found = tuple(strict_base64(one) for one in path)
    if any(len(one) != 32 for one in found):
        raise InvalidInput("a hash in a proof has 32 bytes")
    return found


def read_sent(content: bytes) -> tuple[Record, ...]:
    """The records of a request; raises `InvalidInput` naming the first that is none."""
    try:
        sent = msgspec.json.decode(content, type=SentRecords)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f"the request holds no records: {error}") from error
    records: list[Record] = []
    for number, body in enumerate(sent.bodies):
        try:
            records.append(read_entry(number, strict_base64(body)).record)
        except InvalidInput as error:
            raise InvalidInput(f"bodies[{number}]: {error.message}", hint=error.hint) from error
    return tuple(records)


def read_answer(content: bytes, key: Verifier, seen: Checkpoint | None) -> tuple[LedgerAnswer, Checkpoint]:
    """An answer and its checkpoint, when the log signed it and it continues what was seen; else raises `Refused`."""
    try:
        answer = msgspec.json.decode(content, type=LedgerAnswer)
        checkpoint = read_checkpoint(answer.checkpoint, key)
        continues = read_path(answer.continues)
    except (msgspec.DecodeError, UnicodeDecodeError, InvalidInput) as error:
        raise Refused(f"the ledger {key.name} did not answer as a ledger does: {error}") from error
    if seen is not None and not verify_consistency(
        seen.size, checkpoint.size, continues, old_root=seen.root, new_root=checkpoint.root
    ):
        raise Refused(
            f"the ledger {key.name} shows {checkpoint.size} entries that do not continue the {seen.size} it had shown",
            hint="It was rolled back or forked. Keep both checkpoints and ask its owner before anything else.",
        )
    return answer, checkpoint


def check_entry(given: ProvenEntry, checkpoint: Checkpoint) -> Entry:
    """The entry, when it is proven to be in the log; raises `Refused`."""
    try:
        body, path = strict_base64(given.body), read_path(given.path)
        if verify_inclusion(leaf_hash(body), given.index, checkpoint.size, path, root=checkpoint.root):
            return read_entry(given.index, body)
    except InvalidInput as error:
        raise Refused(f"entry {given.index} cannot be relied on: {error.message}") from error
    raise Refused(f"entry {given.index} is not proven to be in the ledger {checkpoint.origin}")


def check_receipt(record: Record, given: GivenReceipt, checkpoint: Checkpoint) -> Receipt:
    """The receipt of a record, when it is proven that exactly this record is in the log; raises `Refused`."""
    try:
        recorded_at, root = read_instant(given.recorded_at), strict_base64(given.root)
        leaf = leaf_hash(seal(record, recorded_at=recorded_at, skew_ms=given.skew_ms))
        path, grown = read_path(given.path), read_path(given.grown)
    except InvalidInput as error:
        raise Refused(f"the receipt of record {record.id} is none: {error.message}") from error
    proven = verify_inclusion(leaf, given.index, checkpoint.size, path, root=checkpoint.root)
    if not proven or not given.index < given.size <= checkpoint.size:
        raise Refused(f"record {record.id} is not proven to be in the ledger {checkpoint.origin}")
    if not verify_consistency(given.size, checkpoint.size, grown, old_root=root, new_root=checkpoint.root):
        raise Refused(f"the receipt of record {record.id} speaks of a tree that the ledger never had")
    return Receipt(
        id=record.id,
        index=given.index,
        leaf_hash=leaf,
        size=given.size,
        root=root,
        recorded_at=recorded_at,
        skew_ms=given.skew_ms,
    )
