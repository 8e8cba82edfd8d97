"""Documents of Evolve and the ways around a rule: audits, drills, runbooks, baseline, waivers."""

from datetime import date
from typing import Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from careloop.domain.noun import Duration, Governed, Noun, Slug, Text
from careloop.domain.organisation import Approval
from careloop.domain.requirement_id import RequirementId

__all__ = ["AuditProgramme", "Baseline", "BaselineItem", "Drill", "PlannedAudit", "Runbook", "Waiver"]


class PlannedAudit(Noun):
    """One internal audit of the programme, with criteria, scope and an auditor who is not the owner."""

    id: Slug
    planned: date
    auditor: Slug
    """Person; never owner or implementer of what is audited (R67)."""
    scope: tuple[RequirementId, ...] = Field(min_length=1)
    criteria: Text


class AuditProgramme(Governed):
    """`audits/*.yaml`: frequency, methods, responsibilities (ISO/IEC 42001 9.2.2)."""

    id: Slug
    every: Duration
    methods: tuple[Text, ...] = Field(min_length=1)
    reports_to: Slug
    considers: tuple[Text, ...] = ()
    """What the plan takes into account: importance of processes, results of earlier audits."""
    audits: tuple[PlannedAudit, ...] = ()


class Drill(Governed):
    """`drills/*.yaml`: a simulated bad output, to time detection and correction (R36)."""

    id: Slug
    system: Slug
    scenario: Text
    expected: Text
    every: Duration
    next: date


class Runbook(Governed):
    """`runbooks/*.md`: what to do, step by step, when something goes wrong."""

    id: Slug
    title: Text
    covers: tuple[Slug, ...] = Field(min_length=1)
    """Situations: `incident`, `rollback`, `kill`, `notice`, `feedback`, …"""
    sections: tuple[str, ...] = ()


class BaselineItem(Noun):
    """A finding that was there before the rule; known debt with an end."""

    finding: str = Field(pattern=r"^[0-9a-f]{16}$")
    rule: Slug
    file: Text
    owner: Slug
    burn_down: date


class Baseline(Noun):
    """`baseline.yaml`: existing debt; may only shrink, is shown grey, never as a pass (SEMANTICS 7)."""

    recorded: date
    items: tuple[BaselineItem, ...] = ()

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        for item in self.items:
            if item.burn_down < self.recorded:
                raise ValueError(f"burn_down {item.burn_down} of {item.rule} is before recorded {self.recorded}")
        return self


class Waiver(Noun):
    """`waivers/*.yaml`: a rule set aside for one subject, for a while, with a reason and approval."""

    id: Slug
    rule: Slug
    subject: Text
    """Id of the system, risk, supplier … it is waived for."""
    reason: Text
    owner: Slug
    expires: date
    approved: tuple[Approval, ...] = ()

    @field_validator("approved")
    @classmethod
    def _before_it_expires(cls, value: tuple[Approval, ...], info: ValidationInfo) -> tuple[Approval, ...]:
        expires = info.data.get("expires")
        for one in value:
            if expires is not None and one.on > expires:
                raise ValueError(f"{one.by} approved on {one.on}, after expires {expires}")
        return value
