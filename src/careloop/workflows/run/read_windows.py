"""Count events into windows: by when they happened, for people; by when they came, for detectors.

Both give integer tables whose digest another engine must reproduce from the same watermark. Source: EVENTS, "Windows".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Final

from careloop.domain.count_plan import Compare, CountPlan, Predicate, WindowBy
from careloop.domain.counts import CountTable
from careloop.domain.event import EventKind
from careloop.domain.event_columns import DRILL, KIND, LABEL_COLUMNS, RELEASE, SYNTHETIC, UNIT_OR_ID
from careloop.domain.event_rows import View
from careloop.domain.event_values import microseconds, moment_of
from careloop.domain.label_spec import Maturity
from careloop.ledger.record import uuid7
from careloop.ports.lake import Engine, Lake, Reading
from careloop.ports.ledger import Actor, Json, Ledger, Receipt, Record, Subject

__all__ = [
    "FEW",
    "Span",
    "WindowQuery",
    "Windows",
    "closed_windows",
    "event_windows",
    "reads_label",
    "record_windows",
    "window_plan",
]

FEW: Final = 20_000
"""So many events are counted in process sooner than files are opened for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowQuery:
    """What to count of one system, in windows of which length."""

    system: str
    plans: Sequence[CountPlan]
    """Without windows; those are put in here."""
    seconds: int
    maturity: Maturity | None = None
    """Closed windows are then those of answers whose time for labels is over; None: as rows, or labels, came."""
    engine: Engine = Engine.DUCKDB


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Which stretch of time, as known when."""

    since: datetime | None = None
    until: datetime | None = None
    upto: int | None = None
    """Watermark; None is everything that has come so far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """Integer tables of one system's windows, one for each plan that was asked, and what they rest on."""

    system: str
    view: View
    seconds: int
    watermark: int
    tables: Mapping[str, CountTable]
    """By `CountPlan.monitor`."""
    until: datetime | None = None
    """Of closed windows: the end of the last one. The next call begins there."""
    fenced: datetime | None = None
    """Of closed windows: nothing that comes later than the watermark was received before this instant."""

    @property
    def digests(self) -> dict[str, str]:
        """SHA-256 of each table, in hex."""
        return {monitor: table.digest() for monitor, table in self.tables.items()}


def window_plan(plan: CountPlan, *, view: View, seconds: int) -> CountPlan:
    """The plan as it is carried out on the lake: real events cut into windows, by release and unit.

    What the plan says itself about release and unit stays. It counts inferences, unless it asks for a kind by itself.
    """
    real = [Predicate(mark, Compare.EQ, (False,)) for mark in (DRILL, SYNTHETIC)]
    if not _names_kind(plan):
        real.append(Predicate(KIND, Compare.EQ, (EventKind.INFERENCE.value,)))
    return replace(
        plan,
        where=(*real, *plan.where),
        release=plan.release or RELEASE,
        unit=plan.unit or UNIT_OR_ID,
        window=WindowBy(view.instant, seconds),
    )


def event_windows(lake: Lake, query: WindowQuery, *, span: Span | None = None) -> Windows:
    """Windows by when events happened, for display and metrics: late rows and late labels add to them."""
    asked = span or Span()
    upto = lake.watermark() if asked.upto is None else asked.upto
    reading = Reading(system=query.system, upto=upto, view=View.OCCURRED, since=asked.since, until=asked.until)
    return _counted(lake, query, reading)


def closed_windows(
    lake: Lake, query: WindowQuery, *, now: datetime, after: datetime | None = None, floor: int = 0
) -> Windows:
    """Windows by when events came, for detectors: only closed ones, from `after` on; what they count never changes.

    Give `until` of the answer as `after` of the next call, and every window is seen once and in order. Plans that read
    a label are asked apart from those that do not: their rows come when the label does, or when the time for it is
    over (`maturity`). Rows at or below `floor` are left out; the caller knows that they came before `after`.
    """
    fence = lake.fence(now)
    until = _start_of_window(fence.received_before, query.seconds)
    view = _view_of(query)
    if query.maturity is not None:
        until = _start_of_window(fence.received_before - query.maturity.after, query.seconds)
    upto = fence.watermark
    if after is not None and until <= after:
        tables = {plan.monitor: CountTable(plan.columns, {}) for plan in query.plans}
        found = Windows(system=query.system, view=view, seconds=query.seconds, watermark=upto, tables=tables)
    else:
        above = floor if view is View.RECEIVED else 0
        few = after is not None and view is View.RECEIVED and upto - above <= FEW
        asked = replace(query, engine=Engine.IN_PROCESS) if few else query
        reading = Reading(
            system=query.system, upto=upto, after=above, view=view, since=after, until=until, maturity=query.maturity
        )
        found = _counted(lake, asked, reading)
    return replace(found, until=until if after is None else max(until, after), fenced=fence.received_before)


def record_windows(windows: Windows, *, ledger: Ledger, actor: Actor, now: datetime) -> tuple[Receipt, ...]:
    """Put the digests of the tables into the ledger, so that a recount can be held against them (SEMANTICS 6).

    The same tables recorded twice at one instant are one record.
    """
    return ledger.append([_record(windows, monitor, actor, now) for monitor in windows.tables], recorded_at=now)


def _names_kind(plan: CountPlan) -> bool:
    return any(column == KIND for column in plan.reads())


def reads_label(plan: CountPlan) -> bool:
    """Whether its rows come when their label does."""
    return not _names_kind(plan) and not LABEL_COLUMNS.isdisjoint(plan.reads())


def _view_of(query: WindowQuery) -> View:
    if query.maturity is not None:
        return View.MATURED
    return View.LABELLED if any(map(reads_label, query.plans)) else View.RECEIVED


def _start_of_window(moment: datetime, seconds: int) -> datetime:
    """The latest start of a window at or before a moment."""
    width_us = seconds * 1_000_000
    return moment_of(microseconds(moment) // width_us * width_us)


def _counted(lake: Lake, query: WindowQuery, reading: Reading) -> Windows:
    carried = [window_plan(plan, view=reading.view, seconds=query.seconds) for plan in query.plans]
    columns = {column.name: column for plan in carried for column in plan.reads()}
    asked = replace(reading, columns=tuple(columns.values()))
    with lake.counting(asked, engine=query.engine) as counts:
        tables = {plan.monitor: counts.count(plan) for plan in carried}
    return Windows(system=query.system, view=reading.view, seconds=query.seconds, watermark=reading.upto, tables=tables)


def _record(windows: Windows, monitor: str, actor: Actor, now: datetime) -> Record:
    digest = windows.digests[monitor]
    what = f"{windows.system} {monitor} {windows.view} {windows.seconds} {windows.watermark} {digest}"
    data: dict[str, Json] = {
        "system": windows.system,
        "monitor": monitor,
        "view": windows.view.value,
        "seconds": windows.seconds,
        "watermark": windows.watermark,
        "digest": f"sha256:{digest}",
    }
    if windows.until is not None:
        data["until"] = windows.until.isoformat().replace("+00:00", "Z")
    return Record(
        id=uuid7(microseconds(now) // 1000, sha256(what.encode()).digest()[:10]),
        type="window.closed",
        actor=actor,
        occurred_at=now,
        subject=(Subject(name=windows.system), Subject(name=monitor, digest=f"sha256:{digest}")),
        data=data,
    )
