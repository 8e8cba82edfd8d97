"""An auditor with nothing but the file sees which records are proven, redacted, missing or altered (R10, R51)."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from export_rooms import (
    ATTESTOR,
    NAME,
    NEXT_KEY,
    ORIGIN,
    PHONE,
    Edit,
    a_ledger,
    a_rich_ledger,
    a_rotated_export,
    changed,
    exported,
    of_type,
    parts_of,
    repacked,
)

from care_verify.container import open_container
from care_verify.decoding import Malformed
from care_verify.export import verify_export
from care_verify.findings import Outcome, ProblemKind, State
from care_verify.notes import Key, read_key
from careloop.errors import Refused
from careloop.ledger.export_layout import build_export, entries_name
from careloop.ledger.note import Signer
from careloop.testing.contracts.ledger import NOON, a_record
from careloop.testing.ledger_fake import LedgerFake

LEDGER = a_ledger()
ARCHIVE = exported(LEDGER)
KEY = read_key(LEDGER.key)
ENTRIES = entries_name(0)
RICH = exported(a_rich_ledger(), NAME)
RICH_KEY = read_key(a_rich_ledger().key)


def states(found: Outcome) -> dict[State, list[int]]:
    return {state: [r.index for r in found.records if r.state is state] for state in {r.state for r in found.records}}


def kinds(found: Outcome) -> list[ProblemKind]:
    return [problem.kind for problem in found.problems]


def test_an_honest_export_is_authentic_with_the_key_and_self_consistent_without() -> None:
    with_key, without = verify_export(ARCHIVE, trust=KEY), verify_export(ARCHIVE)
    assert (with_key.sound, with_key.headline) == (True, "authentic")
    assert (without.sound, without.headline) == (True, "self-consistent, origin not checked")
    assert states(with_key) == {State.PROVEN: [0, 1, 2, 3, 4]}
    assert with_key.records[2].id == LEDGER.entry(2).record.id


def test_the_same_ledger_gives_the_same_bytes() -> None:
    assert exported(a_ledger()) == ARCHIVE


@pytest.mark.parametrize("count", [0, 1, 255, 256, 257, 515])
def test_a_log_of_any_length_is_proven_to_its_last_record(count: int) -> None:
    ledger = LedgerFake(ORIGIN)
    ledger.append([a_record(n) for n in range(count)], recorded_at=NOON)
    found = verify_export(exported(ledger), trust=read_key(ledger.key))
    assert (found.problems, len(found.records), found.sound) == ((), count, True)


def test_tiles_of_higher_levels_are_there_as_tlog_tiles_asks() -> None:
    ledger = LedgerFake(ORIGIN)
    ledger.append([a_record(n) for n in range(515)], recorded_at=NOON)
    names = {name for name in open_container(exported(ledger)) if name.startswith("tile/")}
    assert names == {"tile/0/000", "tile/0/001", "tile/0/002.p/3", "tile/1/000.p/2"}


def test_an_altered_record_is_told_and_the_others_stay_proven() -> None:
    edit: Edit = {ENTRIES: lambda content: content.replace(b'"number":3', b'"number":8')}
    for sums in (True, False):
        found = verify_export(changed(ARCHIVE, edit, sums=sums), trust=KEY)
        assert states(found) == {State.ALTERED: [3], State.PROVEN: [0, 1, 2, 4]}
        assert not found.sound


def test_a_byte_altered_in_the_container_is_told_to_the_record() -> None:
    at = ARCHIVE.index(b'"number":3')
    found = verify_export(ARCHIVE[: at + 9] + b"8" + ARCHIVE[at + 10 :], trust=KEY)
    assert states(found) == {State.ALTERED: [3], State.PROVEN: [0, 1, 2, 4]}
    assert ProblemKind.CONTAINER_ALTERED in kinds(found)
    assert ProblemKind.FILE_ADDED not in kinds(found)


@pytest.mark.parametrize("index", range(5))
def test_a_missing_record_is_told_and_the_others_stay_proven(index: int) -> None:
    def without(content: bytes) -> bytes:
        lines = content.splitlines(keepends=True)
        return b"".join(lines[:index] + lines[index + 1 :])

    found = verify_export(changed(ARCHIVE, {ENTRIES: without}), trust=KEY)
    assert states(found) == {State.MISSING: [index], State.PROVEN: [n for n in range(5) if n != index]}
    assert not found.sound


def test_records_that_swapped_places_are_not_in_their_places() -> None:
    def swapped(content: bytes) -> bytes:
        one, two, *rest = content.splitlines(keepends=True)
        return b"".join([two, one, *rest])

    found = verify_export(changed(ARCHIVE, {ENTRIES: swapped}), trust=KEY)
    assert not found.sound
    assert states(found)[State.PROVEN] == [1, 2, 3, 4]


def test_a_record_that_was_added_is_told() -> None:
    for edit in ({ENTRIES: lambda c: c + c}, {entries_name(256): b"{}\n"}):
        found = verify_export(changed(ARCHIVE, edit), trust=KEY)
        assert not found.sound
        assert states(found) == {State.PROVEN: [0, 1, 2, 3, 4]}


def test_records_prove_themselves_when_only_the_tiles_were_spoilt() -> None:
    for tile in (bytes(160), b"short", None):
        found = verify_export(changed(ARCHIVE, {"tile/0/000.p/5": tile}), trust=KEY)
        assert states(found) == {State.PROVEN: [0, 1, 2, 3, 4]}
        assert kinds(found) == [ProblemKind.TILE_ALTERED]


def test_a_forgery_signed_with_another_key_is_refused_under_trust() -> None:
    mallory = a_ledger(4)
    forger = Signer(ORIGIN, b"\x66" * 32)
    from careloop.ledger.checkpoint import sign_checkpoint

    head = sign_checkpoint(mallory.size(), mallory.head().root, forger)
    forged = build_export(replace(parts_of(mallory), checkpoint=head, key=forger.verifier.text))
    assert verify_export(forged).headline == "self-consistent, origin not checked"
    for archive in (forged, changed(forged, {"ledger.pub": f"{LEDGER.key}\n".encode()})):
        found = verify_export(archive, trust=KEY)
        assert (found.sound, found.checkpoint) == (False, None)
        assert ProblemKind.BAD_SIGNATURE in kinds(found)
        assert states(found) == {State.UNPROVEN: [0, 1, 2, 3]}


def test_a_shortened_export_does_not_pass_for_the_whole() -> None:
    shorter = exported(a_ledger(4))
    own = {name: content for name, content in open_container(shorter).items() if name not in ("checkpoint",)}
    found = verify_export(changed(ARCHIVE, {"tile/0/000.p/5": None, **own}), trust=KEY)
    assert not found.sound
    assert ProblemKind.BAD_ROOT in kinds(found)


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        ({"README.txt": b"trust me"}, ProblemKind.FILE_ALTERED),
        ({"README.txt": None}, ProblemKind.FILE_MISSING),
        ({"extra.txt": b"more"}, ProblemKind.FILE_ADDED),
        ({"manifest.json": b"{}"}, ProblemKind.MANIFEST_ALTERED),
        ({"manifest.json": None}, ProblemKind.MANIFEST_ALTERED),
        ({"SHA256SUMS": lambda content: content[1:]}, ProblemKind.FILE_ALTERED),
    ],
)
def test_what_the_list_of_digests_does_not_say_is_told(edit: Edit, problem: ProblemKind) -> None:
    found = verify_export(changed(ARCHIVE, edit, sums=False), trust=KEY)
    assert problem in kinds(found)
    assert states(found) == {State.PROVEN: [0, 1, 2, 3, 4]}


@pytest.mark.parametrize("name", ["extra.txt", "blobs/x", "keys/x.pem", "rotations/000000000003", "tile/0/001"])
def test_a_file_that_no_record_calls_for_is_told_even_when_it_is_listed(name: str) -> None:
    assert not verify_export(changed(ARCHIVE, {name: b"more"}), trust=KEY).sound


def test_a_document_that_a_record_names_must_be_there_unaltered() -> None:
    name = next(name for name in open_container(ARCHIVE) if name.startswith("blobs/"))
    for content in (None, b"another report"):
        found = verify_export(changed(ARCHIVE, {name: content}), trust=KEY)
        assert ProblemKind.BLOB_MISSING in kinds(found)


def test_a_repacked_container_is_told_while_its_records_stay_proven() -> None:
    found = verify_export(repacked(ARCHIVE), trust=KEY)
    assert kinds(found) == [ProblemKind.CONTAINER_ALTERED]
    assert states(found) == {State.PROVEN: [0, 1, 2, 3, 4]}


def test_personal_values_are_shown_withheld_or_erased() -> None:
    shown = verify_export(RICH, trust=RICH_KEY)
    assert (shown.sound, shown.problems) == (True, ())
    assert states(shown)[State.REDACTED] == [6]
    assert shown.records[6].because == "phone erased by record 7"
    hidden = verify_export(exported(a_rich_ledger()), trust=RICH_KEY)
    assert (hidden.sound, hidden.records[6].because) == (True, "customer withheld; phone erased by record 7")


def test_a_disclosure_that_no_record_is_committed_to_is_refused() -> None:
    forged = NAME.line.replace(b"Jane", b"Anne")
    for content in (forged + b"\n", NAME.line + b"\n" + NAME.line + b"\n", NAME.line):
        found = verify_export(changed(RICH, {"disclosures.jsonl": content}), trust=RICH_KEY)
        assert not found.sound


def test_a_value_that_the_log_says_was_erased_is_not_to_be_shown() -> None:
    found = verify_export(exported(a_rich_ledger(), NAME, PHONE), trust=RICH_KEY)
    assert kinds(found) == [ProblemKind.DISCLOSURE_BAD]


def test_statements_are_checked_with_the_keys_that_the_log_names() -> None:
    assert verify_export(RICH, trust=RICH_KEY).attestations == 1
    ledger = a_ledger(1)
    entry = a_rich_ledger().entry(5).record
    blob = ledger.put_blob(a_rich_ledger().get_blob(entry.blobs[0].sha256), media=entry.blobs[0].media)
    ledger.append([replace(entry, blobs=(blob,))], recorded_at=NOON)
    unknown = verify_export(exported(ledger), trust=KEY)
    assert (unknown.sound, unknown.attestations, len(unknown.foreign)) == (True, 0, 1)
    stranger = Signer(ATTESTOR.name, b"\x09" * 32)
    ledger.append([of_type(40, "attestation.key", key=stranger.verifier.text)], recorded_at=NOON)
    assert len(verify_export(exported(ledger), trust=KEY).foreign) == 1


def test_a_statement_whose_signature_does_not_hold_is_told() -> None:
    ledger = a_ledger(1)
    rich = a_rich_ledger()
    envelope = rich.get_blob(rich.entry(5).record.blobs[0].sha256)
    at = envelope.rindex(b'"sig":"') + 10
    spoilt = envelope[:at] + (b"A" if envelope[at : at + 1] != b"A" else b"B") + envelope[at + 1 :]
    blob = ledger.put_blob(spoilt, media=rich.entry(5).record.blobs[0].media)
    ledger.append([rich.entry(4).record, replace(rich.entry(5).record, blobs=(blob,))], recorded_at=NOON)
    assert kinds(verify_export(exported(ledger), trust=KEY)) == [ProblemKind.ATTESTATION_BAD]


def test_the_key_chain_leads_from_any_earlier_key_to_the_newest() -> None:
    archive = a_rotated_export()
    for trust in (None, KEY, read_key(NEXT_KEY.verifier.text)):
        found = verify_export(archive, trust=trust)
        assert (found.problems, len(found.records), found.sound) == ((), 5, True)
    stranger = Signer(ORIGIN, b"\x09" * 32).verifier.text
    assert not verify_export(archive, trust=read_key(stranger)).sound


@pytest.mark.parametrize(
    "edit",
    [
        {"rotations/000000000003": None},
        {"rotations/000000000003": lambda note: note.rsplit(b"\xe2\x80\x94", 1)[0]},
        {"rotations/000000000003": lambda note: note.replace(b"\n3\n", b"\n2\n")},
        {"rotations/000000000004": b"another"},
    ],
)
def test_a_change_of_keys_that_is_not_signed_by_both_leads_nowhere(edit: Edit) -> None:
    found = verify_export(changed(a_rotated_export(), edit), trust=KEY)
    assert ProblemKind.KEY_CHAIN_BROKEN in kinds(found)
    assert not found.sound


def test_a_fork_that_is_recorded_ends_the_trust_in_the_key_before() -> None:
    ledger = a_ledger(2)
    old = Signer(ORIGIN, b"\x01" * 32).verifier.text
    fork = of_type(50, "ledger.forked", reason="lost", anchor_size=9, anchor_root="", **{"from": old, "to": ledger.key})
    ledger.append([fork], recorded_at=NOON)
    assert verify_export(exported(ledger), trust=read_key(ledger.key)).sound
    assert not verify_export(exported(ledger), trust=read_key(old)).sound


@pytest.mark.parametrize("content", [b"", b"PK", b"not a zip at all" * 10])
def test_what_is_no_archive_is_said_to_be_none(content: bytes) -> None:
    with pytest.raises(Malformed):
        verify_export(content)


def test_an_altered_ledger_is_not_exported() -> None:
    parts = parts_of(LEDGER)
    spoilt: list[Callable[[], bytes]] = [
        lambda: build_export(replace(parts, entries=list(LEDGER.entries(0, 4)))),
        lambda: build_export(replace(parts, blobs={})),
        lambda: build_export(replace(parts, blobs=dict.fromkeys(parts.blobs, b"forged"))),
    ]
    for build in spoilt:
        with pytest.raises(Refused):
            build()


def test_a_witness_that_is_asked_for_must_have_cosigned() -> None:
    witness = Key("witness.example/w1", 4, bytes(32))
    assert kinds(verify_export(ARCHIVE, trust=KEY, witnesses=[witness])) == [ProblemKind.WITNESS_MISSING]
