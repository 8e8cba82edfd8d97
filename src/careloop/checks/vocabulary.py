"""Which variables an expression sees, by its subject: the words that rules and claims are written in."""

from datetime import date, datetime
from functools import cache
from typing import Any

from pydantic import BaseModel

from careloop.domain.aims import Communication, Competence, Context, Parties, Processes, RelatedPolicies
from careloop.domain.card import Card
from careloop.domain.controls import Controls
from careloop.domain.dataset import Dataset
from careloop.domain.evolve import AuditProgramme, Baseline, Drill, Runbook, Waiver
from careloop.domain.impact import Assessment, Screening
from careloop.domain.monitor import FailurePlan, Monitors
from careloop.domain.noun import Duration, Noun, Slug
from careloop.domain.organisation import Organisation
from careloop.domain.policy import Policy
from careloop.domain.release import Release
from careloop.domain.risk import Risk, RiskCriteria
from careloop.domain.roles import Post, Roles
from careloop.domain.rule import Subject
from careloop.domain.system import Autonomy, Lifecycle, System
from careloop.domain.third_party import Course, Law, Objective, Objectives, Supplier
from careloop.domain.tier import Tier
from careloop.rules.vocabulary import Vocabulary

__all__ = ["SEVERAL_NOUNS", "SINGLE_NOUNS", "DocumentFacts", "vocabulary_for"]


class DocumentFacts(Noun):
    """What every governed document says about itself (subject `document`)."""

    file: str
    kind: Slug
    owner: Slug
    version: str
    reviewed: date | None = None
    review_every: Duration
    review_due: date | None = None
    """Day by which the next review is due; left out, like `reviewed`, when there was none."""


SINGLE_NOUNS: dict[str, type[BaseModel]] = {
    "organisation": Organisation,
    "context": Context,
    "parties": Parties,
    "processes": Processes,
    "communication": Communication,
    "competence": Competence,
    "related": RelatedPolicies,
    "roles": Roles,
    "criteria": RiskCriteria,
    "controls": Controls,
    "objectives": Objectives,
    "baseline": Baseline,
}
"""Variables of the organisation that stand in one document; null when it is not there."""

SEVERAL_NOUNS: dict[str, type[BaseModel]] = {
    "policies": Policy,
    "risks": Risk,
    "systems": System,
    "datasets": Dataset,
    "screenings": Screening,
    "assessments": Assessment,
    "monitors": Monitors,
    "plans": FailurePlan,
    "suppliers": Supplier,
    "laws": Law,
    "courses": Course,
    "audits": AuditProgramme,
    "drills": Drill,
    "runbooks": Runbook,
    "waivers": Waiver,
}
"""Variables of the organisation that are lists, one item a document."""

_ORGANISATION: dict[str, Any] = {name: noun | None for name, noun in SINGLE_NOUNS.items()} | {
    name: tuple[noun, ...]  # type: ignore[valid-type]  # built from values, which mypy cannot follow
    for name, noun in SEVERAL_NOUNS.items()
}
_ORGANISATION["phase_due"] = dict[str, date]
"""Day by which each phase of the loop must run again; a phase that never ran has none."""

_VARIABLES: dict[Subject, dict[str, Any]] = {
    Subject.ORGANISATION: _ORGANISATION,
    Subject.SYSTEM: {
        "system": System,
        "card": Card | None,
        "datasets": tuple[Dataset, ...],
        "screenings": tuple[Screening, ...],
        "assessments": tuple[Assessment, ...],
        "monitors": Monitors | None,
        "plan": FailurePlan | None,
        "drill_due": date | None,
        "risks": tuple[Risk, ...],
        "supplier": Supplier | None,
        "organisation": Organisation | None,
        "criteria": RiskCriteria | None,
        "in_scope": bool,
    },
    Subject.POLICY: {"policy": Policy, "organisation": Organisation | None},
    Subject.SUPPLIER: {"supplier": Supplier, "organisation": Organisation | None},
    Subject.RISK: {"risk": Risk, "criteria": RiskCriteria | None, "organisation": Organisation | None},
    Subject.DATASET: {"dataset": Dataset, "system": System | None},
    Subject.ASSESSMENT: {"assessment": Assessment, "system": System | None},
    Subject.POST: {"post": Post, "roles": Roles | None, "filled": bool, "holders_left": bool},
    Subject.OBJECTIVE: {"objective": Objective, "organisation": Organisation | None},
    Subject.DOCUMENT: {"document": DocumentFacts},
    Subject.RELEASE: {"release": Release, "system": System, "criteria": RiskCriteria | None},
    Subject.INFERENCE: {"system": System, "purpose": str, "user_role": str, "segment": dict[str, str]},
}

_CONSTANTS = {"tiers": Tier, "autonomies": Autonomy, "stages": Lifecycle}


@cache
def vocabulary_for(subject: Subject, *, clock: bool) -> Vocabulary:
    """Variables of a subject; `now` is among them only where a clock is allowed (never at moment `change`)."""
    variables = dict(_VARIABLES[subject])
    if clock:
        variables["now"] = datetime
    return Vocabulary(variables, _CONSTANTS)
