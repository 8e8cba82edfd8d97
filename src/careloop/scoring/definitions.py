"""The metrics of the scorecard in order: what each means, its unit, and what is usually asked of it.

The typical targets and tolerances are careloop's own, for want of a field standard; an objective of the organisation
takes their place. Source: REQUIREMENTS, the table of metrics.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from careloop.domain.metric import Relation
from careloop.scoring.alerts import PER_1000
from careloop.scoring.durations import UNIT_SECONDS
from careloop.scoring.figures import PERCENT

__all__ = ["DEFINITIONS", "Definition"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """What a metric is, before anybody computes it."""

    id: str
    title: str
    formula: str
    units: tuple[str, ...]
    """Units that it can be shown in; the first is the usual one."""
    better: Relation | None
    """Which way is the good one; None when neither is, as with alerts."""
    typical: float | None = None
    """Target where no objective sets one, in the usual unit; None for none, and for `falling`."""
    tolerance: float = 0.0
    """Off target by so much is amber: in percentage points, or as a share of the target of a duration."""


_DURATIONS: Final = tuple(UNIT_SECONDS)


def _durations(usual: str) -> tuple[str, ...]:
    return (usual, *(unit for unit in _DURATIONS if unit != usual))


DEFINITIONS: Final[tuple[Definition, ...]] = (
    Definition(
        id="M1",
        title="Systems keep the rules",
        formula="passed blocking checks / (passed + failed + errored + missing), latest run of each system and rule",
        units=(PERCENT,),
        better=Relation.AT_LEAST,
        typical=95.0,
        tolerance=5.0,
    ),
    Definition(
        id="M2",
        title="Alerts per 1,000 answers",
        formula="1000 x distinct alerts opened in the window / answers truly served",
        units=(PER_1000,),
        better=None,
    ),
    Definition(
        id="M8",
        title="Time to approve a high-risk release",
        formula="median (last required approval - first complete submission)",
        units=_durations("d"),
        better=Relation.FALLING,
        tolerance=0.25,
    ),
    Definition(
        id="M9",
        title="Time to correct bad outputs",
        formula="median (correction verified live - noticed)",
        units=_durations("h"),
        better=Relation.AT_MOST,
        typical=4.0,
        tolerance=0.25,
    ),
    Definition(
        id="M10",
        title="Projects with card and limits of use",
        formula="active projects with a complete card and an enforced constraint / active projects",
        units=(PERCENT,),
        better=Relation.AT_LEAST,
        typical=100.0,
        tolerance=10.0,
    ),
    Definition(
        id="M12",
        title="High-risk releases with dual approval",
        formula="releases with two valid approvals / high-risk releases that went live and needed two",
        units=(PERCENT,),
        better=Relation.AT_LEAST,
        typical=100.0,
    ),
    Definition(
        id="M20",
        title="Rollbacks that worked",
        formula="verified rollbacks / triggered; beside it the median from trigger until safe",
        units=(PERCENT,),
        better=Relation.AT_LEAST,
        typical=100.0,
    ),
    Definition(
        id="M24",
        title="Days until Create is shipped",
        formula="days from the first day of Create until its six items are shipped, the first day counted",
        units=("d",),
        better=Relation.AT_MOST,
        typical=30.0,
        tolerance=0.25,
    ),
)
