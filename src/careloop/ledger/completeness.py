"""What is *not* in the ledger: numbers that a source skipped, sources that fell silent, and what there is of each.

A source numbers its records (`data: {source, seq}`, from 1) and says by a heartbeat how often it will be heard
(`every_s`); `spool.drained` tells of what came late. Counting is streaming, one small tally a source.
Source: LEDGER 10.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from careloop.ports.ledger import Entry, Json

__all__ = ["Completeness", "LedgerTally", "SourceReport"]

_GRACE: Final = 2
"""A source is silent when it was not heard for so many times the interval it promised."""
_MOST_GAPS: Final = 100
"""Of more runs of missing numbers than these, only the count is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceReport:
    """What is known of one source."""

    source: str
    records: int
    last_at: datetime
    """When the ledger last heard of it."""
    last_seq: int | None
    """The highest number it gave; null when it numbers nothing."""
    missing: tuple[tuple[int, int], ...]
    """Runs of numbers that never came, first and last."""
    missing_count: int
    heartbeat_at: datetime | None
    every_s: int | None
    """Seconds between heartbeats, as promised by the last."""
    silent_s: int | None
    """Seconds without any word, when that is longer than twice the promise; null otherwise."""
    late: int
    """Records that waited in a spool."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Completeness:
    """How much there is in a ledger, and what is missing."""

    size: int
    body_bytes: int
    first_at: datetime | None
    last_at: datetime | None
    types: Mapping[str, int]
    actors: Mapping[str, int]
    """Issuer and subject, joined by a space -> records."""
    sources: tuple[SourceReport, ...]
    skewed: int
    """Entries whose recorder's clock was behind."""
    census_at: datetime | None
    """When the ledger last counted itself."""

    @property
    def per_day(self) -> float | None:
        """Records a day between the first and the last; null while they lie less than an hour apart."""
        if self.first_at is None or self.last_at is None or self.last_at - self.first_at < timedelta(hours=1):
            return None
        return self.size / ((self.last_at - self.first_at) / timedelta(days=1))

    @property
    def whole(self) -> bool:
        """Whether no source skipped a number and none is silent."""
        return not any(one.missing_count or one.silent_s is not None for one in self.sources)


@dataclass(slots=True)
class _Tally:
    records: int = 0
    last_at: datetime | None = None
    top: int = 0
    holes: dict[int, int] = field(default_factory=dict)
    """First -> last missing number of a run below `top`."""
    heartbeat_at: datetime | None = None
    every_s: int | None = None
    late: int = 0

    def number(self, seq: int) -> None:
        """A number came: beyond the top it may leave a hole, below it may fill one."""
        if seq > self.top:
            if seq > self.top + 1:
                self.holes[self.top + 1] = seq - 1
            self.top = seq
            return
        for first, last in self.holes.items():
            if first <= seq <= last:
                del self.holes[first]
                if first < seq:
                    self.holes[first] = seq - 1
                if seq < last:
                    self.holes[seq + 1] = last
                return


class LedgerTally:
    """Takes entries in order and remembers counts."""

    def __init__(self) -> None:
        self._size, self._bytes, self._skewed = 0, 0, 0
        self._first: datetime | None = None
        self._last: datetime | None = None
        self._census: datetime | None = None
        self._types: Counter[str] = Counter()
        self._actors: Counter[str] = Counter()
        self._sources: dict[str, _Tally] = {}

    def take(self, entry: Entry) -> None:
        """Count one entry."""
        record = entry.record
        self._size += 1
        self._bytes += len(entry.body)
        self._skewed += entry.skew_ms > 0
        self._first = self._first or entry.recorded_at
        self._last = entry.recorded_at
        self._types[record.type] += 1
        self._actors[f"{record.actor.iss} {record.actor.sub}"] += 1
        if record.type == "ledger.census":
            self._census = entry.recorded_at
        source = record.data.get("source")
        if isinstance(source, str):
            self._take_of(self._sources.setdefault(source, _Tally()), entry)

    def report(self, now: datetime) -> Completeness:
        """What was counted, and who is silent at `now`."""
        return Completeness(
            size=self._size,
            body_bytes=self._bytes,
            first_at=self._first,
            last_at=self._last,
            types=dict(sorted(self._types.items())),
            actors=dict(sorted(self._actors.items())),
            sources=tuple(_report(name, tally, now) for name, tally in sorted(self._sources.items())),
            skewed=self._skewed,
            census_at=self._census,
        )

    def census(self) -> dict[str, Json]:
        """The data of a `ledger.census` record: what there is of each type, and how far each source's numbers go."""
        sources: dict[str, Json] = {
            name: {"records": one.records, "last_seq": one.top, "missing": _missing(one)}
            for name, one in sorted(self._sources.items())
        }
        return {"size": self._size, "types": dict(sorted(self._types.items())), "sources": sources}

    @staticmethod
    def _take_of(tally: _Tally, entry: Entry) -> None:
        data = entry.record.data
        tally.last_at = entry.recorded_at
        if entry.record.type == "spool.drained":
            tally.late += _whole_number(data.get("records")) or 0
            return
        tally.records += 1
        seq = _whole_number(data.get("seq"))
        if seq:
            tally.number(seq)
        if entry.record.type == "source.heartbeat":
            tally.heartbeat_at, tally.every_s = entry.recorded_at, _whole_number(data.get("every_s"))


def _report(name: str, tally: _Tally, now: datetime) -> SourceReport:
    last = tally.last_at or now
    silent = None
    if tally.every_s and now - last > _GRACE * timedelta(seconds=tally.every_s):
        silent = int((now - last).total_seconds())
    return SourceReport(
        source=name,
        records=tally.records,
        last_at=last,
        last_seq=tally.top or None,
        missing=tuple(sorted(tally.holes.items()))[:_MOST_GAPS],
        missing_count=_missing(tally),
        heartbeat_at=tally.heartbeat_at,
        every_s=tally.every_s,
        silent_s=silent,
        late=tally.late,
    )


def _missing(tally: _Tally) -> int:
    return sum(last - first + 1 for first, last in tally.holes.items())


def _whole_number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None
