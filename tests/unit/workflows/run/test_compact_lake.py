"""Every closed segment has its digest in the ledger before it is compacted, once."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256

import pytest

from careloop.domain.event_values import moment_of
from careloop.errors import Unavailable
from careloop.ports.lake import Compacted, Segment
from careloop.ports.ledger import Actor, ActorKind
from careloop.testing.event_builders import NOON
from careloop.testing.ledger_fake import LedgerFake
from careloop.workflows.run.compact_lake import compact_lake

WORKER = Actor(iss="acme", sub="worker", kind=ActorKind.AUTOMATION)


class TwoSegments:
    """A lake with two closed segments; it notes what it was asked, and can fail to compact."""

    def __init__(self, *, breaks: bool = False) -> None:
        self.breaks = breaks
        self.compactions = 0

    def close_segments(self, *, even_if_small: bool) -> tuple[Segment, ...]:
        assert even_if_small
        return tuple(
            Segment(
                name=f"events-{n}.ndjson",
                first_seq=n,
                last_seq=n + 9,
                sha256=sha256(bytes([n])).hexdigest(),
                size=100,
                received_at=moment_of(n * 1_000_000_000),
                systems=("credit", "shop"),
            )
            for n in (1, 11)
        )

    def compact(self) -> Compacted:
        if self.breaks:
            raise Unavailable("the disk is full")
        self.compactions += 1
        return Compacted(segments=2, rows=20, files=1, upto=20)


def test_the_digest_of_every_segment_is_recorded_with_its_place() -> None:
    ledger, lake = LedgerFake(), TwoSegments()
    assert compact_lake(lake, ledger=ledger, actor=WORKER, now=NOON).rows == 20
    records = [entry.record for entry in ledger.query(type="ingest.segment")]
    assert [(r.data["first_seq"], r.data["last_seq"]) for r in records] == [(1, 10), (11, 20)]
    assert records[0].data["digest"] == records[0].subject[0].digest == f"sha256:{sha256(bytes([1])).hexdigest()}"
    assert lake.compactions == 1


def test_a_compaction_that_fails_and_is_tried_again_records_nothing_twice() -> None:
    ledger = LedgerFake()
    with pytest.raises(Unavailable):
        compact_lake(TwoSegments(breaks=True), ledger=ledger, actor=WORKER, now=NOON)
    compact_lake(TwoSegments(), ledger=ledger, actor=WORKER, now=NOON + timedelta(days=1))
    assert ledger.size() == 2


def test_nothing_is_compacted_that_the_ledger_could_not_record() -> None:
    ledger, lake = LedgerFake(), TwoSegments()
    ledger.out_of_reach = True
    with pytest.raises(Unavailable):
        compact_lake(lake, ledger=ledger, actor=WORKER, now=NOON)
    assert lake.compactions == 0


def test_without_a_ledger_it_only_compacts() -> None:
    lake = TwoSegments()
    compact_lake(lake, ledger=None, actor=WORKER, now=NOON)
    assert lake.compactions == 1
