"""Suppliers, laws, courses and objectives: what comes from outside and what is aimed for."""

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field

from careloop.domain.noun import Duration, Governed, Noun, Slug, Text, not_before
from careloop.domain.requirement_id import RequirementId

__all__ = [
    "Attestation",
    "Confidence",
    "Contract",
    "Course",
    "Law",
    "LegalDate",
    "LegalDuty",
    "MetricId",
    "Objective",
    "ObjectiveKind",
    "Objectives",
    "Question",
    "Supplier",
    "SupplierAssessment",
]


class Attestation(Noun):
    """What a supplier states in writing, about which service and until when."""

    id: Slug
    statement: Text
    covers: tuple[Slug, ...] = Field(min_length=1)
    issued: date
    expires: Annotated[date, not_before("issued")]


class Contract(Noun):
    """The contract and the AI clauses it holds (R62)."""

    reference: Text
    clauses: tuple[Slug, ...] = ()
    """Ids of clauses agreed: `incident_notice`, `audit_right`, `change_notice`, `data_use`, `exit`, …"""
    ends: date | None = None


class SupplierAssessment(Noun):
    """How risky the supplier is and how much of that is assured (CONTENT C8)."""

    by: Slug
    on: date
    inherent: int = Field(ge=1, le=5)
    assurance: float = Field(ge=0, le=1)
    deviations: tuple[Text, ...] = ()


class Supplier(Governed):
    """`suppliers/*.yaml`."""

    id: Slug
    name: Text
    services: tuple[Slug, ...] = Field(min_length=1)
    systems: tuple[Slug, ...] = ()
    contract: Contract
    attestations: tuple[Attestation, ...] = ()
    assessment: SupplierAssessment | None = None


class Confidence(StrEnum):
    """How sure we are of a fact about the law."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class LegalDate(Noun):
    """A day on which something starts to apply."""

    what: Text
    on: date


class LegalDuty(Noun):
    """A duty of a role in a jurisdiction."""

    id: Slug
    role: Slug
    text: Text
    article: Text
    applies_from: date
    within: Duration | None = None
    controls: tuple[RequirementId, ...] = ()


class Law(Noun):
    """`laws/*.yaml`: a law as data."""

    id: Slug
    title: Text
    jurisdiction: Text
    published: date
    dates: tuple[LegalDate, ...] = Field(min_length=1)
    duties: tuple[LegalDuty, ...] = ()
    source: Text
    verified_on: date
    confidence: Confidence
    owner: Slug
    systems: tuple[Slug, ...] = ()


class Question(Noun):
    """A quiz question with its one right answer."""

    question: Text
    options: tuple[Text, ...] = Field(min_length=2)
    answer: int = Field(ge=1)
    """Position of the right option, from 1."""


class Course(Governed):
    """`training/*.md`: a course with its quiz."""

    id: Slug
    title: Text
    posts: tuple[Slug, ...] = Field(min_length=1)
    policies: tuple[Slug, ...] = ()
    minutes: int = Field(ge=1)
    pass_mark: float = Field(ge=0, le=1)
    due_within: Duration = "P30D"
    quiz: tuple[Question, ...] = ()
    sections: tuple[str, ...] = ()


class ObjectiveKind(StrEnum):
    """Which part of the standard the objective answers."""

    AIMS = "aims"
    DEVELOPMENT = "responsible_development"
    USE = "responsible_use"


def _known_metric(name: str) -> str:
    if name not in _METRICS:
        raise ValueError(f"there is no metric '{name}'; they are {_METRICS[0]} to {_METRICS[-1]}")
    return name


_METRICS = tuple(f"M{number}" for number in range(1, 25))
MetricId = Annotated[str, AfterValidator(_known_metric)]
"""One of the metrics of the scorecard."""


class Objective(Noun):
    """An AI objective with a metric and a target; its status is computed (6.2, R3)."""

    id: Slug
    text: Text
    kind: ObjectiveKind
    metric: MetricId | None = None
    relation: str = Field(default=">=", pattern=r"^(>=|<=)$")
    target: float | None = None
    unit: str | None = None
    evaluation: str | None = None
    """How it is evaluated, for one that no metric measures."""
    due: date
    owner: Slug
    resources: Text
    policy: Slug
    """Policy it follows from."""
    every: Duration = "P3M"
    oversight: str | None = None


class Objectives(Governed):
    """`objectives.yaml`."""

    objectives: tuple[Objective, ...] = ()
    communicated_to: tuple[Slug, ...] = ()
