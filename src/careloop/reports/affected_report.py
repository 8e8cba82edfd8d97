"""The affected decisions of an alarm as lines, as JSON and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final

from careloop import __version__
from careloop.domain.affected_decision import AffectedDecision, AffectedList
from careloop.ledger.canonical import instant_text

__all__ = ["affected_csv", "affected_json", "affected_lines"]

_SHOWN: Final = 20
_COLUMNS: Final = ("event", "subject", "release", "window", "decided_at", "group", "answer")


def affected_lines(found: AffectedList) -> Iterator[tuple[str, str]]:
    """Style and text: how many of what, whether that is what was recorded, and the first of them."""
    now, decisions = found.now, found.decisions
    whose = f" about {now.by} {now.group}" if now.group is not None else ""
    people = len({one.subject for one in decisions if one.subject is not None})
    since = f"{datetime.fromtimestamp(now.since, UTC):%Y-%m-%d %H:%M:%SZ}"
    yield (
        "summary",
        f"{now.n} decisions{whose} by release {now.release[:19]} of {found.alarm.system} since {since},"
        f" about {people} different subjects",
    )
    yield _against(found)
    for one in decisions[:_SHOWN]:
        decided = f"{one.decided_at:%Y-%m-%d %H:%M:%SZ}"
        yield "", f"  {decided}  {one.event}  subject {one.subject or 'not named'}  {one.answer or 'no answer'}"
    if len(decisions) > _SHOWN:
        yield "grey", f"  and {len(decisions) - _SHOWN} more: --format json, or --csv FILE, lists all of them"


def _against(found: AffectedList) -> tuple[str, str]:
    now, recorded = found.now, found.recorded
    if recorded is None:
        return "grey", "no incident was opened with a list of them, so there is none to compare with"
    if not found.same:
        return "bad", f"the lake no longer holds what was recorded: {recorded.n} decisions, {recorded.digest[:19]}"
    more = now.n - recorded.n
    since = f"; {more} came after" if more else ""
    return "good", f"the {recorded.n} that were recorded with the incident are all here ({recorded.digest[:19]}){since}"


def affected_json(found: AffectedList) -> dict[str, Any]:
    """`careloop/affected/v1`."""
    alarm, recorded = found.alarm, found.recorded
    return {
        "schema": "careloop/affected/v1",
        "careloop_version": __version__,
        "alarm": alarm.id,
        "system": alarm.system,
        "environment": alarm.environment,
        "monitor": alarm.signal.monitor,
        "slice": asdict(found.now),
        "recorded": None if recorded is None else asdict(recorded),
        "same_as_recorded": found.same,
        "decisions": [_row(one) for one in found.decisions],
    }


def affected_csv(decisions: Sequence[AffectedDecision]) -> str:
    """One decision a line below a head; a cell that a spreadsheet would run as a formula is led by an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for one in decisions:
        row = _row(one)
        writer.writerow([_cell(row[name]) for name in _COLUMNS])
    return out.getvalue()


def _row(one: AffectedDecision) -> dict[str, Any]:
    return asdict(one) | {
        "window": instant_text(datetime.fromtimestamp(one.window, UTC)),
        "decided_at": instant_text(one.decided_at),
    }


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
