"""A lake in memory, for tests: same order, same idempotence, same views as the real one, gone when the test ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

from careloop.domain.event import Event, StoredEvent
from careloop.domain.event_columns import FIXED_COLUMNS
from careloop.domain.event_rows import View, columns_of, event_rows
from careloop.domain.event_values import microseconds, moment_of
from careloop.errors import Unavailable
from careloop.ports.count_engine import CountEngine
from careloop.ports.lake import Appended, Engine, Fence, Newest, Reading
from careloop.testing.plain_counts import PlainCounts

__all__ = ["LakeFake"]


class LakeFake:
    """A `Lake` that keeps everything in a list; `out_of_reach = True` makes every call raise `Unavailable`."""

    def __init__(self) -> None:
        self._stored: list[StoredEvent] = []
        self._ids: set[tuple[str, str]] = set()
        self._received_us = 0
        self.out_of_reach = False

    def append(self, events: Sequence[Event], *, now: datetime) -> Appended:
        """Take the events, each (system, id) once."""
        self._reach()
        received_us = max(self._received_us, microseconds(now))
        duplicates = []
        for place, event in enumerate(events):
            if (event.system, event.id) in self._ids:
                duplicates.append(place)
                continue
            self._ids.add((event.system, event.id))
            self._stored.append(StoredEvent(len(self._stored) + 1, received_us, event))
            self._received_us = received_us
        return Appended(
            duplicates=tuple(duplicates),
            accepted=len(events) - len(duplicates),
            last_seq=len(self._stored),
            received_at=moment_of(received_us),
        )

    def watermark(self) -> int:
        """How many events there are."""
        self._reach()
        return len(self._stored)

    def newest(self) -> Mapping[str, Newest]:
        """The newest event of each system."""
        self._reach()
        return {each.event.system: Newest(seq=each.seq, received_at=moment_of(each.received_us)) for each in self._stored}

    def fence(self, now: datetime) -> Fence:
        """Close the time before `now`."""
        self._reach()
        self._received_us = max(self._received_us, microseconds(now))
        return Fence(watermark=len(self._stored), received_before=moment_of(self._received_us))

    def events(self, reading: Reading) -> Iterator[StoredEvent]:
        """The events of the reading, in order."""
        self._reach()
        by_time = reading.view is View.OCCURRED
        for each in self._stored[reading.after : reading.upto]:
            at = moment_of(each.event.occurred_us if by_time else each.received_us)
            inside = (reading.since is None or at >= reading.since) and (reading.until is None or at < reading.until)
            if each.event.system == reading.system and inside:
                yield each

    @contextmanager
    def counting(self, reading: Reading, *, engine: Engine = Engine.DUCKDB) -> Iterator[CountEngine]:
        """The events as rows to be counted in plain Python, whichever engine is asked for."""
        del engine
        whole = Reading(system=reading.system, upto=reading.upto)
        rows = event_rows(
            self.events(whole),
            reading.view,
            since_us=None if reading.since is None else microseconds(reading.since),
            until_us=None if reading.until is None else microseconds(reading.until),
            after=reading.after,
        )
        columns = columns_of(rows, reading.columns or FIXED_COLUMNS.values())
        names = list(columns)
        yield PlainCounts([dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)], names)

    def close(self) -> None:
        """Nothing to let go of."""

    def _reach(self) -> None:
        if self.out_of_reach:
            raise Unavailable("the lake is out of reach")
