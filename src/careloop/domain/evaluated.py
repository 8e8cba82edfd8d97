"""What an evaluation of a model before its release found, and what it could not tell (R42-R45)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from careloop.domain.measured import Outcome
from careloop.domain.model_look import ModelLook
from careloop.domain.release import MeasuredResult, ResultsFile
from careloop.domain.tier import Tier

__all__ = [
    "Aspect",
    "Confusion",
    "CurvePoint",
    "EvaluatedColumns",
    "Examined",
    "ModelEvaluation",
    "NotEvaluated",
    "TierDemand",
]


class Aspect(StrEnum):
    """What a figure is about, in the order of a report."""

    PERFORMANCE = "performance"
    FAIRNESS = "fairness"
    CALIBRATION = "calibration"
    DRIFT = "drift"
    EXPLAINABILITY = "explainability"
    PRIVACY = "privacy"


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluatedColumns:
    """Which columns of the rows mean what. Null or empty: the rows do not have it."""

    prediction: str
    favourable: tuple[str, ...]
    """Predictions that are an advantage, as text."""
    label: str | None = None
    positive: tuple[str, ...] = ()
    """Labels that deserve the advantage, as text."""
    score: str | None = None
    unit: str | None = None
    reasons: str | None = None
    groups: Mapping[str, str] = field(default_factory=dict)
    """Attribute -> its column."""
    features: Mapping[str, str] = field(default_factory=dict)
    """Input -> its column."""
    texts: tuple[str, ...] = ()
    """Columns of free text, which are looked through for personal data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """One figure, held against its limits."""

    aspect: Aspect
    result: MeasuredResult
    outcome: Outcome | None = None
    """Null: no limit is declared, so nothing is decided."""
    because: str | None = None
    limit: str | None = None
    """The limit in words, with where it comes from."""
    rows_needed: int | None = None
    """About how many rows in all would tell, if rates stay as they are; only where it cannot be told."""
    digest: str | None = None
    """Of the integer counts that the value follows from; null for a measure that needs the rows themselves."""
    note: str | None = None
    bounds: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Group -> ends of the interval of its rate."""

    @property
    def name(self) -> str:
        """The measure, with what it was taken of."""
        return f"{self.result.measure} ({self.result.of})" if self.result.of else self.result.measure


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    """Rows with about the same score, of everybody or of one group."""

    group: str | None
    score: float
    share: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Confusion:
    """Labelled rows by label and answer."""

    true_positives: int
    false_positives: int
    false_negatives: int
    true_negatives: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NotEvaluated:
    """Something that was not looked at, why, and what would allow it."""

    what: str
    why: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TierDemand:
    """A rule of the tier about results, and whether these results satisfy it."""

    rule: str
    sentence: str
    held: bool
    applies: bool
    because: tuple[str, ...] = ()
    remedy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelEvaluation:
    """One evaluation, whole."""

    system: str
    name: str
    tier: Tier
    rows: int
    labelled: int | None
    columns: EvaluatedColumns
    files: tuple[tuple[str, str, str], ...]
    """Role, name and `sha256:` digest of each file that was read."""
    results: ResultsFile
    """What the gate gets: the measures that have a limit."""
    examined: tuple[Examined, ...]
    demands: tuple[TierDemand, ...]
    not_evaluated: tuple[NotEvaluated, ...]
    measured_at: datetime
    confusion: Confusion | None = None
    curves: tuple[CurvePoint, ...] = ()
    importance: tuple[tuple[str, float, float, float], ...] = ()
    """Input, mean importance over resamples, lowest and highest."""
    look: ModelLook | None = None
    """What the model itself showed, where it was given."""
    personal_data: Mapping[str, int] = field(default_factory=dict)
    """Kind of personal data -> texts in which it was found."""

    def of(self, aspect: Aspect) -> tuple[Examined, ...]:
        """The figures about one aspect."""
        return tuple(one for one in self.examined if one.aspect is aspect)
