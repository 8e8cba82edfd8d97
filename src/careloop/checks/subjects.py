"""The things that rules and claims speak about, each with the values its expressions see."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import groupby
from typing import Any

from careloop.checks.vocabulary import SEVERAL_NOUNS, SINGLE_NOUNS, DocumentFacts
from careloop.domain.card import Card
from careloop.domain.dataset import Dataset
from careloop.domain.impact import Assessment, Screening
from careloop.domain.monitor import FailurePlan, Monitors
from careloop.domain.noun import Governed, days_in
from careloop.domain.organisation import Organisation
from careloop.domain.place import Pointer
from careloop.domain.policy import Policy
from careloop.domain.repository import Document, Repository
from careloop.domain.risk import Risk, RiskCriteria
from careloop.domain.roles import Post, Roles
from careloop.domain.rule import Subject
from careloop.domain.system import System
from careloop.domain.third_party import Objectives, Supplier
from careloop.rules.engine import Bound, bind
from careloop.rules.facts import facts_for
from careloop.rules.vocabulary import Vocabulary

__all__ = ["Case", "Cases"]


@dataclass(frozen=True, slots=True)
class Case:
    """One thing a rule speaks about: its id, where it stands, who answers for it, and what is known of it."""

    subject: Subject
    id: str
    path: str
    pointer: Pointer
    owner: str | None
    values: Mapping[str, Any]
    paths: Mapping[str, str]
    """File of each variable that stands in one file of its own."""


@dataclass(frozen=True, slots=True)
class _Spot:
    id: str
    path: str
    pointer: Pointer = ()


class Cases:
    """All cases of a repository, by subject; `now` is null where no clock is allowed."""

    def __init__(self, repository: Repository, now: datetime | None) -> None:
        self._repository = repository
        self._now = now
        self._facts: dict[int, Any] = {}
        self._bound: dict[tuple[Subject, str, Pointer, Vocabulary], Bound] = {}

    def bound(self, case: Case, vocabulary: Vocabulary) -> Bound:
        """The case's facts, ready for expressions of a vocabulary; made once, however many rules ask."""
        key = (case.subject, case.path, case.pointer, vocabulary)
        if key not in self._bound:
            self._bound[key] = bind(vocabulary, facts_for(vocabulary, case.values, known=self._facts))
        return self._bound[key]

    @cached_property
    def organisation(self) -> Case:
        """The organisation as one case: everything at once."""
        nouns, only = self._repository.nouns, self._repository.only
        values: dict[str, Any] = {name: only(noun) for name, noun in SINGLE_NOUNS.items()}
        values |= {name: nouns(noun) for name, noun in SEVERAL_NOUNS.items()}
        values["phase_due"] = _phase_due(values["organisation"])
        paths = {name: path for name, noun in SINGLE_NOUNS.items() if (path := self._repository.path_of(noun))}
        owner = values["organisation"].owner if values["organisation"] else None
        return Case(Subject.ORGANISATION, "organisation", "care.yaml", (), owner, self._with_now(values), paths)

    def of(self, subject: Subject) -> Iterator[Case]:
        """Every case of a subject, in path order. Releases and inferences come from elsewhere: none here."""
        if subject is Subject.ORGANISATION:
            yield self.organisation
        elif subject is Subject.SYSTEM:
            yield from self._systems
        elif subject is Subject.POST:
            yield from self._posts()
        elif subject is Subject.OBJECTIVE:
            yield from self._objectives()
        elif subject is Subject.DOCUMENT:
            yield from self._documents
        elif subject in _PLAIN:
            yield from self._plain(subject)

    def _with_now(self, values: dict[str, Any]) -> dict[str, Any]:
        if self._now is not None:
            values["now"] = self._now
        return values

    @cached_property
    def _in_folders(self) -> Mapping[str, tuple[Document, ...]]:
        inside = (document for document in self._repository.documents if document.folder is not None)
        return {str(folder): tuple(group) for folder, group in groupby(inside, key=lambda document: document.folder)}

    @cached_property
    def _suppliers(self) -> Mapping[str, Supplier]:
        return {supplier.id: supplier for supplier in self._repository.nouns(Supplier)}

    @cached_property
    def _excluded(self) -> frozenset[str]:
        organisation = self._repository.organisation
        return frozenset(out.system for out in organisation.scope.systems_excluded) if organisation else frozenset()

    @cached_property
    def _risks_of(self) -> Mapping[str, tuple[Risk, ...]]:
        index: dict[str, list[Risk]] = {}
        for risk in self._repository.nouns(Risk):
            for system in risk.systems:
                index.setdefault(system, []).append(risk)
        return {system: tuple(risks) for system, risks in index.items()}

    @cached_property
    def _systems(self) -> tuple[Case, ...]:
        return tuple(self._system_case(document, noun) for document, noun in self._repository.all(System))

    def _system_case(self, document: Document, system: System) -> Case:
        beside = self._in_folders.get(str(document.folder), ())
        values: dict[str, Any] = {
            "system": system,
            "card": _first(beside, Card),
            "datasets": _each(beside, Dataset),
            "screenings": _each(beside, Screening),
            "assessments": _each(beside, Assessment),
            "monitors": _first(beside, Monitors),
            "plan": _first(beside, FailurePlan),
            "drill_due": _drill_due(_first(beside, FailurePlan)),
            "risks": self._risks_of.get(system.id, ()),
            "supplier": self._suppliers.get(system.supplier or ""),
            "organisation": self._repository.organisation,
            "criteria": self._repository.only(RiskCriteria),
            "in_scope": system.id not in self._excluded,
        }
        paths = {"system": document.path} | {d.kind: d.path for d in beside if d.kind in ("card", "monitors", "plan")}
        return Case(Subject.SYSTEM, system.id, document.path, (), system.owner, self._with_now(values), paths)

    def _posts(self) -> Iterator[Case]:
        roles = self._repository.only(Roles)
        if roles is None:
            return
        today = self._now.date() if self._now else date.min
        people = {person.id: person for person in roles.people}
        for position, post in enumerate(roles.posts):
            held = [people[holder] for holder in post.holders if holder in people]
            left = [person for person in held if person.left is not None and person.left <= today]
            acting = post.acting is not None and post.acting.until >= today
            filled = len(held) > len(left) or acting
            values = {"post": post, "roles": roles, "filled": filled, "holders_left": bool(left)}
            path = self._repository.path_of(Roles) or "roles.yaml"
            spot = _Spot(post.id, path, ("posts", position))
            yield self._case(Subject.POST, spot, self._superior(post), values)

    def _superior(self, post: Post) -> str | None:
        """Who answers for a post: top management, and for that post itself its own holder."""
        organisation = self._repository.organisation
        return organisation.top_management if organisation else post.id

    def _objectives(self) -> Iterator[Case]:
        for document, objectives in self._repository.all(Objectives):
            for position, objective in enumerate(objectives.objectives):
                values = {"objective": objective, "organisation": self._repository.organisation}
                spot = _Spot(objective.id, document.path, ("objectives", position))
                yield self._case(Subject.OBJECTIVE, spot, objective.owner, values)

    @cached_property
    def _documents(self) -> tuple[Case, ...]:
        """Made once and kept: `bound` tells records apart by identity, and these records belong to no document."""
        return tuple(self._each_document())

    def _each_document(self) -> Iterator[Case]:
        for document in self._repository.documents:
            noun = document.noun
            if not isinstance(noun, Governed):
                continue
            facts: dict[str, Any] = {
                "file": document.path,
                "kind": document.kind,
                "owner": noun.owner,
                "version": noun.version,
                "review_every": noun.review_every,
            }
            if "reviewed" in noun.model_fields_set:
                facts["reviewed"] = noun.reviewed
            if noun.reviewed is not None:
                facts["review_due"] = noun.reviewed + timedelta(days=days_in(noun.review_every))
            values = {"document": DocumentFacts.model_construct(_fields_set=set(facts), **facts)}
            yield self._case(Subject.DOCUMENT, _Spot(document.path, document.path), noun.owner, values)

    def _plain(self, subject: Subject) -> Iterator[Case]:
        name, noun_class = _PLAIN[subject]
        systems = {system.id: system for system in self._repository.nouns(System)}
        for document, noun in self._repository.all(noun_class):
            values: dict[str, Any] = {name: noun}
            if subject in (Subject.DATASET, Subject.ASSESSMENT):
                values["system"] = systems.get(str(document.folder))
            else:
                values["organisation"] = self._repository.organisation
            if subject is Subject.RISK:
                values["criteria"] = self._repository.only(RiskCriteria)
            yield self._case(subject, _Spot(noun.id, document.path), getattr(noun, "owner", None), values)

    def _case(self, subject: Subject, spot: "_Spot", owner: str | None, values: dict[str, Any]) -> Case:
        paths = {subject.value: spot.path}
        return Case(subject, spot.id, spot.path, spot.pointer, owner, self._with_now(values), paths)


_PLAIN: dict[Subject, tuple[str, Any]] = {
    Subject.POLICY: ("policy", Policy),
    Subject.SUPPLIER: ("supplier", Supplier),
    Subject.RISK: ("risk", Risk),
    Subject.DATASET: ("dataset", Dataset),
    Subject.ASSESSMENT: ("assessment", Assessment),
}


def _drill_due(plan: FailurePlan | None) -> date | None:
    """Day by which a plan is to be practised again; None when there is none or it never was."""
    if plan is None or plan.drilled is None:
        return None
    return plan.drilled + timedelta(days=days_in(plan.drill_every))


def _phase_due(organisation: Organisation | None) -> dict[str, date]:
    return {
        turn.phase.value: turn.last_run + timedelta(days=days_in(turn.every))
        for turn in (organisation.phases if organisation else ())
        if turn.last_run is not None
    }


def _first(documents: tuple[Document, ...], noun: type[Any]) -> Any:
    return next((document.noun for document in documents if isinstance(document.noun, noun)), None)


def _each(documents: tuple[Document, ...], noun: type[Any]) -> tuple[Any, ...]:
    return tuple(document.noun for document in documents if isinstance(document.noun, noun))
