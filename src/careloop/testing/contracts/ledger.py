"""What every ledger must do, whatever it is stored in. Derive a test class, give it a `make_ledger`, and run it."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial

from careloop.errors import CareloopError, Conflict, InvalidInput, NotFound
from careloop.ledger.checkpoint import read_checkpoint
from careloop.ledger.merkle import EMPTY_ROOT, leaf_hash, verify_consistency, verify_inclusion
from careloop.ledger.note import read_verifier
from careloop.ledger.proof import proof_text, verify_proof
from careloop.ledger.record import uuid7
from careloop.ledger.verify import StoredLine, verify_log
from careloop.ports.ledger import Actor, ActorKind, BlobRef, Json, Ledger, Receipt, Record, Subject

__all__ = ["NOON", "LedgerContract", "a_record"]

NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)
ADA = Actor(iss="https://id.acme.example", sub="ada", kind=ActorKind.PERSON)
BOB = Actor(iss="https://id.acme.example", sub="bob", kind=ActorKind.PERSON)


def a_record(
    number: int = 0,
    *,
    data: Mapping[str, Json] | None = None,
    actor: Actor = ADA,
    system: str = "credit-decision",
    blobs: tuple[BlobRef, ...] = (),
) -> Record:
    """A valid `incident.opened` record; the number makes the id, and records of two numbers differ."""
    return Record(
        id=uuid7(1_774_958_400_000 + number, number.to_bytes(10)),
        type="incident.opened",
        actor=actor,
        occurred_at=NOON,
        data={"system": system, "severity": "high", "number": number} if data is None else data,
        subject=(Subject(name=f"systems/{system}"),),
        controls=("iso42001:2023/A.8.4",),
        blobs=blobs,
    )


class LedgerContract(ABC):
    """One test a promise of the port."""

    @abstractmethod
    def make_ledger(self) -> Ledger:
        """A fresh, empty ledger."""

    def test_an_empty_ledger_signs_the_empty_root(self) -> None:
        with closing(self.make_ledger()) as ledger:
            head = ledger.head()
            assert (ledger.size(), head.size, head.root) == (0, 0, EMPTY_ROOT)
            assert read_checkpoint(head.note, read_verifier(ledger.key)) == head
            assert head.origin == ledger.origin

    def test_a_record_comes_back_as_it_was_given(self) -> None:
        with closing(self.make_ledger()) as ledger:
            record = a_record(
                1, data={"system": "Kredit-Prüfung 🏦", "severity": "low", "ratio": "0.71", "n": 2**53 - 1}
            )
            receipt = _one(ledger, record)
            entry = ledger.entry(0)
            assert (entry.record, entry.recorded_at, entry.skew_ms) == (record, NOON, 0)
            assert receipt.leaf_hash == leaf_hash(entry.body)
            assert (receipt.index, receipt.size, receipt.root) == (0, 1, ledger.head().root)

    def test_the_index_is_the_order_in_which_records_were_given(self) -> None:
        with closing(self.make_ledger()) as ledger:
            ledger.append([a_record(n) for n in (5, 3)], recorded_at=NOON)
            ledger.append([a_record(4)], recorded_at=NOON)
            assert [entry.record.data["number"] for entry in ledger.entries(0, 3)] == [5, 3, 4]
            assert [entry.index for entry in ledger.entries(1, 3)] == [1, 2]

    def test_how_records_are_grouped_does_not_change_the_tree(self) -> None:
        with closing(self.make_ledger()) as one_by_one, closing(self.make_ledger()) as together:
            for number in range(7):
                _one(one_by_one, a_record(number))
            together.append([a_record(number) for number in range(7)], recorded_at=NOON)
            assert one_by_one.head().root == together.head().root

    def test_nothing_is_recorded_for_an_empty_list(self) -> None:
        with closing(self.make_ledger()) as ledger:
            assert ledger.append([], recorded_at=NOON) == ()
            assert ledger.size() == 0

    def test_sending_a_record_again_gives_the_first_receipt(self) -> None:
        with closing(self.make_ledger()) as ledger:
            first = ledger.append([a_record(1), a_record(2)], recorded_at=NOON)
            _one(ledger, a_record(3))
            later = NOON + timedelta(hours=1)
            assert ledger.append([a_record(1), a_record(2)], recorded_at=later) == first
            assert ledger.size() == 3

    def test_a_record_twice_in_one_call_is_recorded_once(self) -> None:
        with closing(self.make_ledger()) as ledger:
            one, two = ledger.append([a_record(1), a_record(1)], recorded_at=NOON)
            assert one == two
            assert ledger.size() == 1

    def test_an_id_is_not_used_for_another_fact(self) -> None:
        with closing(self.make_ledger()) as ledger:
            _one(ledger, a_record(1))
            forged = a_record(1, data={"system": "other", "severity": "low"})
            error = _refused(Conflict, lambda: ledger.append([a_record(2), forged], recorded_at=NOON))
            assert forged.id in error.message
            assert ledger.size() == 1

    def test_all_records_of_a_call_are_recorded_or_none(self) -> None:
        with closing(self.make_ledger()) as ledger:
            incomplete = a_record(2, data={"system": "credit-decision"})
            error = _refused(InvalidInput, lambda: ledger.append([a_record(1), incomplete], recorded_at=NOON))
            assert "data.severity" in error.message
            assert ledger.size() == 0
            assert _one(ledger, a_record(1)).index == 0

    def test_the_time_of_recording_never_goes_back_and_the_skew_is_said(self) -> None:
        with closing(self.make_ledger()) as ledger:
            _one(ledger, a_record(1))
            late = ledger.append([a_record(2)], recorded_at=NOON - timedelta(microseconds=1_500))[0]
            assert (late.recorded_at, late.skew_ms) == (NOON, 2)
            entry = ledger.entry(1)
            assert (entry.recorded_at, entry.skew_ms, entry.record) == (NOON, 2, a_record(2))
            assert ledger.append([a_record(2)], recorded_at=NOON)[0] == late

    def test_queries_find_what_passes_every_filter(self) -> None:
        with closing(self.make_ledger()) as ledger:
            for number in range(6):
                record = a_record(number, actor=ADA if number % 2 else BOB, system=f"s{number % 3}")
                ledger.append([record], recorded_at=NOON + timedelta(minutes=number))
            found = {
                "type": [e.index for e in ledger.query(type="incident.opened")],
                "no such type": [e.index for e in ledger.query(type="gate.decision")],
                "subject": [e.index for e in ledger.query(subject="systems/s1")],
                "actor": [e.index for e in ledger.query(actor=(BOB.iss, "bob"))],
                "both": [e.index for e in ledger.query(subject="systems/s1", actor=(BOB.iss, "bob"))],
                "since": [e.index for e in ledger.query(since=NOON + timedelta(minutes=4))],
                "until": [e.index for e in ledger.query(until=NOON + timedelta(minutes=2))],
            }
            assert found == {
                "type": [0, 1, 2, 3, 4, 5],
                "no such type": [],
                "subject": [1, 4],
                "actor": [0, 2, 4],
                "both": [4],
                "since": [4, 5],
                "until": [0, 1],
            }

    def test_a_query_up_to_an_index_gives_the_same_answer_for_ever(self) -> None:
        with closing(self.make_ledger()) as ledger:
            ledger.append([a_record(n) for n in range(4)], recorded_at=NOON)
            before = list(ledger.query(type="incident.opened", upto=3))
            ledger.append([a_record(n) for n in range(4, 9)], recorded_at=NOON)
            assert list(ledger.query(type="incident.opened", upto=3)) == before
            assert len(before) == 3

    def test_a_long_query_is_not_disturbed_by_what_is_appended_meanwhile(self) -> None:
        with closing(self.make_ledger()) as ledger:
            ledger.append([a_record(n) for n in range(600)], recorded_at=NOON)
            seen = 0
            for entry in ledger.query(type="incident.opened"):
                if entry.index == 10:
                    _one(ledger, a_record(1000))
                seen += 1
            assert (seen, ledger.size()) == (600, 601)

    def test_every_entry_is_proven_in_every_later_tree(self) -> None:
        with closing(self.make_ledger()) as ledger:
            roots = [ledger.head().root]
            for number in range(20):
                roots.append(_one(ledger, a_record(number)).root)
            for size in range(1, 21):
                for index in range(size):
                    leaf, path = leaf_hash(ledger.entry(index).body), ledger.prove(index, size)
                    assert verify_inclusion(leaf, index, size, path, root=roots[size])
                for old in range(size + 1):
                    path = ledger.consistency(old, size)
                    assert verify_consistency(old, size, path, old_root=roots[old], new_root=roots[size])

    def test_a_proof_stands_alone_in_one_text(self) -> None:
        with closing(self.make_ledger()) as ledger:
            ledger.append([a_record(n) for n in range(11)], recorded_at=NOON)
            head, key = ledger.head(), read_verifier(ledger.key)
            text = proof_text(6, ledger.prove(6, head.size), head)
            assert verify_proof(text, ledger.entry(6).body, key) == (6, head)

    def test_the_log_passes_its_own_check(self) -> None:
        with closing(self.make_ledger()) as ledger:
            ledger.append([a_record(n) for n in range(9)], recorded_at=NOON)
            lines = [StoredLine(e.index, e.body, leaf_hash(e.body)) for e in ledger.entries(0, 9)]
            outcome = verify_log(lines, note=ledger.head().note, key=read_verifier(ledger.key))
            assert (outcome.sound, outcome.size, outcome.checked, outcome.root) == (True, 9, 9, ledger.head().root)

    def test_a_blob_is_kept_by_its_digest_and_bound_to_its_record(self) -> None:
        with closing(self.make_ledger()) as ledger:
            ref = ledger.put_blob(b"signed statement", media="application/json")
            assert ledger.put_blob(b"signed statement", media="application/json") == ref
            _one(ledger, a_record(1, blobs=(ref,)))
            assert ledger.get_blob(ledger.entry(0).record.blobs[0].sha256) == b"signed statement"

    def test_a_record_cannot_name_a_blob_that_is_not_kept(self) -> None:
        with closing(self.make_ledger()) as ledger:
            ref = ledger.put_blob(b"kept", media="text/plain")
            for wrong in (
                BlobRef(sha256="0" * 64, size=4, media="text/plain"),
                BlobRef(sha256=ref.sha256, size=5, media="text/plain"),
            ):
                record = a_record(1, blobs=(wrong,))
                error = _refused(InvalidInput, partial(ledger.append, [record], recorded_at=NOON))
                assert "blobs[0]" in error.message

    def test_what_is_not_there_is_not_found(self) -> None:
        with closing(self.make_ledger()) as ledger:
            _one(ledger, a_record(1))
            asked: list[Callable[[], object]] = [
                lambda: ledger.entry(1),
                lambda: ledger.entry(-1),
                lambda: ledger.entries(0, 2),
                lambda: ledger.query(upto=2),
                lambda: ledger.prove(1, 1),
                lambda: ledger.prove(0, 2),
                lambda: ledger.consistency(1, 2),
                lambda: ledger.consistency(1, 0),
                lambda: ledger.get_blob("0" * 64),
            ]
            for ask in asked:
                _refused(NotFound, ask)


def _one(ledger: Ledger, record: Record) -> Receipt:
    return ledger.append([record], recorded_at=NOON)[0]


def _refused(kind: type[CareloopError], call: Callable[[], object]) -> CareloopError:
    """The error a call must raise."""
    try:
        call()
    except kind as error:
        return error
    raise AssertionError(f"{kind.__name__} was not raised")
