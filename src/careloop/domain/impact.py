"""Impact screening and impact assessment (ISO/IEC 42001 6.1.4, A.5; headings after ISO/IEC 42005)."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from careloop.domain.noun import Duration, Noun, Slug, Text, not_before
from careloop.domain.organisation import Approval

__all__ = [
    "Assessment",
    "Effect",
    "ImpactDocument",
    "IndividualEffects",
    "Occasion",
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


class Occasion(StrEnum):
    """What called for an assessment (R11; ISO/IEC 42005 5.4)."""

    FIRST = "first"
    INTERVAL = "interval"
    MODEL = "model"
    DATA = "data"
    PURPOSE = "purpose"
    SUPPLIER = "supplier"
    LAW = "law"
    INCIDENT = "incident"
    FEEDBACK = "feedback"


class Assessment(Noun):
    """A full AI system impact assessment, in the order of ISO/IEC 42005 5 and 6 (headings only)."""

    kind: Literal["assessment"]
    id: Slug
    system: Slug
    version: str
    stage: Slug
    """Life-cycle stage in which it was made."""
    owner: Slug | None = None
    """Post that is accountable for it; left out, the owner of the system."""
    triggered_by: tuple[Occasion, ...] = ()
    assessors: tuple[Slug, ...] = Field(min_length=1)
    on: date
    review_every: Duration = "P12M"
    scope: Text | None = None
    """What is looked at and what is not, and how deeply."""
    period: Text | None = None
    """Since when, until when and how often the system is used."""
    intended_use: Text
    foreseeable_misuse: tuple[Text, ...] = Field(min_length=1)
    technical_context: Text
    data: Text | None = None
    """Data that it reads and was made from, and what follows from their quality."""
    model: Text | None = None
    """What the model does well and badly, and for whom."""
    deployment: Text | None = None
    """Where it runs, in which hands, and what stands around it."""
    societal_context: Text
    jurisdictions: tuple[Text, ...] = Field(min_length=1)
    heard: tuple[Text, ...] = ()
    """Interested parties that were asked, and how."""
    benefits: tuple[Text, ...] = ()
    individuals: IndividualEffects
    society: SocietalEffects
    oversight: Text | None = None
    """Who can step in, and how."""
    monitoring: Text | None = None
    """How the effects are watched, and what brings the next assessment."""
    conclusion: Text | None = None
    feeds_risks: tuple[Slug, ...] = ()
    available_to: tuple[Text, ...] = ()
    retention: Duration
    approved: Annotated[Approval | None, not_before("on")] = None


ImpactDocument = Annotated[Screening | Assessment, Field(discriminator="kind")]
"""What stands in `systems/<id>/impact/*.yaml`."""
