"""`controls.yaml`: which Annex A controls apply and why, and the organisation's own (ISO/IEC 42001 6.1.3, R6, R7)."""

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from careloop.domain.noun import Governed, Noun, Slug, Text, not_after
from careloop.domain.organisation import Approval
from careloop.domain.requirement_id import RequirementId

__all__ = ["ControlDecision", "ControlPlan", "Controls", "CustomControl", "Ground"]


class Ground(StrEnum):
    """Why a control applies or does not (SEMANTICS 3)."""

    RISK = "risk"
    LAW = "law"
    CONTRACT = "contract"
    OBJECTIVE = "objective"


class ControlPlan(Noun):
    """A control that is not yet in place: who brings it, by when, and who bears the risk until then."""

    owner: Slug
    due: date
    interim_accepted: Annotated[Approval | None, not_after("due")] = None


class ControlDecision(Noun):
    """Whether a control applies; its implementation is computed, never typed."""

    control: RequirementId
    applicable: bool
    ground: Ground
    justification: Text
    owner: Slug
    systems: tuple[Slug, ...] = ()
    """Systems the decision is limited to; empty means all in scope."""
    plan: ControlPlan | None = None
    expires: date | None = None
    """An exclusion is looked at again by this day."""
    approved: Annotated[Approval | None, not_after("expires")] = None


class CustomControl(Noun):
    """A control beyond Annex A (R7)."""

    id: str = Field(pattern=r"^X-[A-Za-z0-9.-]+$")
    title: Text
    purpose: Text
    justification: Text
    owner: Slug
    holds: Text | None = None
    """CEL over the repository's facts, boolean: what shows that the control is in place."""
    attested_by: Slug | None = None
    """Post that attests it, when no machine can tell."""


class Controls(Governed):
    """The decisions about all controls."""

    decisions: tuple[ControlDecision, ...] = ()
    custom: tuple[CustomControl, ...] = ()
    approved: Approval | None = None
    """Designated management that approved the treatment plan and the residual risk (R8)."""
    available_to: tuple[Text, ...] = ()
    communicated_to: tuple[Slug, ...] = ()
