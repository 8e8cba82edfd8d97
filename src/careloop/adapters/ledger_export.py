"""Write a whole ledger into one file that an auditor can check alone; the same ledger always gives the same bytes."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from careloop.adapters.durable_file import write_durably
from careloop.ledger.export_layout import ExportParts, build_export
from careloop.ports.ledger import Checkpoint, Ledger

__all__ = ["export_ledger"]


def export_ledger(
    ledger: Ledger, target: Path, *, disclosures: Iterable[bytes] = (), rotations: Mapping[int, str] | None = None
) -> Checkpoint:
    """Write the export of everything the newest checkpoint stands for, and say which checkpoint that is.

    Raises `Refused` when an entry or blob is missing or altered: nothing is written then.
    """
    head = ledger.head()
    entries = list(ledger.entries(0, head.size))
    named = {ref.sha256 for entry in entries for ref in entry.record.blobs}
    parts = ExportParts(
        checkpoint=head,
        key=ledger.key,
        entries=entries,
        blobs={digest: ledger.get_blob(digest) for digest in sorted(named)},
        disclosures=disclosures,
        rotations=rotations or {},
    )
    write_durably(target, build_export(parts))
    return head
