"""The daily list of alarms as lines and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from careloop import __version__
from careloop.ledger.canonical import instant_text
from careloop.plans.alarm_list import ListedAlarm
from careloop.plans.open_alarms import AlarmState
from careloop.reports.daily_list_report import ListOfDay, day_json

__all__ = ["alarm_list_json", "alarm_list_lines", "holds_for_fleet"]

_OPEN: Final = {
    AlarmState.UNANSWERED: "no plan yet",
    AlarmState.UNDER_WAY: "under way",
    AlarmState.STILL_ANSWERS: "open: the release answers still",
    None: "closed",
}


def holds_for_fleet(one: ListedAlarm, monitors: int) -> bool:
    """Whether its evidence passes the threshold times the number of monitors, so that all of them share one promise."""
    signal = one.last.alarm.signal
    return signal.statistic >= signal.threshold * max(1, monitors)


def alarm_list_lines(
    system: str, days: int, found: Sequence[ListedAlarm], *, monitors: int = 1
) -> Iterator[tuple[str, str]]:
    """Style and text: two lines a change, then how many there are. `monitors` is how many there are in the fleet."""
    for one in found:
        alarm, signal = one.first.alarm, one.first.alarm.signal
        who = f" of {signal.group}" if signal.group is not None else ""
        times = "" if one.times == 1 else f", {one.times} alarms until {one.last.raised_at:%m-%d %H:%MZ}"
        yield (
            "good" if one.state is None else "warn",
            f"{one.first.raised_at:%Y-%m-%d %H:%MZ} {alarm.severity} {signal.monitor}{who} moved {signal.moved.value}"
            f" under {signal.release[:19]}{times}: {one.kind or 'unanswered'}, {_OPEN[one.state]}",
        )
        fleet = f"; holds for all {monitors} monitors" if monitors > 1 and holds_for_fleet(one, monitors) else ""
        yield "detail", f"  {one.because}; {one.acted_on}{fleet}"
    spell = "the last day" if days == 1 else f"{days} days"
    still = sum(one.state is not None for one in found)
    yield "summary", f"{system}: {len(found)} changes in {spell}, {still} open" if found else f"no alarm in {spell}"


def alarm_list_json(
    system: str | None,
    environment: str,
    found: Sequence[tuple[str, ListedAlarm]],
    *,
    monitors: int = 1,
    day: ListOfDay | None = None,
) -> dict[str, Any]:
    """`careloop/alarms/v1`; alarms with their systems, out of a fleet of so many monitors. `system` null: of all."""
    return {
        "schema": "careloop/alarms/v1",
        "careloop_version": __version__,
        "system": system,
        "environment": environment,
        "alarms": [
            {
                "system": where,
                "alarm": one.acted_on,
                "monitor": one.first.alarm.signal.monitor,
                "group": one.first.alarm.signal.group,
                "moved": one.first.alarm.signal.moved.value,
                "release": one.first.alarm.signal.release,
                "severity": one.first.alarm.severity,
                "first_at": instant_text(one.first.raised_at),
                "last_at": instant_text(one.last.raised_at),
                "times": one.times,
                "plan": one.kind,
                "because": one.because,
                "state": "closed" if one.state is None else one.state.value,
                "statistic": one.last.alarm.signal.statistic,
                "threshold": one.last.alarm.signal.threshold,
                "holds_for_fleet": holds_for_fleet(one, monitors),
            }
            for where, one in found
        ],
        "day": None if day is None else day_json(day),
    }
