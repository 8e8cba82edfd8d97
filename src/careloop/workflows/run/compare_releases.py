"""Collect what can tell whether a release did it: the target beside it, the target on its rows, and its age.

The judgement is `careloop.plans.attribute`; here the numbers are found.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final

from careloop.domain.attribution import Arm, AttributionEvidence, Paired, Replayed, Youth
from careloop.domain.count_plan import Aggregate, Column, ColumnKind, CountPlan
from careloop.domain.counts import UNKNOWN_GROUP, CountTable, Tally
from careloop.domain.event import Scalar
from careloop.domain.event_columns import PREDICTION
from careloop.domain.incident import DataSlice
from careloop.errors import CareloopError, InvalidInput
from careloop.monitors.history import group_and_rest
from careloop.monitors.window import WindowCounts, pooled
from careloop.ports.count_engine import CountEngine
from careloop.ports.replayer import Replayer, ServedRow, ServedRows
from careloop.workflows.run.detect_changes import Change

__all__ = ["MOST_ROWS", "ReplayRoom", "compare_releases", "tallies_of"]

MOST_ROWS: Final = 50_000
"""Rows that are replayed at most; of more, the latest."""
_FOUR_WEEKS: Final = 28 * 86_400
_REPLAYED: Final = Column("replayed_prediction", ColumnKind.TEXT)
_FEATURE: Final = "features."


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayRoom:
    """What a replay takes: the rows, somebody who answers them anew, and somebody who counts both answers."""

    rows: ServedRows
    replayer: Replayer
    counting: Callable[[Mapping[str, Sequence[object]]], CountEngine]
    """Makes a batch of columns countable, in process."""


def compare_releases(change: Change, *, target: str, rows: DataSlice, room: ReplayRoom | None) -> AttributionEvidence:
    """All that is known of the target release next to the one that raised the alarm."""
    replay, why_not = _replay(change, target, rows, room)
    return AttributionEvidence(arm=_arm(change, target), replay=replay, youth=_youth(change, target), no_replay=why_not)


def tallies_of(change: Change, windows: Iterable[WindowCounts]) -> tuple[Tally, Tally | None]:
    """Hits and rows of these windows, as the alarm compares them: observed, and for a gap those of the others."""
    kept = tuple(windows)
    if not change.part.watched.gap:
        return pooled(window.tally for window in kept), None
    sides = [group_and_rest(window, change.signal.group or "") for window in kept]
    inside = pooled(tally for side, _ in sides for tally in side.values())
    return inside, pooled(tally for _, side in sides for tally in side.values())


def _arm(change: Change, target: str) -> Arm | None:
    signal = change.signal
    beside = [w for w in change.part.windows if w.release == target and signal.since <= w.window <= signal.window]
    observed, compared = tallies_of(change, beside)
    return Arm(observed=observed, compared=compared) if observed.n else None


def _youth(change: Change, target: str) -> Youth | None:
    first = min(w.window for w in change.part.windows if w.release == change.signal.release)
    before = [w for w in change.part.windows if w.release == target and first - _FOUR_WEEKS <= w.window < first]
    with_rows = [window for window in before if window.tally.n]
    observed, compared = tallies_of(change, with_rows)
    age_s = change.signal.since - first
    return Youth(age_s=age_s, windows=len(with_rows), observed=observed, compared=compared) if with_rows else None


def _replay(change: Change, target: str, rows: DataSlice, room: ReplayRoom | None) -> tuple[Replayed | None, str]:
    if room is None:
        return None, "there is nothing here to replay releases with"
    why_not = change.part.watched.why_no_replay
    if why_not is not None:
        return None, why_not
    try:
        served = room.rows.rows(rows)[-MOST_ROWS:]
        answers = room.replayer.predict(target, [_features(row) for row in served])
        if len(answers) != len(served):
            raise InvalidInput(f"the release gave {len(answers)} answers to {len(served)} rows")
        return _both(change, served, answers, room), ""
    except CareloopError as error:
        return None, f"the target could not be replayed: {error.message}"


def _features(row: ServedRow) -> dict[str, Scalar]:
    """The declared features of a row by their own names; those that it lacks are left out."""
    found = {name.removeprefix(_FEATURE): value for name, value in row.items() if name.startswith(_FEATURE)}
    return {name: value for name, value in found.items() if isinstance(value, str | int | float | bool)}


def _both(change: Change, served: Sequence[ServedRow], answers: Sequence[str], room: ReplayRoom) -> Replayed:
    plan = _paired_plan(change.part.watched.plan)
    columns = {column.name: [row.get(column.name) for row in served] for column in plan.reads()}
    table = room.counting({**columns, _REPLAYED.name: list(answers)}).count(plan)
    group, gap = change.signal.group, change.part.watched.gap
    groups = set(table.by_group()) - {UNKNOWN_GROUP}
    inside = {group} if group is not None else set(table.by_group())
    lines = [
        json.dumps([row.get("id"), row.get(PREDICTION.name), answer])
        for row, answer in zip(served, answers, strict=True)
    ]
    return Replayed(
        observed=_paired(table, inside),
        compared=_paired(table, groups - inside) if gap else None,
        digest=sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest(),
    )


def _paired_plan(plan: CountPlan) -> CountPlan:
    """Counts the same rows under both answers: the hits of each, and of both together."""
    hit = next(each.where for each in plan.aggregates if each.name == "hits")
    again = tuple(replace(test, column=_REPLAYED) if test.column == PREDICTION else test for test in hit)
    return replace(
        plan,
        aggregates=(
            Aggregate(name="n"),
            Aggregate(name="served", where=hit),
            Aggregate(name="target", where=again),
            Aggregate(name="both", where=(*hit, *again)),
        ),
        window=None,
        release=None,
        unit=None,
    )


def _paired(table: CountTable, groups: set[str]) -> Paired:
    rows = [values for group, values in table.by_group().items() if group in groups]
    n, served, target, both = (sum(column) for column in zip(*rows, strict=True)) if rows else (0, 0, 0, 0)
    return Paired(both=both, only_served=served - both, only_target=target - both, neither=n - served - target + both)
