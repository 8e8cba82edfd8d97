"""Monitors and the plan for failure (R42-R49, R52; A.6.2.6, A.6.2.7)."""

from datetime import date
from enum import StrEnum

from pydantic import Field

from careloop.domain.measure_spec import AuditedJudge
from careloop.domain.noun import Duration, Governed, Noun, Slug, Text, WindowLength

__all__ = ["FailurePlan", "Monitor", "MonitorKind", "Monitors", "Reference", "Response"]


class MonitorKind(StrEnum):
    """What a monitor watches for; one dashboard shows them side by side."""

    FAIRNESS = "fairness"
    DRIFT = "drift"
    PERFORMANCE = "performance"
    SECURITY = "security"
    LATENCY = "latency"
    PRIVACY = "privacy"
    BUSINESS = "business"


class Reference(StrEnum):
    """What a window is compared with."""

    EVALUATION_SET = "evaluation_set"
    PREVIOUS_PERIOD = "previous_period"
    SAME_HOUR_OF_WEEK = "same_hour_of_week"


class Response(StrEnum):
    """What an alarm does."""

    ALERT = "alert"
    PAGE = "page"
    ROLLBACK = "rollback"
    SAFE_STATE = "safe_state"


class Monitor(Noun):
    """A measure over windows with an alarm and the plan to run when it fires."""

    id: Slug
    kind: MonitorKind
    measure: Slug
    by: Slug | None = None
    """Group or segment field that splits the counts."""
    of: Text | None = None
    """Column that is watched, such as `features.income`, `label` or `verdict`, where the measure does not tell."""
    values: tuple[Text, ...] = ()
    """Values of that column that count as hits of a rate."""
    edges: tuple[float, ...] = ()
    """Where a column of numbers is cut into bins to watch it for drift; rising. `care monitor init` proposes them."""
    least: float | None = None
    """Of a mean amount: what lies below counts as this much. With `most` it is the range that the promise rests on."""
    most: float | None = None
    """Of a mean amount: what lies above counts as this much."""
    judge: AuditedJudge | None = None
    """What people found about the judge whose verdicts the rate counts: the tolerance is then of true problems."""
    window: WindowLength
    reference: Reference
    tolerance: float = Field(ge=0)
    """How much worse than the reference is still accepted, in the measure's unit."""
    promise: Duration
    """At most one false alarm in this calendar time."""
    minimum_n: int = Field(ge=1)
    severity: Slug
    response: Response


class Monitors(Governed):
    """`systems/<id>/monitors.yaml`."""

    monitors: tuple[Monitor, ...] = ()


class FailurePlan(Governed):
    """`systems/<id>/plan.md`: what is done when the system fails."""

    system: Slug
    operator: Slug
    """Post that operates the system."""
    accountable: Slug
    drilled: date | None = None
    drill_every: Duration = "P12M"
    sections: dict[str, Text] = {}
    """Heading in lower case to its text; expected: failures, rollback, updates, health monitoring, event log review."""
