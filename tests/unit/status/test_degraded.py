"""What was complete at an earlier size of the ledger and no longer is gets marked, and nothing else (SEMANTICS 3)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from careloop import wiring
from careloop.checks.catalogue import Catalogue
from careloop.documents.compile import compile_tree
from careloop.domain.status import RequirementRow, RequirementState
from careloop.ledger.record import uuid7
from careloop.ports.ledger import Actor, ActorKind, Record
from careloop.status.records import records_at, records_of
from careloop.testing.ledger_fake import LedgerFake
from careloop.testing.repository_fake import RepositoryFake
from careloop.workflows.read_live_status import Reading, read_live_status

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
OBJECTIVES = "iso42001:2023/A.9.3"
"""Complete in Acme's documents but for a figure that the ledger must hold, frozen within 100 days."""


def ledger_with(*days_ago: int, kind: str = "scorecard.frozen") -> LedgerFake:
    ledger = LedgerFake()
    for place, days in enumerate(days_ago):
        at = NOW - timedelta(days=days)
        record = Record(
            id=uuid7(int(at.timestamp() * 1000), place.to_bytes(10, "big")),
            type=kind,
            actor=Actor(iss="test", sub="clock", kind=ActorKind.SERVICE),
            occurred_at=at,
            data={"window": "2026-Q2", "digest": "sha256:00"},
        )
        ledger.append([record], recorded_at=at)
    return ledger


def row_with(ledger: LedgerFake | None, *, now: datetime = NOW) -> RequirementRow:
    tree = wiring.repository_source(wiring.examples().folder("acme")).work_tree()
    reading = Reading(
        compiled=compile_tree(tree),
        catalogue=Catalogue(wiring.standards_library().read_all()),
        source=RepositoryFake(dict(tree.files)),
        ledger=ledger,
        now=now,
        commit=None,
    )
    rows = {row.requirement.id: row for row in read_live_status(reading).requirements}
    return rows[OBJECTIVES]


@pytest.mark.parametrize(
    ("days_ago", "state", "degraded"),
    [
        ((), RequirementState.PARTIAL, False),
        ((10,), RequirementState.COMPLETE, False),
        ((120,), RequirementState.PARTIAL, True),
        ((120, 10), RequirementState.COMPLETE, False),
    ],
)
def test_a_record_that_ran_out_marks_its_requirement_until_a_new_one_comes(
    days_ago: tuple[int, ...], state: RequirementState, degraded: bool
) -> None:
    row = row_with(ledger_with(*days_ago))
    assert (row.status, row.degraded) == (state, degraded)


def test_without_a_ledger_nobody_can_tell_and_nothing_is_marked() -> None:
    assert row_with(None).degraded is False


def test_a_record_that_never_showed_it_alone_marks_nothing() -> None:
    """At the time of the old record, Acme's objectives had not been reviewed."""
    assert row_with(ledger_with(320)).degraded is False


def test_what_the_ledger_held_at_earlier_instants_is_read_in_one_pass() -> None:
    ledger = ledger_with(30, 20, 10)
    instants = [NOW - timedelta(days=days) for days in (25, 40, 10, 0)]
    sizes = [records.size for records in records_at(ledger.query(), instants)]
    assert sizes == [1, 0, 3, 3]
    assert records_of(ledger.query()).size == 3
