"""List the decisions that a release made in the slice in which its metric moved (SEMANTICS 23; R83).

From the second in which the change began, without an end: as long as the release answers, the list grows. Drills and
made-up rows are left out. The list is read from the lake each time; the ledger keeps how many there were, and the
digest of their ids, when the incident was opened, and the evidence hold keeps the rows from being erased.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from careloop.domain.affected_decision import AffectedDecision, AffectedList, AffectedSlice, digest_of_ids
from careloop.domain.counts import REMAINDER
from careloop.domain.event import Event, EventKind, StoredEvent
from careloop.domain.event_columns import PARTS
from careloop.domain.event_rows import View
from careloop.domain.event_values import moment_of
from careloop.domain.incident import DataSlice
from careloop.domain.plan_steps import RaisedAlarm
from careloop.errors import InvalidInput, NotFound
from careloop.plans.plan_record import read_alarm
from careloop.ports.lake import Lake, Reading
from careloop.ports.ledger import Entry, Ledger

__all__ = ["affected_list", "affected_slice"]

_MICROSECONDS = 1_000_000


def affected_slice(lake: Lake) -> Callable[[DataSlice], AffectedSlice]:
    """What a plan asks when it opens an incident: how many decisions, and which, as of now."""

    def look(rows: DataSlice) -> AffectedSlice:
        upto = lake.watermark()
        return _slice(rows, [stored.event.id for stored in _affected(lake, rows, upto)], upto)

    return look


def affected_list(ledger: Ledger, lake: Lake, alarm: str, *, pseudonym: Callable[[str], str]) -> AffectedList:
    """The decisions of the alarm with this id. Raises `NotFound` when it is not on record."""
    raised = _alarm_on_record(ledger, alarm)
    rows, upto = raised.rows, lake.watermark()
    width = rows.until - raised.signal.window
    stored = list(_affected(lake, rows, upto))
    recorded = _recorded(ledger, alarm, rows)
    same = None
    if recorded is not None:
        known = [one.event.id for one in stored if one.seq <= recorded.upto]
        same = digest_of_ids(known) == recorded.digest
    return AffectedList(
        alarm=raised,
        decisions=tuple(_decision(one, rows.by, width, pseudonym) for one in stored),
        now=_slice(rows, [one.event.id for one in stored], upto),
        recorded=recorded,
        same=same,
    )


def _alarm_on_record(ledger: Ledger, alarm: str) -> RaisedAlarm:
    """The alarm with this id; raises `NotFound`, and `InvalidInput` where its record holds no numbers."""
    for entry in ledger.query(type="alarm.raised"):
        if entry.record.id == alarm:
            told = entry.record.data.get("alarm")
            if not isinstance(told, dict):
                raise InvalidInput(f"the record of alarm {alarm} (entry {entry.index}) does not say which rows")
            return read_alarm(told)
    raise NotFound(f"no alarm {alarm} is on record", hint="`care monitor run SYSTEM` prints the ids of alarms")


def _affected(lake: Lake, rows: DataSlice, upto: int) -> Iterator[StoredEvent]:
    if rows.group == REMAINDER:
        raise InvalidInput(
            f"the alarm is about groups of '{rows.by}' that are watched together as {REMAINDER}; "
            "which ones is not on record",
            hint=f"Declare the values of '{rows.by}' that matter first: each of those is watched by itself.",
        )
    reading = Reading(system=rows.system, upto=upto, view=View.RECEIVED, since=moment_of(rows.since * _MICROSECONDS))
    for stored in lake.events(reading):
        event = stored.event
        answered = event.kind is EventKind.INFERENCE and event.release == rows.release and event.real
        if answered and (rows.group is None or _group(event, rows.by) == rows.group):
            yield stored


def _slice(rows: DataSlice, ids: list[str], upto: int) -> AffectedSlice:
    return AffectedSlice(
        release=rows.release,
        by=rows.by,
        group=rows.group,
        since=rows.since,
        n=len(ids),
        digest=digest_of_ids(ids),
        upto=upto,
    )


def _decision(stored: StoredEvent, by: str | None, width: int, pseudonym: Callable[[str], str]) -> AffectedDecision:
    event = stored.event
    return AffectedDecision(
        event=event.id,
        subject=None if event.unit is None else pseudonym(event.unit),
        release=event.release,
        window=stored.received_us // (width * _MICROSECONDS) * width,
        decided_at=moment_of(event.occurred_us),
        group=_group(event, by),
        answer=event.prediction,
    )


def _group(event: Event, by: str | None) -> str | None:
    """The event's value of the field; a bare name stands in one part only, as the system's schema is checked."""
    if by is None:
        return None
    part, _, name = by.partition(".")
    for place in (part,) if name else PARTS:
        value = getattr(event, place, {}).get(name or by)
        if value is not None:
            return str(value).lower() if isinstance(value, bool) else str(value)
    return None


def _recorded(ledger: Ledger, alarm: str, rows: DataSlice) -> AffectedSlice | None:
    found = [entry for entry in ledger.query(type="incident.opened") if entry.record.data.get("alarm") == alarm]
    return next((told for told in map(_told, found, [rows] * len(found)) if told is not None), None)


def _told(entry: Entry, rows: DataSlice) -> AffectedSlice | None:
    told = entry.record.data.get("affected_decisions")
    if not isinstance(told, dict) or told.get("digest") is None:
        return None
    n, upto = int(str(told["n"])), int(str(told["upto"]))
    return replace(_slice(rows, [], upto), n=n, digest=str(told["digest"]))
