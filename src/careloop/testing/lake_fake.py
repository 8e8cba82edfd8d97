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
from careloop.ports.lake import Appended, Engine, Erased, Erasure, Fence, LakeStats, Newest, Reading, SystemStats
from careloop.testing.plain_counts import PlainCounts

__all__ = ["LakeFake"]


class LakeFake:
    """A `Lake` that keeps everything in a list; `out_of_reach = True` makes every call raise `Unavailable`."""

    def __init__(self) -> None:
        self._stored: list[StoredEvent] = []
        self._ids: set[tuple[str, str]] = set()
        self._received_us = 0
        self._last = 0
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
            self._last += 1
            self._stored.append(StoredEvent(self._last, received_us, event))
            self._received_us = received_us
        return Appended(
            duplicates=tuple(duplicates),
            accepted=len(events) - len(duplicates),
            last_seq=self._last,
            received_at=moment_of(received_us),
        )

    def watermark(self) -> int:
        """How many events were taken."""
        self._reach()
        return self._last

    def newest(self) -> Mapping[str, Newest]:
        """The newest event of each system."""
        self._reach()
        return {
            each.event.system: Newest(seq=each.seq, received_at=moment_of(each.received_us)) for each in self._stored
        }

    def fence(self, now: datetime) -> Fence:
        """Close the time before `now`."""
        self._reach()
        self._received_us = max(self._received_us, microseconds(now))
        return Fence(watermark=self._last, received_before=moment_of(self._received_us))

    def events(self, reading: Reading) -> Iterator[StoredEvent]:
        """The events of the reading, in order."""
        self._reach()
        by_time = reading.view is View.OCCURRED
        for each in self._stored:
            if not reading.after < each.seq <= reading.upto:
                continue
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
            reading.maturity or reading.view,
            since_us=None if reading.since is None else microseconds(reading.since),
            until_us=None if reading.until is None else microseconds(reading.until),
            after=reading.after,
        )
        columns = columns_of(rows, reading.columns or FIXED_COLUMNS.values())
        names = list(columns)
        yield PlainCounts([dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)], names)

    def erase(self, which: Erasure, *, rehearse: bool = False) -> Erased:
        """Take the rows away; their ids stay known."""
        self._reach()
        answers = {e.event.id for e in self._stored if e.event.unit == which.unit and e.event.system == which.system}
        gone = [each for each in self._stored if _goes(each.event, which, answers)]
        upto = self._last
        if not rehearse:
            self._stored = [each for each in self._stored if each not in gone]
        at = sorted(moment_of(each.event.occurred_us) for each in gone)
        first, last = (at[0], at[-1]) if at else (None, None)
        return Erased(rows=len(gone), files=0, first=first, last=last, upto=upto)

    def stats(self) -> LakeStats:
        """What is in the list; nothing lies in files."""
        self._reach()
        by_system: dict[str, list[datetime]] = {}
        for each in self._stored:
            by_system.setdefault(each.event.system, []).append(moment_of(each.event.occurred_us))
        systems = [
            SystemStats(system=system, rows=len(at), files=0, size=0, first=min(at), last=max(at))
            for system, at in sorted(by_system.items())
        ]
        return LakeStats(watermark=self._last, compacted_upto=self._last, waiting_bytes=0, systems=tuple(systems))

    def close(self) -> None:
        """Nothing to let go of."""

    def _reach(self) -> None:
        if self.out_of_reach:
            raise Unavailable("the lake is out of reach")


def _goes(event: Event, which: Erasure, answers: set[str]) -> bool:
    before = which.occurred_before
    return (
        event.system == which.system
        and (which.unit is None or event.unit == which.unit or event.inference_id in answers)
        and (before is None or event.occurred_us < microseconds(before))
        and (which.purpose is None or event.purpose == which.purpose)
        and event.purpose not in which.purposes_not
    )
