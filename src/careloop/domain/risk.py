"""Risk criteria, and risks with what is done about them (ISO/IEC 42001 6.1, R4-R8, R26, R27)."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from careloop.domain.noun import Duration, Governed, Noun, Slug, Text, not_before
from careloop.domain.organisation import Approval
from careloop.domain.requirement_id import RequirementId
from careloop.domain.tier import Tier

__all__ = [
    "Action",
    "Appetite",
    "Assessed",
    "Combination",
    "Consequence",
    "Consequences",
    "Credit",
    "Interim",
    "Option",
    "Risk",
    "RiskCriteria",
    "RiskKind",
    "RiskLevel",
    "ScalePoint",
    "TierRule",
    "Treatment",
    "Trigger",
]

Score = int


class ScalePoint(Noun):
    """One step of a scale, so that two assessors mean the same by it."""

    value: int = Field(ge=1, le=10)
    label: Text
    meaning: Text


class RiskLevel(Noun):
    """A band of scores, from `from_score` (likelihood times impact) up to the next level."""

    id: Slug
    from_score: int = Field(ge=1, le=100)
    accepted_by: Slug
    """Post designated to accept residual risk of this level (SEMANTICS 5)."""


class Appetite(Noun):
    """Highest residual score that may be accepted, for each who would bear it."""

    organisation: int = Field(ge=1, le=100)
    individuals: int = Field(ge=1, le=100)
    society: int = Field(ge=1, le=100)


class Combination(StrEnum):
    """How the scores of those who would bear a risk become one. No rule averages: harm to people stays in sight."""

    HIGHEST = "highest"
    """The highest of the three."""
    PEOPLE_DOUBLED = "people_doubled"
    """The highest, after those of individuals and society were doubled."""


class Trigger(Noun):
    """When a system must have a full impact assessment (R26); a missing fact counts as triggered."""

    id: Slug
    when: Text
    """CEL over `system`, boolean."""
    reason: Text


class TierRule(Noun):
    """When a system belongs at least to a tier (R27); a missing fact counts as matched."""

    tier: Tier
    when: Text
    """CEL over `system`, boolean."""
    reason: Text


class RiskCriteria(Governed):
    """`risk/criteria.yaml`: one yardstick for all risks, so that results are consistent and comparable."""

    method: Text
    likelihood: tuple[ScalePoint, ...] = Field(min_length=2)
    impact: tuple[ScalePoint, ...] = Field(min_length=2)
    levels: tuple[RiskLevel, ...] = Field(min_length=1)
    appetite: Appetite
    combine: Combination = Combination.HIGHEST
    """Decides the level of a risk; the appetite is held against each score apart."""
    approved: Approval | None = None
    tiers: tuple[TierRule, ...] = ()
    triggers: tuple[Trigger, ...] = ()


class RiskKind(StrEnum):
    """Something to avoid, or something to seize (6.1.1 wants both)."""

    RISK = "risk"
    OPPORTUNITY = "opportunity"


class Consequence(Noun):
    """What would happen to somebody, and how bad on the impact scale."""

    text: Text
    impact: int = Field(ge=1, le=10)


class Consequences(Noun):
    """Who would bear it; kept apart so that harm to people cannot be averaged away (SEMANTICS 4)."""

    organisation: Consequence
    individuals: Consequence
    society: Consequence


class Assessed(Noun):
    """Who judged the risk, and when."""

    by: Slug
    on: date
    second: Slug | None = None
    """Second assessor, for very high tiers."""


class Option(StrEnum):
    """What can be done about a risk (ISO 31000 names)."""

    MODIFY = "modify"
    RETAIN = "retain"
    AVOID = "avoid"
    SHARE = "share"


class Credit(Noun):
    """A control that lowers the risk while it is evidenced, and by how many steps (SEMANTICS 4)."""

    control: RequirementId
    likelihood: int = Field(default=0, ge=0, le=9)
    organisation: int = Field(default=0, ge=0, le=9)
    individuals: int = Field(default=0, ge=0, le=9)
    society: int = Field(default=0, ge=0, le=9)


class Action(Noun):
    """Something that somebody does by a day."""

    id: Slug
    text: Text
    owner: Slug
    due: date
    done: date | None = None


class Interim(Noun):
    """More than the appetite, borne for a while: until credited controls prove themselves (SEMANTICS 3, 4)."""

    by: Slug
    """Post designated for as much risk as there is without them."""
    on: date
    until: Annotated[date, not_before("on")]
    """From the day after, releases of tier high and above wait again."""


class Treatment(Noun):
    """The decision about a risk, its actions and the controls it counts on."""

    option: Option
    reason: Text
    credits: tuple[Credit, ...] = ()
    actions: tuple[Action, ...] = ()
    accepted: Approval | None = None
    """Who accepted the residual risk."""
    interim: Interim | None = None
    """Who bears what is left while credited controls were never evidenced yet; without it, releases wait for them."""


class Risk(Noun):
    """One risk or opportunity of the register."""

    id: Slug
    title: Text
    kind: RiskKind = RiskKind.RISK
    owner: Slug
    systems: tuple[Slug, ...] = ()
    """Systems it belongs to; empty for a risk of the management system itself."""
    source: Text
    cause: Text
    consequences: Consequences | None = None
    benefit: str | None = None
    """What an opportunity would bring."""
    likelihood: int = Field(ge=1, le=10)
    criteria_version: str
    assessed: Assessed
    review_every: Duration = "P12M"
    treatment: Treatment | None = None

    @model_validator(mode="after")
    def _says_what_happens(self) -> Self:
        if self.kind is RiskKind.RISK and self.consequences is None:
            raise ValueError("a risk states its consequences to the organisation, individuals and society")
        if self.kind is RiskKind.OPPORTUNITY and not self.benefit:
            raise ValueError("an opportunity states its benefit")
        return self
