"""A data set: where it comes from, how good it must be, how it was prepared (A.4.3, A.7, R57-R59)."""

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from careloop.domain.noun import Duration, Governed, Noun, Slug, Text, not_before

__all__ = ["DataManagement", "Dataset", "PreparationStep", "ProvenanceStep", "QualityTarget", "Relation", "UsedFor"]


class Relation(StrEnum):
    """How a measured value compares with its target."""

    AT_LEAST = ">="
    AT_MOST = "<="


class UsedFor(StrEnum):
    """What the data set serves."""

    TRAINING = "training"
    VALIDATION = "validation"
    EVALUATION = "evaluation"
    OPERATION = "operation"


class QualityTarget(Noun):
    """A data-quality measure (ISO/IEC 5259-2 family) and the target it must meet."""

    measure: Slug
    relation: Relation
    target: float
    unit: str = "ratio"


Digest = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]
"""SHA-256 of bytes, in lower case."""


class ProvenanceStep(Noun):
    """One step the data went through, with the digests of what went in and what came out (R58)."""

    step: Text
    by: Text
    on: date
    takes: tuple[Digest, ...] = ()
    """What went in; each is the `digest` of an earlier step, here or of another data set."""
    digest: Digest | None = None
    """What came out."""


class PreparationStep(Noun):
    """A preparation method and how to tell that it worked (A.7.6)."""

    method: Text
    criterion: Text


class DataManagement(Noun):
    """How data is looked after during development (A.7.2)."""

    privacy: Text
    security: Text
    representativeness: Text
    integrity: Text


class Dataset(Governed):
    """`systems/<id>/data/*.yaml`."""

    id: Slug
    name: Text
    purpose: Text
    used_for: tuple[UsedFor, ...] = Field(min_length=1)
    categories: tuple[Text, ...] = ()
    personal: bool
    source: Text
    licence: Text
    rights: Text
    """Legal ground or permission to use it."""
    collected_from: date | None = None
    collected_to: Annotated[date | None, not_before("collected_from")] = None
    rows: int | None = Field(default=None, ge=0)
    demographics: str | None = None
    prior_handling: str | None = None
    labelling: str | None = None
    management: DataManagement | None = None
    quality: tuple[QualityTarget, ...] = ()
    provenance: tuple[ProvenanceStep, ...] = ()
    preparation: tuple[PreparationStep, ...] = ()
    retention: Duration | None = None
