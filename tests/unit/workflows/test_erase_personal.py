"""Personal values are erased by request or by their time, a legal hold stops both, and every proof stays (R51)."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from careloop.errors import InvalidInput, NotFound, Refused
from careloop.ledger.disclosure import Disclosure, commit
from careloop.ledger.merkle import leaf_hash, verify_inclusion
from careloop.ledger.record import uuid7
from careloop.ports.ledger import Actor, ActorKind
from careloop.testing.contracts.ledger import NOON, a_record
from careloop.testing.ledger_fake import LedgerFake
from careloop.testing.personal_values_fake import PersonalValuesFake
from careloop.workflows.evolve.erase_personal import (
    append_personal,
    holds_of,
    place_hold,
    redact,
    release_hold,
    retain,
    values_to_show,
)
from careloop.workflows.evolve.ledger_clerk import LedgerClerk

DPO = Actor(iss="governance-repository", sub="dpo", kind=ActorKind.PERSON)
NAME = commit("customer", "Jane Doe", salt=b"\x01" * 16)
PHONE = commit("phone", "+46 70 123", salt=b"\x02" * 16)


class Office:
    """A ledger with one incident that has two personal values, and one without."""

    def __init__(self) -> None:
        self.ledger, self.values, self._made = LedgerFake(), PersonalValuesFake(), 0
        append_personal(self.clerk(), self.values, a_record(1), [NAME, PHONE])
        self.clerk().append(a_record(2))

    def clerk(self, now: datetime = NOON) -> LedgerClerk:
        return LedgerClerk(ledger=self.ledger, actor=DPO, now=now, make_id=self._id)

    def shown(self) -> set[bytes]:
        return set(values_to_show(self.ledger, self.values))

    def _id(self) -> str:
        self._made += 1
        return uuid7(1_774_958_500_000 + self._made, self._made.to_bytes(10))


def test_the_value_is_never_in_the_leaf() -> None:
    office = Office()
    entry = office.ledger.entry(0)
    assert entry.record.redactable == {"customer": NAME.commitment, "phone": PHONE.commitment}
    assert b"Jane" not in entry.body
    assert office.shown() == {NAME.line, PHONE.line}


def test_an_erasure_leaves_a_record_and_every_proof_valid() -> None:
    office = Office()
    before = office.ledger.head()
    leaf, path = leaf_hash(office.ledger.entry(0).body), office.ledger.prove(0, before.size)
    done = redact(office.clerk(), office.values, 0, ["customer"], reason="asked for")
    assert done.receipt is not None
    said = office.ledger.entry(done.receipt.index).record
    assert (said.type, said.data["fields"], said.refs) == ("ledger.redacted", ["customer"], (a_record(1).id,))
    assert office.values.find(NAME.commitment) is None
    assert office.shown() == {PHONE.line}
    assert verify_inclusion(leaf, 0, before.size, path, root=before.root)


def test_without_a_field_all_values_of_the_entry_go() -> None:
    office = Office()
    assert redact(office.clerk(), office.values, 0, [], reason="asked for").fields == ("customer", "phone")
    assert office.shown() == set()


def test_an_erasure_that_was_recorded_and_then_interrupted_shows_nothing_and_can_be_finished() -> None:
    office = Office()
    office.values.keep([NAME.line])
    redact(office.clerk(), office.values, 0, ["customer"], reason="asked for")
    office.values.keep([NAME.line])  # as if the value had not gone yet
    assert office.shown() == {PHONE.line}
    redact(office.clerk(), office.values, 0, ["customer"], reason="asked for, finished")
    assert office.values.find(NAME.commitment) is None


@pytest.mark.parametrize(
    ("index", "fields", "kind"),
    [(0, ["adress"], InvalidInput), (1, [], InvalidInput), (9, [], NotFound)],
)
def test_what_is_not_personal_cannot_be_erased(index: int, fields: list[str], kind: type[Exception]) -> None:
    office = Office()
    with pytest.raises(kind):
        redact(office.clerk(), office.values, index, fields, reason="asked for")
    assert office.ledger.size() == 2


@pytest.mark.parametrize(
    "scope", [{}, {"type": "incident.opened"}, {"subject": "systems/credit-decision"}, {"entry": 0}]
)
def test_a_hold_stops_erasure_by_request_and_by_time_until_it_is_released(scope: dict[str, str | int]) -> None:
    office = Office()
    place_hold(office.clerk(), scope, reason="court case")
    (hold,) = holds_of(office.ledger)
    with pytest.raises(Refused, match="court case"):
        redact(office.clerk(), office.values, 0, [], reason="asked for")
    much_later = NOON + timedelta(days=4000)
    kept = retain(office.clerk(much_later), office.values, keep={"incident.opened": timedelta(days=30)})
    assert [(one.index, one.held_by) for one in kept] == [(0, hold)]
    assert office.shown() == {NAME.line, PHONE.line}
    release_hold(office.clerk(), hold.id, reason="case closed")
    assert holds_of(office.ledger) == ()
    redact(office.clerk(), office.values, 0, [], reason="asked for")
    assert office.shown() == set()


@pytest.mark.parametrize("scope", [{"type": "gate.decision"}, {"subject": "systems/other"}, {"entry": 1}])
def test_a_hold_on_something_else_stops_nothing(scope: dict[str, str | int]) -> None:
    office = Office()
    place_hold(office.clerk(), scope, reason="court case")
    assert redact(office.clerk(), office.values, 0, [], reason="asked for").receipt is not None


def test_a_hold_that_is_not_in_force_cannot_be_released() -> None:
    office = Office()
    with pytest.raises(NotFound):
        release_hold(office.clerk(), "no such hold", reason="case closed")


def test_values_go_when_the_time_of_their_type_is_over_and_not_a_second_before() -> None:
    office = Office()
    keep = {"incident.opened": timedelta(days=30)}
    assert retain(office.clerk(NOON + timedelta(days=30, seconds=-1)), office.values, keep=keep) == ()
    rehearsed = retain(office.clerk(NOON + timedelta(days=30)), office.values, keep=keep, rehearse=True)
    assert ([one.receipt for one in rehearsed], office.shown()) == ([None], {NAME.line, PHONE.line})
    (done,) = retain(office.clerk(NOON + timedelta(days=30)), office.values, keep=keep)
    assert (done.index, done.fields, office.shown()) == (0, ("customer", "phone"), set())
    assert retain(office.clerk(NOON + timedelta(days=31)), office.values, keep=keep) == ()


def test_a_type_without_a_limit_is_kept() -> None:
    office = Office()
    keep = {"gate.decision": timedelta(days=1)}
    assert retain(office.clerk(NOON + timedelta(days=9999)), office.values, keep=keep) == ()


def test_a_salt_keeps_equal_values_apart_and_a_field_stands_once() -> None:
    again = commit("customer", "Jane Doe", salt=b"\x09" * 16)
    assert again.commitment != NAME.commitment
    office = Office()
    both: list[Disclosure] = [NAME, again]
    with pytest.raises(InvalidInput, match="twice"):
        append_personal(office.clerk(), office.values, replace(a_record(3)), both)
