"""What the inside asks of the lake: take events durably, in one order; count them; read them back.

Parquet files with DuckDB fill the port today; object storage with Spark fills the same shape. Source: EVENTS, MEASURES.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from careloop.domain.count_plan import Column
from careloop.domain.event import Event, StoredEvent
from careloop.domain.event_rows import View
from careloop.domain.label_spec import Maturity
from careloop.errors import InvalidInput
from careloop.ports.count_engine import CountEngine

__all__ = [
    "Appended",
    "CompactableLake",
    "Compacted",
    "Engine",
    "ErasableLake",
    "Erased",
    "Erasure",
    "Fence",
    "KeptLake",
    "Lake",
    "LakeStats",
    "Newest",
    "Reading",
    "Segment",
    "SystemStats",
]


class Engine(StrEnum):
    """Who counts; both give the same integers."""

    DUCKDB = "duckdb"
    IN_PROCESS = "in_process"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Which events of the lake: those of one system, as they stood at a watermark."""

    system: str
    upto: int
    """The watermark: highest `ingest_seq` that is seen. Nothing that comes later changes the answer."""
    after: int = 0
    """Only rows that came with a higher `ingest_seq` than this; labels are found whenever they came.

    A labelled row of the view by label comes with the later of answer and label. So tables of two stretches that meet
    add up to the table of both. One case does not: by occurrence or by maturity, a plan that reads a label, when a
    label of the second stretch is for an answer of the first.
    """
    view: View = View.OCCURRED
    maturity: Maturity | None = None
    """Of the view by maturity, and only of that: when the time for labels is over."""
    since: datetime | None = None
    """Only from this instant of the view on, itself included."""
    until: datetime | None = None
    """Only before this instant of the view."""
    columns: tuple[Column, ...] = ()
    """What will be counted: a column that no event has a value for is there all the same. None: the fixed columns."""

    def __post_init__(self) -> None:
        if (self.view is View.MATURED) is (self.maturity is None):
            raise InvalidInput("the view by maturity, and no other, needs to know when labels have matured")


@dataclass(frozen=True, slots=True, kw_only=True)
class Appended:
    """The lake's acknowledgement: these events are durable."""

    duplicates: tuple[int, ...]
    """Places, in what was given, of events whose id the system had sent before; they were not kept again."""
    accepted: int
    last_seq: int
    """Highest `ingest_seq` in the lake once the new events were in it."""
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Fence:
    """No event will ever be received before `received_before`; those that were have at most `watermark`."""

    watermark: int
    received_before: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Newest:
    """The newest event of one system, of whichever kind."""

    seq: int
    """Its `ingest_seq`: nothing that was counted up to here has changed since."""
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A closed piece of the log of events: nothing is added to it any more."""

    name: str
    first_seq: int
    last_seq: int
    sha256: str
    size: int
    """Bytes."""
    received_at: datetime
    """Of its last event."""
    systems: tuple[str, ...]
    """Whose events it holds, in the order of their names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compacted:
    """What a compaction did."""

    segments: int
    rows: int
    files: int
    """Parquet files written."""
    upto: int
    """Events up to this `ingest_seq` now lie in Parquet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """Which compacted rows of one system are to go: those for which everything that is set holds."""

    system: str
    unit: str | None = None
    """Rows about this person, and labels, outcomes and guard verdicts about answers to them."""
    occurred_before: datetime | None = None
    purpose: str | None = None
    """Only rows with this purpose."""
    purposes_not: tuple[str, ...] = ()
    """No rows with one of these purposes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What an erasure took away, or would."""

    rows: int
    files: int
    """Parquet files written anew or removed."""
    first: datetime | None
    """Earliest and latest `occurred_at` of the rows that went: windows between cannot be counted again from rows."""
    last: datetime | None
    upto: int
    """Rows up to this `ingest_seq` were looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemStats:
    """The compacted rows of one system."""

    system: str
    rows: int
    files: int
    size: int
    """Bytes."""
    first: datetime
    """Earliest and latest `occurred_at`."""
    last: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LakeStats:
    """What lies in the lake."""

    watermark: int
    compacted_upto: int
    waiting_bytes: int
    """In segments."""
    systems: tuple[SystemStats, ...]
    """By name."""


class Lake(Protocol):
    """The events of one organisation. Every call raises `Unavailable` when the store is out of reach."""

    def append(self, events: Sequence[Event], *, now: datetime) -> Appended:
        """Take the events in their order and return once they are durable; each (system, id) is taken once."""
        ...

    def watermark(self) -> int:
        """Highest `ingest_seq`; 0 while the lake is empty."""
        ...

    def newest(self) -> Mapping[str, Newest]:
        """The newest event of each system that ever sent one; cheap enough to be asked each second."""
        ...

    def fence(self, now: datetime) -> Fence:
        """Close the time before `now`: what comes later counts as received at or after it."""
        ...

    def events(self, reading: Reading) -> Iterator[StoredEvent]:
        """The events in the order in which they were taken, without labels joined; `since` and `until` by the view."""
        ...

    def counting(self, reading: Reading, *, engine: Engine = Engine.DUCKDB) -> AbstractContextManager[CountEngine]:
        """The events as rows that can be counted, with the columns of `careloop.domain.event_columns`."""
        ...

    def close(self) -> None:
        """Let go of the store."""
        ...


class CompactableLake(Protocol):
    """A lake that first keeps events as they come, and later as files that are fast to count."""

    def close_segments(self, *, even_if_small: bool) -> tuple[Segment, ...]:
        """Closed segments that are not yet compacted, oldest first; close the open one too if that is wanted."""
        ...

    def compact(self) -> Compacted:
        """Turn closed segments into files. Cut short at any point, it leaves each event in exactly one place.

        Raises `Conflict` when another lake writes where the files go.
        """
        ...


class ErasableLake(Protocol):
    """A lake from whose compacted files rows can be taken away for good."""

    def erase(self, which: Erasure, *, rehearse: bool = False) -> Erased:
        """Take the rows away, so that no file of the lake holds them; `rehearse` only counts them.

        The ids of what went stay known, by a digest: the same event sent again is not taken again. Cut short at any
        point, it leaves a lake that reads well; repeating finishes it.
        """
        ...

    def stats(self) -> LakeStats:
        """What lies in the lake."""
        ...


class KeptLake(Lake, CompactableLake, ErasableLake, Protocol):
    """A lake that somebody looks after: taken into, compacted, and forgetting what it must."""

    def take_over(self) -> None:
        """Write from now on where another lake wrote that is gone for good; nothing to do where none did.

        Raises `Conflict` when that one wrote what this one does not know.
        """
        ...
