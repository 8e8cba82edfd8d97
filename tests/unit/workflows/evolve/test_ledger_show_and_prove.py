"""Reading the ledger: what a filter lets through, and proofs that stand alone."""

from datetime import timedelta

import pytest

from careloop.errors import NotFound
from careloop.ledger.note import read_verifier
from careloop.ledger.proof import verify_proof
from careloop.ledger.record import uuid7
from careloop.ports.ledger import Actor, ActorKind, Record, Subject
from careloop.testing.contracts.ledger import NOON
from careloop.testing.ledger_fake import LedgerFake
from careloop.workflows.evolve.ledger_prove import prove_entry
from careloop.workflows.evolve.ledger_show import EntryFilter, show_entries

LOCK = f"sha256:{'a' * 64}"


def a_ledger() -> LedgerFake:
    """Six entries, an hour apart: alarms and standings, of two systems, every second about one release."""
    ledger = LedgerFake()
    for number in range(6):
        kind = "release.standing" if number % 2 else "incident.opened"
        subject = [Subject(name=f"systems/{'credit' if number < 4 else 'shop'}")]
        subject += [Subject(name=f"releases/{LOCK}", digest=LOCK)] if number % 2 else []
        record = Record(
            id=uuid7(1_774_958_400_000 + number, number.to_bytes(10)),
            type=kind,
            actor=Actor(iss="careloop", sub="care-gate", kind=ActorKind.SERVICE),
            occurred_at=NOON,
            data={"system": "s", "lock": LOCK, "environment": "e", "request": None, "severity": "sev1"},
            subject=tuple(subject),
        )
        ledger.append([record], recorded_at=NOON + timedelta(hours=number))
    return ledger


@pytest.mark.parametrize(
    ("wanted", "indexes"),
    [
        (EntryFilter(), [0, 1, 2, 3, 4, 5]),
        (EntryFilter(type="release.standing"), [1, 3, 5]),
        (EntryFilter(subject="systems/shop"), [4, 5]),
        (EntryFilter(subject="shop"), [4, 5]),
        (EntryFilter(subject=LOCK), [1, 3, 5]),
        (EntryFilter(subject=LOCK[:15]), [1, 3, 5]),
        (EntryFilter(subject="sha256:aa"), []),
        (EntryFilter(subject="sho"), []),
        (EntryFilter(since=NOON + timedelta(hours=4)), [4, 5]),
        (EntryFilter(tail=2), [4, 5]),
        (EntryFilter(type="release.standing", subject="credit", tail=1), [3]),
    ],
)
def test_a_filter_lets_through_what_it_names(wanted: EntryFilter, indexes: list[int]) -> None:
    assert [line.index for line in show_entries(a_ledger(), wanted)] == indexes


def test_an_entry_is_shown_as_it_was_recorded() -> None:
    line = show_entries(a_ledger(), EntryFilter())[1]
    assert (line.type, line.actor, line.record["data"]["lock"]) == ("release.standing", "care-gate", LOCK)


def test_a_proof_can_be_checked_with_the_logs_key_alone() -> None:
    made = prove_entry(a_ledger(), 3)
    index, head = verify_proof(made.proof, made.body, read_verifier(made.key))
    assert (index, head.size, head.origin) == (3, 6, made.origin)


def test_an_entry_that_is_not_there_cannot_be_proven() -> None:
    with pytest.raises(NotFound):
        prove_entry(a_ledger(), 6)
