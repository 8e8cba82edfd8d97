"""Exports to check: with signed statements, personal values, an erasure and a change of keys; and how to spoil them."""

import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from hashlib import sha256

from care_verify.container import open_container, written_again
from careloop.ledger.checkpoint import sign_checkpoint
from careloop.ledger.disclosure import Disclosure, commit, redactable
from careloop.ledger.envelope import ENVELOPE_MEDIA_TYPE, Statement, sign_statement
from careloop.ledger.export_layout import ExportParts, build_export
from careloop.ledger.note import Signer, read_verifier
from careloop.ports.ledger import Record, Subject
from careloop.testing.contracts.ledger import NOON, a_record
from careloop.testing.ledger_fake import LedgerFake

ORIGIN = "acme.example/care"
ATTESTOR = Signer("acme.example/attest", bytes(range(32)))
NEXT_KEY = Signer(ORIGIN, b"\x07" * 32)
NAME = commit("customer", "Jane Doe, 1 Main Street", salt=b"\x01" * 16)
PHONE = commit("phone", "+46 70 123", salt=b"\x02" * 16)


def a_ledger(count: int = 5, *, origin: str = ORIGIN) -> LedgerFake:
    """Incidents; entry 1 names a document."""
    ledger = LedgerFake(origin)
    blob = ledger.put_blob(b"a report", media="application/json")
    ledger.append([a_record(n, blobs=(blob,) if n == 1 else ()) for n in range(count)], recorded_at=NOON)
    return ledger


def of_type(number: int, kind: str, **data: object) -> Record:
    """A record of any type with these data."""
    return replace(a_record(number, data=dict(data)), type=kind)  # type: ignore[arg-type]


def a_rich_ledger() -> LedgerFake:
    """Eight entries: a key for statements, a statement, two personal values, one of them erased, and five incidents."""
    ledger = a_ledger(4)
    statement = Statement(
        subject=(Subject(name="model", digest=f"sha256:{'a' * 64}"),),
        predicate_type="https://acme.example/gate-result/v1",
        predicate={"decision": "allow"},
    )
    envelope = sign_statement(statement, ATTESTOR, log_key=read_verifier(ledger.key))
    blob = ledger.put_blob(envelope, media=ENVELOPE_MEDIA_TYPE)
    personal = replace(a_record(22), redactable=redactable([NAME, PHONE]))
    ledger.append(
        [
            of_type(20, "attestation.key", key=ATTESTOR.verifier.text),
            replace(of_type(21, "attestation", predicate_type=statement.predicate_type), blobs=(blob,)),
            personal,
            of_type(23, "ledger.redacted", record=personal.id, fields=["phone"], reason="asked for"),
        ],
        recorded_at=NOON,
    )
    return ledger


def exported(ledger: LedgerFake, *disclosures: Disclosure) -> bytes:
    """The export of a ledger under its own key."""
    return build_export(parts_of(ledger, *disclosures))


def parts_of(ledger: LedgerFake, *disclosures: Disclosure) -> ExportParts:
    """What the export of a ledger is made of."""
    entries = list(ledger.entries(0, ledger.size()))
    blobs = {ref.sha256: ledger.get_blob(ref.sha256) for entry in entries for ref in entry.record.blobs}
    lines = [one.line for one in disclosures]
    return ExportParts(checkpoint=ledger.head(), key=ledger.key, entries=entries, blobs=blobs, disclosures=lines)


def a_rotated_export() -> bytes:
    """A log whose key was changed after two records, and two records after that."""
    ledger = a_ledger(2)
    rotation = of_type(30, "ledger.key_rotated", **{"from": ledger.key, "to": NEXT_KEY.verifier.text}, reason="yearly")
    ledger.append([rotation], recorded_at=NOON)
    size, root = ledger.size(), ledger.head().root
    by_both = ledger.head().note + sign_checkpoint(size, root, NEXT_KEY).note.rpartition("\n\n")[2]
    ledger.append([a_record(31), a_record(32)], recorded_at=NOON)
    head = sign_checkpoint(ledger.size(), ledger.head().root, NEXT_KEY)
    return build_export(
        replace(parts_of(ledger), checkpoint=head, key=NEXT_KEY.verifier.text, rotations={size: by_both})
    )


Edit = Mapping[str, bytes | Callable[[bytes], bytes] | None]


def changed(archive: bytes, edit: Edit, *, sums: bool = True) -> bytes:
    """The export with members replaced, removed by None or changed by a function; with `sums`, its list made to fit."""
    members = {name: content for name, content in open_container(archive).items() if content is not None}
    for name, new in edit.items():
        if new is None:
            del members[name]
        else:
            members[name] = new(members[name]) if callable(new) else new
    if sums:
        del members["SHA256SUMS"]
        rows = (f"{sha256(members[name]).hexdigest()}  {name}\n" for name in sorted(members))
        members["SHA256SUMS"] = "".join(rows).encode()
    again = written_again(dict(members))
    assert again is not None
    return again


def repacked(archive: bytes) -> bytes:
    """The same contents in a container that another tool wrote."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as container:
        for name, content in open_container(archive).items():
            container.writestr(name, content or b"")
    return buffer.getvalue()
