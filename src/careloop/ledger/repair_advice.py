"""What to do about each thing that can be wrong with a ledger: one sentence, for whoever holds its key."""

from collections.abc import Mapping
from typing import Final

from careloop.ledger.verify import ProblemKind

__all__ = ["REPAIR_ADVICE"]

_RESTORE: Final = (
    "stop writing, keep a copy of everything as evidence, and restore a backup that is at least as long as the anchor"
)
REPAIR_ADVICE: Final[Mapping[ProblemKind, str]] = {
    ProblemKind.ALTERED_BODY: f"somebody changed what was recorded: {_RESTORE}",
    ProblemKind.MISSING_INDEX: f"an entry was taken out: {_RESTORE}",
    ProblemKind.OUT_OF_PLACE: f"entries were inserted past the ledger: {_RESTORE}",
    ProblemKind.BAD_ROOT: f"the entries are not those that were signed: {_RESTORE}",
    ProblemKind.BAD_SIGNATURE: "put the checkpoint file back from a backup or an anchor; if the key changed without a "
    "record of it, find out who did that before anything else",
    ProblemKind.NOT_CANONICAL: f"something else than the ledger wrote this entry: {_RESTORE}",
    ProblemKind.DUPLICATE_ID: f"something else than the ledger wrote this entry: {_RESTORE}",
    ProblemKind.CLOCK_WENT_BACK: f"something else than the ledger wrote this entry: {_RESTORE}",
    ProblemKind.ALTERED_NODE: "the entries are as they were signed and only hashes derived from them differ: restore a "
    "backup, or export the ledger, verify the export, and keep that as the evidence",
    ProblemKind.ALTERED_INDEX_ROW: "the entries are as they were signed and only what they are searched by differs: "
    "searches may miss entries until a backup is restored",
    ProblemKind.MISSING_BLOB: "put the document back with the same bytes (its digest is in the entry): from a backup, "
    "or from whoever made it",
    ProblemKind.ALTERED_BLOB: "restore the document from a backup; its digest in the entry says whether it is the one",
    ProblemKind.MISSING_ANCHOR: "put the anchor file back from where it is copied to; without any anchor nobody can "
    "tell whether the log was cut",
    ProblemKind.BEHIND_ANCHOR: f"the log lost entries that it had signed: {_RESTORE}",
    ProblemKind.FORKED_FROM_ANCHOR: f"the log was replaced from some entry on: {_RESTORE}",
}
