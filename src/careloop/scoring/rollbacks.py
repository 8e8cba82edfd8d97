"""M20: how many rollbacks that were triggered were shown to have worked, and how long it took until it was safe again.

A rollback is triggered when a plan decides on it, whoever gives the order; it counts when served traffic and the metric
show it, not when a registry says so. Safe is the moment of that proof, or of entering the safe state where the rollback
did not do it. Source: REQUIREMENTS, M20; SEMANTICS 21, 22.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from careloop.domain.counts import Tally
from careloop.domain.metric import Figure, Part, Window
from careloop.ports.ledger import Entry, Json
from careloop.scoring.durations import Spans, median_part
from careloop.scoring.evidence import Evidence, text
from careloop.scoring.figures import share_figure

__all__ = ["rollbacks_figure"]

_TYPES: Final = ("plan.decided", "plan.executed", "rollback.verified", "safe_state.entered")
_ROLLBACK_STEPS: Final = ("roll_back", "verify_rollback")
_UNIT: Final = "min"


@dataclass(frozen=True, slots=True)
class _Rollback:
    """One plan that rolled back, or tried to."""

    triggered: datetime
    verified: Entry | None
    safe_state: Entry | None
    failed: bool
    used: tuple[Entry, ...]

    @property
    def safe(self) -> datetime | None:
        """When it was safe again; None when it is not yet."""
        end = self.verified or self.safe_state
        return None if end is None else end.record.occurred_at

    @property
    def pending(self) -> bool:
        """Whether nobody can say yet how it ends."""
        return self.safe is None and not self.failed


def rollbacks_figure(evidence: Evidence, window: Window, *, as_of: datetime) -> Figure:
    """Verified rollbacks in percent of those triggered in the window; what is not verified yet does not count."""
    found = [one for one in _rollbacks(evidence, as_of) if window.holds(one.triggered)]
    verified = sum(one.verified is not None for one in found)
    pending = sum(one.pending for one in found)
    said = f"{pending} of {len(found)} not verified yet" if pending else ""
    return share_figure(
        Tally(verified, len(found)),
        used=[entry for one in found for entry in one.used],
        left_out=evidence.left_out(*_TYPES),
        parts=tuple(_parts(found, as_of)),
        because=said if found else "no rollback was triggered",
    )


def _rollbacks(evidence: Evidence, as_of: datetime) -> Iterator[_Rollback]:
    alarms = {one.record.id: one for one in evidence.of_type("alarm.raised", before=as_of)}
    plans: dict[str, list[Entry]] = {}
    for entry in evidence.of_type(*_TYPES, before=as_of):
        plan = text(entry.record.data, "plan")
        if plan is not None:
            plans.setdefault(plan, []).append(entry)
    return (_rollback(mine, alarms) for mine in plans.values() if any(map(_rolls_back, mine)))


def _rolls_back(entry: Entry) -> bool:
    if entry.record.type == "plan.decided":
        return text(entry.record.data, "kind") == "rollback"
    if entry.record.type == "plan.executed":
        return any(text(step, "step") in _ROLLBACK_STEPS for step in _steps(entry))
    return entry.record.type == "rollback.verified"


def _rollback(entries: Sequence[Entry], alarms: Mapping[str, Entry]) -> _Rollback:
    named = (text(entry.record.data, "alarm") or "" for entry in entries)
    alarm = next((alarms[name] for name in named if name in alarms), None)
    used = (*entries, *((alarm,) if alarm is not None else ()))
    failed = any(
        text(step, "step") in _ROLLBACK_STEPS and text(step, "outcome") == "failed"
        for entry in entries
        for step in _steps(entry)
    )
    return _Rollback(
        triggered=alarm.record.occurred_at if alarm is not None else entries[0].record.occurred_at,
        verified=_first(entries, "rollback.verified"),
        safe_state=_first(entries, "safe_state.entered"),
        failed=failed,
        used=used,
    )


def _first(entries: Sequence[Entry], kind: str) -> Entry | None:
    return next((entry for entry in entries if entry.record.type == kind), None)


def _steps(entry: Entry) -> list[Mapping[str, Json]]:
    steps = entry.record.data.get("steps")
    return [step for step in steps if isinstance(step, Mapping)] if isinstance(steps, list | tuple) else []


def _parts(found: Sequence[_Rollback], as_of: datetime) -> Iterator[Part]:
    took = [one.safe - one.triggered for one in found if one.safe is not None]
    waiting = [as_of - one.triggered for one in found if one.safe is None]
    spans = Spans.of(took, waiting, unit=_UNIT)
    yield median_part("time_to_safe", "from trigger until safe (median)", spans)
    counts = {
        "pending": ("rollbacks not verified yet", sum(one.pending for one in found)),
        "failed": ("rollbacks that failed", sum(one.failed for one in found)),
        "safe_state": ("ended in the safe state", sum(one.safe_state is not None for one in found)),
        "negative_durations": ("safe before triggered: a clock was wrong", spans.negative),
    }
    for name, (title, count) in counts.items():
        if count:
            yield Part(id=name, title=title, value=float(count), unit="n", n=count)
