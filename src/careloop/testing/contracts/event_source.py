"""What every source of events must do. Derive a test class, give it `put` and `make_source`, and run it."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec

from careloop.ports.event_source import EventSource, FeedPositions, Mark

__all__ = ["EventSourceContract", "FeedPositionsContract", "event_row"]


def event_row(number: int) -> dict[str, Any]:
    """One event, the `number`th of its source."""
    return {
        "id": f"e-{number}",
        "occurred_at": f"2026-03-01T00:00:{number:02d}+00:00",
        "kind": "inference",
        "prediction": "approve",
        "features": {"income": number},
    }


class EventSourceContract(ABC):
    """One test a promise of the port."""

    @abstractmethod
    def put(self, rows: Sequence[dict[str, Any]]) -> None:
        """Have the rows stand at the source, behind those that stand there."""

    @abstractmethod
    def make_source(self) -> EventSource:
        """The source, opened anew, with batches of few rows."""

    def test_every_row_comes_once_with_its_place(self) -> None:
        self.put([event_row(n) for n in range(7)])
        with closing(self.make_source()) as source:
            taken, places = _all(source)
        assert taken == [event_row(n) for n in range(7)]
        assert len(set(places)) == 7

    def test_a_source_without_rows_has_no_batch(self) -> None:
        self.put([])
        with closing(self.make_source()) as source:
            assert _all(source) == ([], [])

    def test_what_was_not_called_durable_comes_again_also_to_another_process(self) -> None:
        self.put([event_row(n) for n in range(4)])
        with closing(self.make_source()) as source:
            first = [_read(row) for row in next(iter(source.batches())).rows]
            assert first[0] == event_row(0)
            again = [_read(row) for row in next(iter(source.batches())).rows]
            assert again[0] == event_row(0)
        with closing(self.make_source()) as source:
            assert _all(source)[0] == [event_row(n) for n in range(4)]

    def test_reading_goes_on_where_it_ended(self) -> None:
        self.put([event_row(n) for n in range(4)])
        with closing(self.make_source()) as source:
            _all(source)
            self.put([event_row(4)])
            assert _new(source, [event_row(3)]) == [event_row(4)]
        self.put([event_row(5)])
        with closing(self.make_source()) as source:
            assert _new(source, [event_row(4)]) == [event_row(5)]


class FeedPositionsContract(ABC):
    """One test a promise of the port."""

    @abstractmethod
    def make_positions(self) -> FeedPositions:
        """Fresh, without a mark."""

    def test_a_feed_that_was_never_read_has_no_mark(self) -> None:
        assert self.make_positions().upto("orders") is None

    def test_the_last_mark_of_each_feed_is_given_with_its_type(self) -> None:
        positions = self.make_positions()
        zone = timezone(timedelta(hours=2))
        marks: list[Mark] = [7, 2.5, "2026", datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 1, 0, 0, 0, 1, zone)]
        for mark in marks:
            positions.note("orders", mark)
            positions.note("others", 1)
            found = positions.upto("orders")
            assert (type(found), found) == (type(mark), mark)
        assert positions.upto("others") == 1


def _all(source: EventSource) -> tuple[list[Any], list[str]]:
    rows: list[Any] = []
    places: list[str] = []
    for batch in source.batches():
        rows += [_read(row) for row in batch.rows]
        places += batch.places
        source.durable(batch)
    return rows, places


def _new(source: EventSource, last: list[Any]) -> list[Any]:
    """What came; the row that came last may come once more, since its watermark may be another's as well."""
    return [row for row in _all(source)[0] if row not in last]


def _read(row: bytes) -> Any:
    return msgspec.json.decode(row)
