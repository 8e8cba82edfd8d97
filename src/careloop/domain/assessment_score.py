"""The outcome of a questionnaire: scores with their maxima, the level, why, and what follows."""

from dataclasses import dataclass
from fractions import Fraction

from careloop.domain.questionnaire import Level, Obligation, Side

__all__ = ["AssessmentScore", "Driver", "PartScore", "SectionScore"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionScore:
    """What the questions of one section gave, of at most how much."""

    id: str
    title: str
    raw: Fraction
    mitigation: Fraction
    max_raw: Fraction
    max_mitigation: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class PartScore:
    """The score of one of those whose risk is counted apart; of the whole, where there are no parts."""

    id: str
    title: str
    raw: Fraction
    mitigation: Fraction
    current: Fraction
    """What counts after mitigation."""
    max_raw: Fraction
    max_mitigation: Fraction
    asked_mitigation: Fraction
    """What the questions could give that are shown and apply."""
    level: int
    """Number of the level from 1, by its threshold alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """A question whose answer raised the raw score."""

    question: str
    text: str
    answer: str
    """The chosen options in words."""
    points: Fraction
    most: Fraction
    """What its gravest answer would give."""
    side: Side
    part: str | None
    section: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessmentScore:
    """A questionnaire's answers, scored."""

    raw: Fraction
    mitigation: Fraction
    current: Fraction
    max_raw: Fraction
    max_mitigation: Fraction
    level: int
    """Number of the level, counted from 1, the lowest."""
    level_is: Level
    because: tuple[str, ...]
    """What decided about the level."""
    sections: tuple[SectionScore, ...]
    parts: tuple[PartScore, ...]
    drivers: tuple[Driver, ...]
    """What raised the raw score, most first."""
    obligations: tuple[Obligation, ...]
    hidden: tuple[str, ...]
    """Questions that were answered although other answers hide them."""
    hidden_count: bool
    """Whether those answers are counted all the same."""
    missing: tuple[str, ...]
    """Questions that are shown and required and have no answer."""
    unproven: tuple[str, ...]
    """Questions whose answer counts less because no evidence is named."""
