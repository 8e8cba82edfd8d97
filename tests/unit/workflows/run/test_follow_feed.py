"""A feed is told that a batch is durable only after it is; whatever fails between, each is kept once (R47, R51)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careloop.domain.event import Event
from careloop.domain.event_contract import EventContract
from careloop.domain.event_report import IngestReport
from careloop.errors import InvalidInput, Unavailable
from careloop.ports.event_source import SourceBatch
from careloop.ports.lake import Appended, Reading
from careloop.testing.event_builders import NOON, ReleasesFake, a_row, a_schema
from careloop.testing.event_source_fake import EventSourceFake
from careloop.testing.lake_fake import LakeFake
from careloop.workflows.run.follow_feed import follow_feed
from careloop.workflows.run.ingest_events import Intake


class FailingLake(LakeFake):
    """Fails where it is told to: before it took a batch, or after, as when the answer is lost."""

    def __init__(self, troubles: Sequence[str]) -> None:
        super().__init__()
        self._troubles = list(troubles)

    def append(self, events: Sequence[Event], *, now: datetime) -> Appended:
        trouble = self._troubles.pop(0) if self._troubles else "none"
        if trouble == "before":
            raise Unavailable("the disk is full")
        appended = super().append(events, now=now)
        if trouble == "after":
            raise Unavailable("the answer is lost")
        return appended


class Watched(EventSourceFake):
    """Holds what it is told against what the lake holds at that moment."""

    def __init__(self, rows: list[bytes], lake: LakeFake) -> None:
        super().__init__(rows)
        self._lake = lake

    def durable(self, batch: SourceBatch) -> None:
        held = kept(self._lake)
        assert all(json.loads(row)["id"] in held for row in batch.rows), "it was told before it was so"
        super().durable(batch)


def an_intake(lake: LakeFake) -> Intake:
    return Intake(lake=lake, contracts={"credit": EventContract.of("credit", a_schema())}, releases=ReleasesFake())


def rows_of(*numbers: int) -> list[bytes]:
    return [json.dumps(a_row(number)).encode() for number in numbers]


def kept(lake: LakeFake) -> list[str]:
    return [each.event.id for each in lake.events(Reading(system="credit", upto=10**6))]


def follow(source: EventSourceFake, lake: LakeFake) -> IngestReport:
    report = IngestReport()
    for done in follow_feed(source, an_intake(lake), system="credit", now=lambda: NOON):
        report = report.plus(done)
    return report


@given(st.integers(1, 12), st.lists(st.sampled_from(["none", "before", "after"]), max_size=12))
def test_whatever_fails_each_event_is_kept_once_and_none_is_lost(many: int, troubles: list[str]) -> None:
    lake = FailingLake(troubles)
    source = Watched(rows_of(*range(many)), lake)
    for _ in range(len(troubles) + 1):
        try:
            follow(source, lake)
        except Unavailable:
            continue
    assert kept(lake) == [f"event-{number}" for number in range(many)]
    assert source.durable_upto == many


def test_a_row_that_can_never_be_taken_is_told_by_its_place_and_holds_up_nothing() -> None:
    lake, bad = LakeFake(), json.dumps(a_row(7, score="high")).encode()
    source = EventSourceFake([*rows_of(1, 2), b"no json", bad, *rows_of(3, 3)], name="topic")
    report = follow(source, lake)
    told = [(row.index, row.place, row.reason.partition(":")[0]) for row in report.refused]
    assert told == [(2, "topic@2", "the row is not JSON"), (3, "topic@3", "score")]
    assert (report.accepted, report.duplicates, report.refused_rows, source.durable_upto) == (3, 1, 2, 6)


def test_a_system_that_is_not_known_takes_nothing() -> None:
    source = EventSourceFake(rows_of(1))
    with pytest.raises(InvalidInput, match="no system 'shop'"):
        list(follow_feed(source, an_intake(LakeFake()), system="shop", now=lambda: NOON))
    assert source.durable_upto == 0
