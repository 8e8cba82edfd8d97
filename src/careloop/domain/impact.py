"""Impact screening and impact assessment (ISO/IEC 42001 6.1.4, A.5; headings after ISO/IEC 42005)."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from careloop.domain.noun import Duration, Noun, Slug, Text, not_before
from careloop.domain.organisation import Approval

__all__ = [
    "Assessment",
    "Effect",
    "ImpactDocument",
    "IndividualEffects",
    "Screening",
    "ScreeningScores",
    "SocietalEffects",
]


class ScreeningScores(Noun):
    """How bad it could get, on the impact scale, for each who would bear it; never added up (R87)."""

    organisation: int = Field(ge=1, le=10)
    individuals: int = Field(ge=1, le=10)
    society: int = Field(ge=1, le=10)


class Screening(Noun):
    """The short, signed look that every in-scope system has (R87)."""

    kind: Literal["screening"]
    id: Slug
    system: Slug
    by: Slug
    on: date
    triggered: bool
    """Whether a full assessment is needed."""
    reasons: tuple[Text, ...] = Field(min_length=1)
    scores: ScreeningScores | None = None


class Effect(Noun):
    """An effect, who feels it, how bad and what is done."""

    effect: Text
    on: tuple[Text, ...] = Field(min_length=1)
    severity: Literal["negligible", "limited", "serious", "severe"]
    measures: tuple[Text, ...] = ()


class IndividualEffects(Noun):
    """Effects on individuals and groups, by kind (A.5.4); an empty kind was looked at and found without effect."""

    fairness: tuple[Effect, ...]
    privacy: tuple[Effect, ...]
    safety: tuple[Effect, ...]
    health: tuple[Effect, ...]
    finance: tuple[Effect, ...]
    accessibility: tuple[Effect, ...]
    rights: tuple[Effect, ...]


class SocietalEffects(Noun):
    """Effects on society, by kind (A.5.5)."""

    environment: tuple[Effect, ...]
    economy: tuple[Effect, ...]
    government: tuple[Effect, ...]
    health: tuple[Effect, ...]
    norms: tuple[Effect, ...]
    culture: tuple[Effect, ...]


class Assessment(Noun):
    """A full AI system impact assessment."""

    kind: Literal["assessment"]
    id: Slug
    system: Slug
    version: str
    stage: Slug
    """Life-cycle stage or event that called for it."""
    assessors: tuple[Slug, ...] = Field(min_length=1)
    on: date
    review_every: Duration = "P12M"
    intended_use: Text
    foreseeable_misuse: tuple[Text, ...] = Field(min_length=1)
    technical_context: Text
    societal_context: Text
    jurisdictions: tuple[Text, ...] = Field(min_length=1)
    individuals: IndividualEffects
    society: SocietalEffects
    feeds_risks: tuple[Slug, ...] = ()
    available_to: tuple[Text, ...] = ()
    retention: Duration
    approved: Annotated[Approval | None, not_before("on")] = None


ImpactDocument = Annotated[Screening | Assessment, Field(discriminator="kind")]
"""What stands in `systems/<id>/impact/*.yaml`."""
