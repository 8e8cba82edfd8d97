"""The daily list of alarms as lines and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from careloop import __version__
from careloop.ledger.canonical import instant_text
from careloop.plans.alarm_list import ListedAlarm
from careloop.plans.open_alarms import AlarmState

__all__ = ["alarm_list_json", "alarm_list_lines"]

_OPEN: Final = {
    AlarmState.UNANSWERED: "no plan yet",
    AlarmState.UNDER_WAY: "under way",
    AlarmState.STILL_ANSWERS: "open: the release answers still",
    None: "closed",
}


def alarm_list_lines(system: str, days: int, found: Sequence[ListedAlarm]) -> Iterator[tuple[str, str]]:
    """Style and text: two lines a change, then how many there are."""
    for one in found:
        alarm, signal = one.first.alarm, one.first.alarm.signal
        who = f" of {signal.group}" if signal.group is not None else ""
        times = "" if one.times == 1 else f", {one.times} alarms until {one.last.raised_at:%m-%d %H:%MZ}"
        yield (
            "good" if one.state is None else "warn",
            f"{one.first.raised_at:%Y-%m-%d %H:%MZ} {alarm.severity} {signal.monitor}{who} moved {signal.moved.value}"
            f" under {signal.release[:19]}{times}: {one.kind or 'unanswered'}, {_OPEN[one.state]}",
        )
        yield "detail", f"  {one.because}; {one.acted_on}"
    spell = "the last day" if days == 1 else f"{days} days"
    still = sum(one.state is not None for one in found)
    yield "summary", f"{system}: {len(found)} changes in {spell}, {still} open" if found else f"no alarm in {spell}"


def alarm_list_json(system: str, environment: str, found: Sequence[ListedAlarm]) -> dict[str, Any]:
    """`careloop/alarms/v1`."""
    return {
        "schema": "careloop/alarms/v1",
        "careloop_version": __version__,
        "system": system,
        "environment": environment,
        "alarms": [
            {
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
            }
            for one in found
        ],
    }
