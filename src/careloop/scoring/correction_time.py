"""M9: how long a bad output goes on after it was noticed, until its correction is shown to work.

The clock starts with the alarm behind the incident, or where there is none with the incident. It stops only when a
correction was verified on what is served; an incident that somebody just closed is still open here. How long it took
to notice stands beside it: from the likely beginning of the change to the alarm. Source: REQUIREMENTS, M9.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from careloop.domain.metric import Figure, Part, Window
from careloop.domain.tier import Tier
from careloop.ports.ledger import Entry
from careloop.scoring.durations import Spans, median_part
from careloop.scoring.evidence import Evidence, flag, instant, is_high, text, tier_of
from careloop.scoring.figures import median_figure

__all__ = ["correction_time_figure"]

_TYPES: Final = ("incident.opened", "incident.closed", "rollback.verified")


@dataclass(frozen=True, slots=True)
class _Incident:
    """One incident, as far as records tell."""

    opened: Entry
    severity: str
    tier: Tier | None
    detected: datetime
    occurred: datetime | None
    """Likely beginning of the harm; None when nobody recorded it."""
    corrected: Entry | None
    """The record that shows the correction at work."""

    @property
    def took(self) -> timedelta | None:
        """From notice to verified correction; None while it is open."""
        return None if self.corrected is None else self.corrected.record.occurred_at - self.detected


def correction_time_figure(
    evidence: Evidence, window: Window, *, as_of: datetime, tiers: Mapping[str, Tier], unit: str = "h"
) -> Figure:
    """Median from notice to verified correction, of incidents corrected in the window."""
    incidents = list(_incidents(evidence, as_of, tiers))
    closed = [one for one in incidents if one.corrected is not None and window.holds(one.corrected.record.occurred_at)]
    open_ = [one for one in incidents if one.corrected is None]
    used = [one.opened for one in (*closed, *open_)] + [one.corrected for one in closed if one.corrected is not None]
    spans = _spans(closed, (as_of - one.detected for one in open_), unit)
    because = "" if closed or open_ else "no incident was open"
    return median_figure(
        spans,
        used=used,
        left_out=evidence.left_out(*_TYPES),
        parts=tuple(_parts(incidents, closed, window, unit)),
        because=because,
    )


def _spans(closed: Iterable[_Incident], open_: Iterable[timedelta], unit: str) -> Spans:
    return Spans.of((one.took for one in closed if one.took is not None), open_, unit=unit)


def _incidents(evidence: Evidence, as_of: datetime, tiers: Mapping[str, Tier]) -> Iterator[_Incident]:
    alarms = {one.record.id: one for one in evidence.of_type("alarm.raised", before=as_of)}
    corrections = _corrections(evidence, as_of)
    for opened in evidence.of_type("incident.opened", before=as_of):
        data = opened.record.data
        alarm = alarms.get(text(data, "alarm") or "")
        keys = (opened.record.id, text(data, "incident"), text(data, "plan"))
        yield _Incident(
            opened=opened,
            severity=text(data, "severity") or "unknown",
            tier=tier_of(opened, tiers),
            detected=_detected(opened, alarm),
            occurred=_occurred(opened, alarm),
            corrected=next((corrections[key] for key in keys if key is not None and key in corrections), None),
        )


def _corrections(evidence: Evidence, as_of: datetime) -> dict[str, Entry]:
    """What shows a correction at work, by incident or plan: the first record of each."""
    found: dict[str, Entry] = {}
    for entry in evidence.of_type("rollback.verified", "incident.closed", before=as_of):
        data = entry.record.data
        if entry.record.type == "incident.closed" and not flag(data, "verified"):
            continue
        for key in (text(data, "incident"), text(data, "plan")):
            if key is not None:
                found.setdefault(key, entry)
    return found


def _detected(opened: Entry, alarm: Entry | None) -> datetime:
    stated = instant(opened.record.data, "detected_at")
    if stated is not None:
        return stated
    return (alarm or opened).record.occurred_at


def _occurred(opened: Entry, alarm: Entry | None) -> datetime | None:
    stated = instant(opened.record.data, "began_at")
    if stated is not None:
        return stated
    from_alarm = None if alarm is None else instant(alarm.record.data, "alarm", "signal", "since")
    return from_alarm or instant(opened.record.data, "rows", "since")


def _parts(incidents: Iterable[_Incident], closed: Iterable[_Incident], window: Window, unit: str) -> Iterator[Part]:
    every, corrected = list(incidents), list(closed)
    noticed = [one for one in every if window.holds(one.detected)]
    gaps = [one.detected - one.occurred for one in noticed if one.occurred is not None]
    yield median_part("detection", "until it was noticed (median)", Spans.of(gaps, unit=unit))
    unknown = len(noticed) - len(gaps)
    if unknown:
        title = "incidents whose beginning nobody recorded"
        yield Part(id="beginning_unknown", title=title, value=float(unknown), unit="n", n=unknown)
    high = [one for one in corrected if is_high(one.tier)]
    if high:
        yield median_part("high_tier", "systems of tier high and above", _spans(high, (), unit))
    for severity in sorted({one.severity for one in corrected}):
        mine = [one for one in corrected if one.severity == severity]
        yield median_part(f"severity_{severity}", f"severity {severity}", _spans(mine, (), unit))
