"""An auditor with nothing but the file sees which records are proven, missing or altered."""

import io
import random
import zipfile
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress

import pytest

from careloop.errors import InvalidInput, Refused
from careloop.ledger.archive import pack, unpack
from careloop.ledger.canonical import canonical_bytes
from careloop.ledger.export import ExportProblem, ExportVerification, RecordState, verify_export
from careloop.ledger.export_layout import build_export, entry_name, manifest_of, tile_names
from careloop.ledger.note import read_verifier
from careloop.testing.contracts.ledger import NOON, a_record
from careloop.testing.ledger_fake import LedgerFake


def a_ledger(count: int = 5, *, origin: str = "acme.example/care") -> LedgerFake:
    ledger = LedgerFake(origin)
    blob = ledger.put_blob(b"an attestation", media="application/json")
    ledger.append([a_record(n, blobs=(blob,) if n == 1 else ()) for n in range(count)], recorded_at=NOON)
    return ledger


def exported(ledger: LedgerFake) -> bytes:
    entries = list(ledger.entries(0, ledger.size()))
    blobs = {ref.sha256: ledger.get_blob(ref.sha256) for entry in entries for ref in entry.record.blobs}
    return build_export(ledger.head(), entries, key=ledger.key, blobs=blobs)


def changed(archive: bytes, edit: Mapping[str, bytes | None], *, manifest: bool = True) -> bytes:
    """The export with members replaced, or removed by None; with `manifest`, its list is made to fit."""
    members = {name: content for name, content in unpack(archive).items() if content is not None}
    members = {name: content for name, content in {**members, **edit}.items() if content is not None}
    if manifest:
        others = {name: content for name, content in members.items() if name != "manifest.json"}
        members["manifest.json"] = canonical_bytes(manifest_of(others, LEDGER.head()))
    return pack(members)


def states(found: ExportVerification) -> dict[RecordState, list[int]]:
    return {state: [r.index for r in found.records if r.state is state] for state in {r.state for r in found.records}}


LEDGER = a_ledger()
ARCHIVE = exported(LEDGER)
KEY = read_verifier(LEDGER.key)


def test_an_honest_export_is_authentic_with_the_key_and_self_consistent_without() -> None:
    with_key, without = verify_export(ARCHIVE, trust=KEY), verify_export(ARCHIVE)
    assert (with_key.sound, with_key.headline) == (True, "authentic")
    assert (without.sound, without.headline) == (True, "self-consistent, origin not checked")
    assert states(with_key) == {RecordState.PROVEN: [0, 1, 2, 3, 4]}
    assert with_key.records[2].id == LEDGER.entry(2).record.id
    assert with_key.checkpoint == LEDGER.head()


def test_the_same_ledger_gives_the_same_bytes() -> None:
    assert exported(a_ledger()) == ARCHIVE


def test_an_empty_ledger_can_be_exported() -> None:
    ledger = LedgerFake()
    assert verify_export(exported(ledger), trust=read_verifier(ledger.key)).sound


def test_a_ledger_of_several_tiles_is_proven_to_its_last_record() -> None:
    ledger = a_ledger(515)
    archive = exported(ledger)
    found = verify_export(archive, trust=read_verifier(ledger.key))
    assert (found.sound, len(found.records)) == (True, 515)
    assert {"tile/0/000", "tile/0/001", "tile/0/002.p/3"} < unpack(archive).keys()


def test_tiles_are_named_in_groups_of_three_digits() -> None:
    names = tile_names(1_067 * 256 + 1)
    assert names[-2:] == ["tile/0/x001/066", "tile/0/x001/067.p/1"]
    assert names[5] == "tile/0/005"


def test_an_altered_record_is_told_and_the_others_stay_proven() -> None:
    body = LEDGER.entry(3).body.replace(b"high", b"lows")
    for manifest in (True, False):
        found = verify_export(changed(ARCHIVE, {entry_name(3): body}, manifest=manifest), trust=KEY)
        assert states(found) == {RecordState.ALTERED: [3], RecordState.PROVEN: [0, 1, 2, 4]}
        assert not found.sound


def test_a_missing_record_is_told_and_the_others_stay_proven() -> None:
    found = verify_export(changed(ARCHIVE, {entry_name(2): None}), trust=KEY)
    assert states(found) == {RecordState.MISSING: [2], RecordState.PROVEN: [0, 1, 3, 4]}


def test_records_prove_themselves_when_only_the_tiles_were_spoilt() -> None:
    for tile in (bytes(160), b"short", None):
        found = verify_export(changed(ARCHIVE, {"tile/0/000.p/5": tile}, manifest=False), trust=KEY)
        assert states(found) == {RecordState.PROVEN: [0, 1, 2, 3, 4]}
        assert not found.sound


def test_a_forgery_signed_with_another_key_fails_under_trust() -> None:
    mallory = a_ledger(4, origin="evil.example/care")
    forged = exported(mallory)
    assert verify_export(forged).headline == "self-consistent, origin not checked"
    found = verify_export(forged, trust=KEY)
    assert (found.sound, found.checkpoint) == (False, None)
    assert (ExportProblem.BAD_SIGNATURE, "checkpoint") in found.problems
    assert states(found) == {RecordState.UNPROVEN: [0, 1, 2, 3]}


def test_a_shortened_export_does_not_pass_for_the_whole() -> None:
    found = verify_export(changed(ARCHIVE, {entry_name(4): None, "tile/0/000.p/5": None}), trust=KEY)
    assert not found.sound
    assert (ExportProblem.BAD_ROOT, "tile/0") in found.problems


def test_an_exchanged_key_file_is_told_though_the_checkpoint_holds() -> None:
    other = LedgerFake("acme.example/other").key
    found = verify_export(changed(ARCHIVE, {"ledger.pub": f"{other}\n".encode()}), trust=KEY)
    assert states(found) == {RecordState.PROVEN: [0, 1, 2, 3, 4]}
    assert [kind for kind, _ in found.problems] == [ExportProblem.FILE_ALTERED]


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        ({"README.txt": b"trust me"}, ExportProblem.FILE_ALTERED),
        ({"README.txt": None}, ExportProblem.FILE_MISSING),
        ({"extra.txt": b"more"}, ExportProblem.FILE_ADDED),
        ({"manifest.json": b"{}"}, ExportProblem.MANIFEST_ALTERED),
        ({"manifest.json": None}, ExportProblem.MANIFEST_ALTERED),
    ],
)
def test_what_the_manifest_does_not_say_is_told(edit: dict[str, bytes | None], problem: ExportProblem) -> None:
    found = verify_export(changed(ARCHIVE, edit, manifest=False), trust=KEY)
    assert [kind for kind, _ in found.problems] == [problem]
    assert states(found) == {RecordState.PROVEN: [0, 1, 2, 3, 4]}


def test_a_blob_that_a_record_names_must_be_there_unaltered() -> None:
    name = next(name for name in unpack(ARCHIVE) if name.startswith("blobs/"))
    for content in (None, b"another attestation"):
        found = verify_export(changed(ARCHIVE, {name: content}), trust=KEY)
        assert [kind for kind, _ in found.problems] == [ExportProblem.BLOB_MISSING]


def test_a_repacked_container_is_told_while_its_records_stay_proven() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as container:
        for name, content in unpack(ARCHIVE).items():
            container.writestr(name, content or b"")
    found = verify_export(buffer.getvalue(), trust=KEY)
    assert [kind for kind, _ in found.problems] == [ExportProblem.CONTAINER_ALTERED]
    assert states(found) == {RecordState.PROVEN: [0, 1, 2, 3, 4]}


def test_bytes_added_before_or_after_are_told() -> None:
    for archive in (b"x" + ARCHIVE, ARCHIVE + b"x"):
        with suppress(InvalidInput):
            assert not verify_export(archive, trust=KEY).sound


def test_no_single_altered_byte_passes() -> None:
    noise = random.Random(7)
    outcomes: Counter[str] = Counter()
    whole = exported(a_ledger(2))
    for at in range(len(whole)):
        altered = whole[:at] + bytes([whole[at] ^ noise.randrange(1, 256)]) + whole[at + 1 :]
        try:
            outcomes["sound" if verify_export(altered, trust=KEY).sound else "told"] += 1
        except InvalidInput:
            outcomes["unreadable"] += 1
    assert outcomes["sound"] == 0
    assert outcomes["told"] > 1000


def test_an_altered_ledger_is_not_exported() -> None:
    entries = list(LEDGER.entries(0, 5))
    blobs = {ref.sha256: b"an attestation" for ref in entries[1].record.blobs}
    with pytest.raises(Refused, match="not those"):
        build_export(LEDGER.head(), entries[:4], key=LEDGER.key, blobs=blobs)
    with pytest.raises(Refused, match="blob"):
        build_export(LEDGER.head(), entries, key=LEDGER.key, blobs={})
    with pytest.raises(Refused, match="blob"):
        build_export(LEDGER.head(), entries, key=LEDGER.key, blobs=dict.fromkeys(blobs, b"forged"))
