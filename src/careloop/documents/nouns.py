"""Which noun stands in which kind of document, and the validator that makes it."""

from functools import cache
from typing import Any

from pydantic import TypeAdapter

from careloop.domain import (
    aims,
    answered,
    calendar,
    change_request,
    controls,
    dataset,
    envelope,
    evolve,
    impact,
    monitor,
    organisation,
    policy,
    questionnaire,
    risk,
    roadmap,
    roles,
    rule,
    third_party,
)
from careloop.domain import system as system_module

__all__ = ["NOUNS", "adapter_of"]

NOUNS: dict[str, Any] = {
    "organisation": organisation.Organisation,
    "roles": roles.Roles,
    "controls": controls.Controls,
    "objectives": third_party.Objectives,
    "baseline": evolve.Baseline,
    "calendar": calendar.EventCalendar,
    "context": aims.Context,
    "parties": aims.Parties,
    "processes": aims.Processes,
    "communication": aims.Communication,
    "competence": aims.Competence,
    "related": aims.RelatedPolicies,
    "roadmap": roadmap.Roadmap,
    "criteria": risk.RiskCriteria,
    "risk": risk.Risk,
    "system": system_module.System,
    "dataset": dataset.Dataset,
    "impact": impact.ImpactDocument,
    "monitors": monitor.Monitors,
    "plan": monitor.FailurePlan,
    "policy": policy.Policy,
    "rules": rule.RuleFile,
    "supplier": third_party.Supplier,
    "answers": answered.Answered,
    "questionnaire": questionnaire.Questionnaire,
    "law": third_party.Law,
    "course": third_party.Course,
    "audits": evolve.AuditProgramme,
    "drill": evolve.Drill,
    "runbook": evolve.Runbook,
    "envelope": envelope.ChangeEnvelope,
    "waiver": evolve.Waiver,
    "change": change_request.ChangeRequest,
}
"""Kind of document to its pydantic class, or to a union of such. Cards are missing: they have a reader of their own."""


@cache
def adapter_of(kind: str) -> TypeAdapter[Any]:
    """The validator of a kind's noun; built on first use."""
    return TypeAdapter(NOUNS[kind])
