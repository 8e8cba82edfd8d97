"""What a measure is: what it needs, what it counts, how counts become a value, and in which direction is worse."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from careloop.domain.count_plan import CategoryBins, Column, CountPlan, EdgeBins, ExponentialBins, Predicate
from careloop.domain.counts import CountTable
from careloop.domain.measured import Measured
from careloop.measures.judged import JudgeAudit
from careloop.measures.split import Split

__all__ = ["Family", "MeasureKind", "Need", "PlanMaker", "Terms", "ValueReader", "Worse"]


class Family(StrEnum):
    """What a measure is about."""

    FAIRNESS = "fairness"
    DRIFT = "drift"
    PERFORMANCE = "performance"
    QUALITY = "data quality"
    LATENCY = "latency"
    PRIVACY = "privacy"
    SECURITY = "security"
    BUSINESS = "business"
    EXPLAINABILITY = "explainability"


class Need(StrEnum):
    """What a measure cannot be taken without."""

    OUTCOME = "outcome"
    LABEL = "label"
    SCORE = "score"
    COLUMN = "of"
    GROUPS = "by"
    REFERENCE = "reference"
    RULE = "values"
    CONDITION = "when"
    UNIT = "unit"
    DAY = "as_of"


class Worse(StrEnum):
    """In which direction a value gets worse."""

    HIGHER = "higher"
    LOWER = "lower"
    EITHER = "either"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a measure is taken of; a part that it does not need may be missing."""

    name: str
    """First part of every cell's key."""
    outcome: Predicate | None = None
    label: Predicate | None = None
    labelled: Predicate | None = None
    rule: tuple[Predicate, ...] = ()
    condition: tuple[Predicate, ...] = ()
    """Rows that count at all."""
    score: Column | None = None
    column: Column | None = None
    bins: EdgeBins | CategoryBins | ExponentialBins | None = None
    split: Split = field(default_factory=Split)
    min_n: int = 30
    level: float = 0.95
    digits: int = 0
    as_of: int = 0
    """Start of the day on which data is to be current, in whole seconds since 1970 (UTC)."""
    days: int = 0
    """How old, at most, a row may be that is current."""
    judge: JudgeAudit | None = None
    """How often the judge behind a verdict is right, where people have looked."""


PlanMaker = Callable[[Terms], CountPlan]
"""From terms to what to count."""
ValueReader = Callable[[CountTable, CountTable | None, Terms], Measured]
"""From the counts, and those of the reference where there is one, to the value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureKind:
    """One measure."""

    id: str
    family: Family
    worse: Worse
    tells: str
    """What it says, in half a sentence."""
    needs: frozenset[Need]
    plan: PlanMaker
    value: ValueReader

    def plan_for(self, terms: Terms) -> CountPlan:
        """What to count on these terms: the plan of the measure, among the rows that satisfy the condition."""
        plan = self.plan(terms)
        return replace(plan, where=(*plan.where, *terms.condition)) if terms.condition else plan
