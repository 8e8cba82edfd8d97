"""A rule: one sentence that a machine can hold somebody to."""

from datetime import date
from enum import StrEnum
from typing import Any, Self

from pydantic import Field, model_validator

from careloop.domain.noun import Noun, Slug, Text
from careloop.domain.requirement_id import RequirementId
from careloop.domain.tier import Enforcement, Moment, Severity

__all__ = ["Conflict", "Rule", "RuleCase", "RuleFile", "Subject", "Verdict", "WaiverTerms"]


class Subject(StrEnum):
    """What a rule is about; decides which variables its expressions see."""

    ORGANISATION = "organisation"
    SYSTEM = "system"
    RISK = "risk"
    POLICY = "policy"
    SUPPLIER = "supplier"
    DATASET = "dataset"
    ASSESSMENT = "assessment"
    RELEASE = "release"
    POST = "post"
    DOCUMENT = "document"
    OBJECTIVE = "objective"
    INFERENCE = "inference"


class Verdict(StrEnum):
    """What evaluating a rule gives. Only `allow` is a pass (RULES.md, Values)."""

    ALLOW = "allow"
    VIOLATE = "violate"
    UNKNOWN = "unknown"
    """A fact is missing."""
    ERRORED = "errored"
    """The rule is at fault."""
    NOT_APPLICABLE = "not_applicable"


class RuleCase(Noun):
    """A table test kept with the rule: these facts give this verdict."""

    name: Text
    facts: dict[str, Any]
    """Values of the variables of the rule's subject, as they would be in YAML."""
    expect: Verdict
    because: str | None = None
    """Text that the explanation must contain."""


class WaiverTerms(Noun):
    """Whether the rule may be waived, and for how long at most."""

    allowed: bool = False
    max_days: int | None = Field(default=None, ge=1, le=730)


class Conflict(Noun):
    """A law that forbids a global rule in some place: recorded, and then not a loosening (SEMANTICS 8)."""

    law: Slug
    article: Text


class Rule(Noun):
    """A rule as data: when it speaks, what it wants, what it serves and how to mend it (RULES.md)."""

    id: Slug
    sentence: Text
    """The rule in the reader's words; shown as the finding's message."""
    subject: Subject
    moment: Moment
    applies: str = "true"
    """CEL, boolean: whether the rule speaks about this subject."""
    require: str | None = None
    """CEL, boolean: what must hold. Left out only for a rule with `check`."""
    check: Slug | None = None
    """Name of a structural check of careloop's own, for what spans documents (cross-references, orphans)."""
    severity: Severity
    enforce: Enforcement | None = None
    """Left out: `block` for must, `warn` for should."""
    block_from: date | None = None
    """From this day on a warning blocks; judged by status, gate and `check --on`, never by the plain check."""
    remedy: Text
    example: str | None = None
    """What it looks like when it is right; shown by `care explain`."""
    controls: tuple[RequirementId, ...] = ()
    tightens: Slug | None = None
    """A pack rule that this local rule makes stricter; both must then hold."""
    conflict: Conflict | None = None
    waiver: WaiverTerms = WaiverTerms()
    at: str | None = None
    """Field of the subject's document where a violation is shown, like `safe_state`; left out: the document's start."""
    cases: tuple[RuleCase, ...] = ()

    @model_validator(mode="after")
    def _one_way_to_decide(self) -> Self:
        if (self.require is None) == (self.check is None):
            raise ValueError(
                "a rule has either `require` (an expression) or `check` (a structural check), and not both"
            )
        return self

    @property
    def enforcement(self) -> Enforcement:
        """What a violation does when nothing else is said."""
        if self.enforce is not None:
            return self.enforce
        return Enforcement.BLOCK if self.severity is Severity.MUST else Enforcement.WARN


class RuleFile(Noun):
    """A file of rules: `rules/*.yaml`, or a pack that ships with careloop."""

    pack: str | None = Field(default=None, pattern=r"^[a-z0-9-]+/[a-z0-9-]+@\d+$")
    """Name and edition, for packs only: `careloop/base@1`."""
    rules: tuple[Rule, ...] = Field(min_length=1)
