"""Requirements, the claims that evidence them, and the catalogue that ships with careloop."""

from enum import StrEnum
from typing import Literal, Self

from pydantic import Field, model_validator

from careloop.domain.noun import Duration, Noun, Slug, Text
from careloop.domain.requirement_id import RequirementId
from careloop.domain.tier import Phase

__all__ = [
    "Basis",
    "CareCatalogue",
    "Claim",
    "ClaimFile",
    "ClaimsOfRequirement",
    "DocumentEvidence",
    "Outline",
    "RecordEvidence",
    "Requirement",
    "RequirementKind",
]


class RequirementKind(StrEnum):
    """What sort of row of the status a requirement is."""

    CLAUSE = "clause"
    CONTROL = "control"
    CARE = "care"
    OWN = "own"


class Requirement(Noun):
    """A clause, a control or a practice: id, title, and where it sits in the loop."""

    id: RequirementId
    kind: RequirementKind
    title: Text
    phase: Phase
    also: tuple[Phase, ...] = ()
    """Other phases it touches."""
    group: str | None = None
    """Title of the clause or control group it stands under."""
    documented: Literal["document", "record"] | None = None
    """Whether the standard asks for a document or for kept records."""
    serves: tuple[RequirementId, ...] = ()
    """For a CARE practice: ISO requirements it serves."""
    source: str | None = None
    """Where the row comes from: the article's lines, for a CARE practice."""


class Basis(StrEnum):
    """On what authority a claim is asked for (SEMANTICS 1)."""

    CLAUSE = "clause"
    ANNEX_A = "annexA"
    ANNEX_B = "annexB"
    LAW = "law"
    CARE = "care"
    OWN = "own"


class DocumentEvidence(Noun):
    """A claim that the governance repository can show."""

    needs: tuple[Slug, ...] = ()
    """Variables (documents) that must exist; a missing one is named as the reason."""
    holds: Text
    """CEL, boolean, over the variables of the claim's subject."""
    fresh: tuple[Slug, ...] = ()
    """Variables whose last review must not be older than their own review interval."""


class RecordEvidence(Noun):
    """A claim that only the ledger or the lake can show."""

    source: Literal["ledger", "lake"]
    types: tuple[str, ...] = Field(min_length=1)
    """Record types, or measure names, any of which shows it."""
    within: Duration | None = None
    """How old the newest may be."""
    expires: bool = False
    """Whether the record itself carries the day it stops counting, as attestations do."""


class Claim(Noun):
    """One thing that must hold for a requirement to be evidenced."""

    id: Slug
    text: Text
    basis: Basis
    phase: Phase
    for_each: Slug | None = None
    """Subject it must hold for, one by one: `system`, `policy`, `supplier`, …; left out: once for the organisation."""
    where: str | None = None
    """CEL, boolean: which of those it speaks about."""
    document: DocumentEvidence | None = None
    record: RecordEvidence | None = None
    any_of: tuple[DocumentEvidence | RecordEvidence, ...] = ()
    """Alternatives; one is enough."""
    same_as: Slug | None = None
    """Id of a claim elsewhere whose state this one takes over."""
    level: int = Field(default=1, ge=1, le=4)
    """For CARE practices: 1 written, 2 running, 3 measured, 4 improving."""
    weight: int = Field(default=1, ge=1, le=5)
    """How much risk closing it takes away; orders the list of what to do next."""
    remedy: Text

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        given = [self.document is not None, self.record is not None, bool(self.any_of), self.same_as is not None]
        if sum(given) != 1:
            raise ValueError("a claim has exactly one of `document`, `record`, `any_of`, `same_as`")
        return self


class ClaimsOfRequirement(Noun):
    """All claims of one requirement."""

    requirement: RequirementId
    claims: tuple[Claim, ...] = Field(min_length=1)


class ClaimFile(Noun):
    """`standards/claims/*.yaml`."""

    edition: Text
    claims_of: tuple[ClaimsOfRequirement, ...] = Field(min_length=1)


class Outline(Noun):
    """`standards/iso42001-2023.yaml`: ids and titles of the standard, in order."""

    standard: Text
    edition: Text
    source: Text
    requirements: tuple[Requirement, ...] = Field(min_length=1)


class CareCatalogue(Noun):
    """`standards/care.yaml`: the practices of the CARE article."""

    edition: Text
    source: Text
    practices: tuple[Requirement, ...] = Field(min_length=1)
