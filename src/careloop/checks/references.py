"""Every place in a document that names something elsewhere, as a table; and what is named there but does not exist."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

from careloop.documents.layout import kind_of
from careloop.domain.aims import Processes
from careloop.domain.dataset import Dataset
from careloop.domain.impact import Assessment
from careloop.domain.noun import Governed
from careloop.domain.place import Pointer
from careloop.domain.policy import Policy
from careloop.domain.repository import Document, Repository
from careloop.domain.risk import Risk, RiskCriteria
from careloop.domain.roles import Roles
from careloop.domain.system import System
from careloop.domain.third_party import Course, Law, Supplier

__all__ = ["REFERENCES", "Beyond", "Dangling", "Names", "dangling_references", "made_by"]

REFERENCES: dict[str, tuple[tuple[str, str], ...]] = {
    "organisation": (
        ("owner", "post"),
        ("top_management", "post"),
        ("phases[].owner", "post"),
        ("scope.approved.by", "post"),
        ("scope.systems_included[]", "system"),
        ("scope.systems_excluded[].system", "system"),
    ),
    "roles": (
        ("posts[].holders[]", "person"),
        ("posts[].acting.person", "person"),
        ("posts[].approves_risk_up_to", "risk level"),
        ("escalations[].steps[].post", "post"),
        ("accountable[].post", "post"),
        ("accountable[].responsible[]", "post"),
        ("accountable[].consulted[]", "post"),
        ("accountable[].informed[]", "post"),
        ("delegations[].from_post", "post"),
        ("delegations[].to_post", "post"),
        ("on_call[].post", "post"),
        ("on_call[].people[]", "person"),
    ),
    "controls": (
        ("decisions[].control", "requirement"),
        ("decisions[].owner", "post"),
        ("decisions[].systems[]", "system"),
        ("decisions[].plan.owner", "post"),
        ("decisions[].plan.interim_accepted.by", "post"),
        ("decisions[].approved.by", "post"),
        ("custom[].owner", "post"),
        ("custom[].attested_by", "post"),
        ("approved.by", "post"),
        ("communicated_to[]", "post"),
    ),
    "objectives": (
        ("objectives[].owner", "post"),
        ("objectives[].policy", "policy"),
        ("communicated_to[]", "post"),
    ),
    "baseline": (("items[].owner", "post"), ("items[].rule", "rule")),
    "calendar": (("events[].who", "post"), ("events[].systems[]", "system")),
    "parties": (("parties[].needs[].law", "law"),),
    "processes": (("processes[].owner", "post"), ("processes[].feeds[]", "process")),
    "communication": (
        ("items[].owner", "post"),
        ("duties[].owner", "post"),
        ("duties[].law", "law"),
        ("concerns.owner", "post"),
        ("adverse_impacts.owner", "post"),
    ),
    "competence": (("needs[].post", "post"), ("needs[].courses[]", "course")),
    "related": (("policies[].owner", "post"), ("external_documents[].owner", "post")),
    "roadmap": (("actions[].owner", "post"),),
    "criteria": (("levels[].accepted_by", "post"), ("approved.by", "post")),
    "risk": (
        ("owner", "post"),
        ("systems[]", "system"),
        ("assessed.by", "post or person"),
        ("assessed.second", "post or person"),
        ("treatment.credits[].control", "requirement"),
        ("treatment.actions[].owner", "post"),
        ("treatment.accepted.by", "post"),
        ("treatment.interim.by", "post"),
    ),
    "system": (
        ("entity", "entity"),
        ("supplier", "supplier"),
        ("safe_state.approved.by", "post"),
        ("logs.law", "law"),
        ("responsibilities[].accountable", "party"),
        ("evaluation[].not_assessable.law", "law"),
        ("evaluation[].not_assessable.control", "requirement"),
    ),
    "card": (
        ("system", "system"),
        ("owner", "post"),
        ("risks[]", "risk"),
        ("assessment", "assessment"),
        ("constraints[]", "intended use"),
    ),
    "impact": (
        ("system", "system"),
        ("owner", "post"),
        ("by", "post or person"),
        ("assessors[]", "post or person"),
        ("feeds_risks[]", "risk"),
        ("approved.by", "post"),
    ),
    "plan": (("system", "system"), ("operator", "post"), ("accountable", "post")),
    "policy": (
        ("approvers[]", "post"),
        ("approved.by", "post"),
        ("audience[]", "post"),
        ("statements[].rules[]", "rule"),
        ("statements[].manual.owner", "post"),
    ),
    "rules": (
        ("rules[].controls[]", "requirement"),
        ("rules[].tightens", "rule"),
        ("rules[].conflict.law", "law"),
    ),
    "supplier": (("systems[]", "system"), ("assessment.by", "post or person")),
    "answers": (
        ("owner", "post"),
        ("subject", "system or supplier"),
        ("by", "post or person"),
        ("approved.by", "post"),
    ),
    "law": (("owner", "post"), ("systems[]", "system"), ("duties[].controls[]", "requirement")),
    "course": (("posts[]", "post"), ("policies[]", "policy")),
    "audits": (
        ("reports_to", "post"),
        ("audits[].auditor", "person"),
        ("audits[].scope[]", "requirement"),
    ),
    "drill": (("system", "system"),),
    "waiver": (("rule", "rule"), ("owner", "post"), ("approved[].by", "post")),
    "change": (("approver", "post"),),
}
"""Kind of document to (path of the field, what it names). `[]` stands for each item of a list."""

_GOVERNED = (("owner", "post"),)

_DECLARED_BY: dict[str, tuple[str, ...]] = {
    "roles": ("post", "person", "post or person"),
    "system": ("system", "system or supplier", "intended use"),
    "risk": ("risk",),
    "policy": ("policy",),
    "supplier": ("supplier", "system or supplier", "party"),
    "dataset": ("made",),
    "law": ("law",),
    "course": ("course",),
    "impact": ("assessment",),
    "organisation": ("entity", "rule"),
    "processes": ("process",),
    "criteria": ("risk level",),
    "controls": ("requirement",),
    "rules": ("rule",),
}
"""Kind of document to the spaces of names that it declares."""


@dataclass(frozen=True, slots=True)
class Dangling:
    """A reference that leads nowhere."""

    path: str
    pointer: Pointer
    space: str
    name: str
    close: str | None
    """A name that exists and looks like it."""


@dataclass(frozen=True, slots=True)
class Beyond:
    """What is known of the rest of a repository where only a part of it is looked at."""

    names: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Names that exist, by space."""
    drafts: Mapping[str, str] = field(default_factory=dict)
    """Systems that are drafts, with the post that owns each."""


class Names:
    """What exists, by space of names."""

    def __init__(
        self,
        repository: Repository,
        *,
        requirements: frozenset[str],
        rules: frozenset[str],
        unreadable: frozenset[str] = frozenset(),
        beyond: Beyond | None = None,
    ) -> None:
        self._repository = repository
        self._beyond = beyond.names if beyond else {}
        self._blind = frozenset(
            space
            for path in unreadable
            if (found := kind_of(path)) is not None
            for space in _DECLARED_BY.get(found[0].name, ())
        )
        if _is_alone(repository):
            self._blind |= {"post", "person", "post or person"}
        self._requirements = requirements
        self._rules = rules

    @cached_property
    def spaces(self) -> dict[str, frozenset[str]]:
        """Names by space; `intended use` is looked up by system instead."""
        here = self._declared_here()
        there = {space: names | self._beyond.get(space, frozenset()) for space, names in here.items()}
        return {**there, "system or supplier": there["system"] | there["supplier"]}

    def _declared_here(self) -> dict[str, frozenset[str]]:
        nouns = self._repository.nouns
        roles = self._repository.only(Roles)
        criteria = self._repository.only(RiskCriteria)
        organisation = self._repository.organisation
        processes = self._repository.only(Processes)
        posts = frozenset(post.id for post in roles.posts) if roles else frozenset()
        people = frozenset(person.id for person in roles.people) if roles else frozenset()
        suppliers = frozenset(supplier.id for supplier in nouns(Supplier))
        return {
            "post": posts,
            "person": people,
            "post or person": posts | people,
            "system": frozenset(system.id for system in nouns(System)),
            "risk": frozenset(risk.id for risk in nouns(Risk)),
            "policy": frozenset(policy.id for policy in nouns(Policy)),
            "supplier": suppliers,
            "party": suppliers | {"organisation", "customer", "partner"},
            "law": frozenset(law.id for law in nouns(Law)),
            "course": frozenset(course.id for course in nouns(Course)),
            "assessment": frozenset(assessment.id for assessment in nouns(Assessment)),
            "entity": frozenset(entity.id for entity in organisation.entities) if organisation else frozenset(),
            "process": frozenset(process.id for process in processes.processes) if processes else frozenset(),
            "risk level": frozenset(level.id for level in criteria.levels) if criteria else frozenset(),
            "made": frozenset(
                made for document, data in self._repository.all(Dataset) for made in made_by(document, data)
            ),
            "requirement": self._requirements,
            "rule": self._rules,
        }

    @cached_property
    def _uses(self) -> dict[str, frozenset[str]]:
        return {
            str(document.folder): frozenset(use.id for use in system.intended_use)
            for document, system in self._repository.all(System)
        }

    def in_space(self, space: str, document: Document) -> frozenset[str] | None:
        """Names that a reference of a document may use; null while a file that declares such names is unreadable."""
        if space in self._blind:
            return None
        if space == "intended use":
            return self._uses.get(str(document.folder), frozenset())
        return self.spaces[space]


def made_by(document: Document, dataset: Dataset) -> Iterator[str]:
    """What the steps of a data set made, each as `DIGEST DAY PATH`: a name that steps elsewhere may take up."""
    return (f"{step.digest} {step.on} {document.path}" for step in dataset.provenance if step.digest)


def _is_alone(repository: Repository) -> bool:
    """Whether one system is governed by itself, before there are posts and policies (SEMANTICS 10)."""
    unmanned = repository.only(Roles) is None and repository.only(Policy) is None
    return unmanned and len(repository.nouns(System)) == 1


def dangling_references(repository: Repository, names: Names) -> Iterator[Dangling]:
    """References of all documents to what does not exist, in path order."""
    for document in repository.documents:
        table = REFERENCES.get(document.kind, ())
        if isinstance(document.noun, Governed) and not any(path == "owner" for path, _ in table):
            table = (*table, *_GOVERNED)
        for path, space in table:
            known: frozenset[str] | None = None
            for position, (pointer, name) in enumerate(_values(document.noun, _steps(path), ())):
                known = names.in_space(space, document) if position == 0 else known
                if known is not None and name not in known:
                    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
                    yield Dangling(document.path, pointer, space, name, close[0] if close else None)


@cache
def _steps(path: str) -> tuple[str, ...]:
    return tuple(path.replace("[]", ".[]").split("."))


def _values(value: Any, steps: tuple[str, ...], pointer: Pointer) -> Iterator[tuple[Pointer, str]]:
    if value is None:
        return
    if not steps:
        yield pointer, str(value)
    elif steps[0] == "[]":
        for position, item in enumerate(value):
            yield from _values(item, steps[1:], (*pointer, position))
    else:
        yield from _values(getattr(value, steps[0], None), steps[1:], (*pointer, steps[0]))
