"""A data set: where it comes from, how good it must be, how it was prepared (A.4.3, A.7, R57-R59)."""

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from careloop.domain.evaluation import ReportedAs
from careloop.domain.measure_spec import AskedMeasure
from careloop.domain.noun import Duration, Governed, Noun, Slug, Text, not_before

__all__ = [
    "Acceptance",
    "DataManagement",
    "Dataset",
    "PreparationStep",
    "ProvenanceStep",
    "QualityTarget",
    "Relation",
    "UsedFor",
]


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
    """A data-quality measure (ISO/IEC 5259-2 family) and the target it must meet (R57)."""

    measure: Slug
    """What the organisation calls it; the same for as long as it is followed."""
    relation: Relation
    target: float | None = Field(default=None, allow_inf_nan=False)
    """Null while nobody has said what is good enough: then the check fails."""
    unit: str = "ratio"
    take: AskedMeasure | None = None
    """How it is taken on the rows, with a measure of `care measure list`."""
    reports: tuple[ReportedAs, ...] = ()
    """Where it stands in reports of other tools that the pipeline already runs."""


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
    file: Text | None = None
    """Where it lies, relative to the folder of the data; the digest is computed again from it."""


class Acceptance(Noun):
    """What must hold of the rows after a preparation step, so that a machine can tell that it worked (R59)."""

    take: AskedMeasure
    relation: Relation
    target: float | None = Field(default=None, allow_inf_nan=False)
    file: Text | None = None
    """Rows after the step, relative to the folder of the data; null for the data set itself."""
    before: Text | None = None
    """Rows before it. A measure of drift compares with them; of any other measure the change since then is held
    against the target."""


class PreparationStep(Noun):
    """A preparation method and how to tell that it worked (A.7.6)."""

    method: Text
    criterion: Text
    accept: tuple[Acceptance, ...] = ()
    """The criterion for a machine; all must hold."""


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
