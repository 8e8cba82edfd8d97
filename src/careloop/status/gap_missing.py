"""The named lists of a gap assessment: roles, policies and life-cycle practices that are missing (R14)."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Final

from careloop.domain.aims import Processes, ProcessKind
from careloop.domain.gap import GapRow, MissingItem, MissingKind, UrgentSystem
from careloop.domain.gap_work import GapWork
from careloop.domain.policy import Policy, PolicyKind
from careloop.domain.repository import Repository
from careloop.domain.roles import DutyKind, Function, Post, Roles
from careloop.domain.status import ClaimResult
from careloop.domain.system import Lifecycle, System
from careloop.domain.tier import Tier

__all__ = ["holders_of", "missing_items", "urgent_systems"]

_FUNCTIONS: Final = {
    Function.TOP_MANAGEMENT: "Top management",
    Function.RISK: "Responsible-AI lead or model risk",
    Function.LEGAL: "Legal",
    Function.SECURITY: "Security",
    Function.DATA: "Data",
    Function.PRODUCT: "Product",
    Function.AUDIT: "Internal audit",
}
"""Views that the article names, and the auditor that clause 9.2 wants apart from them."""
_AUTHORITIES: Final = ("approve_policy", "accept_risk", "approve_release", "kill", "restore")
_POLICIES: Final = {PolicyKind.AI_POLICY: "AI policy", PolicyKind.CHARTER: "AI charter"}
_COMMITMENTS: Final = ("principles", "exceptions")
_NOBODY: Final = "unassigned"


def holders_of(post: Post, roles: Roles, on: date) -> tuple[str, ...]:
    """Ids of the people who hold a post on a day, or act in it; whoever left and `unassigned` are nobody."""
    here = {person.id for person in roles.people if person.left is None or person.left > on} - {_NOBODY}
    held = tuple(holder for holder in post.holders if holder in here)
    if held or post.acting is None or post.acting.until < on or post.acting.person not in here:
        return held
    return (post.acting.person,)


def missing_items(
    repository: Repository, results: Mapping[str, ClaimResult], work: GapWork, on: date
) -> Iterator[MissingItem]:
    """Roles, then policies, then practices."""
    yield from _roles(repository.only(Roles), on)
    yield from _policies(repository, on)
    yield from _processes(repository.only(Processes))
    yield from _practices(results, work)


# --- roles ------------------------------------------------------------------------------------------------------------


def _roles(roles: Roles | None, on: date) -> Iterator[MissingItem]:
    posts = roles.posts if roles else ()
    people = {post.id: holders_of(post, roles, on) for post in posts} if roles else {}
    filled = [post for post in posts if people[post.id]]
    for function, title in _FUNCTIONS.items():
        ours = [post for post in posts if post.function is function]
        if not any(people[post.id] for post in ours):
            because = f"nobody holds {', '.join(post.id for post in ours)}" if ours else f"no post of {function.value}"
            yield _role(title, because)
    for duty in DutyKind:
        if not any(duty in post.duties for post in filled):
            yield _role(f"Duty: {duty.value.replace('_', ' ')}", "no filled post has it")
    for authority in _AUTHORITIES:
        if not any(authority in post.authorities for post in filled):
            yield _role(f"Authority: {authority.replace('_', ' ')}", "no filled post has it")
    everybody = {person for held in people.values() for person in held}
    if len(filled) > 1 and len(everybody) == 1:
        yield _role("A second person", f"{next(iter(everybody))} holds every post; approvals and audits need another")


def _role(title: str, because: str) -> MissingItem:
    return MissingItem(
        kind=MissingKind.ROLE, title=title, because=because, remedy="give it to a filled post in roles.yaml"
    )


# --- policies ---------------------------------------------------------------------------------------------------------


def _policies(repository: Repository, on: date) -> Iterator[MissingItem]:
    found = [(document.path, policy) for document, policy in repository.all(Policy)]
    for kind, title in _POLICIES.items():
        if not any(policy.kind is kind for _, policy in found):
            remedy = f"write policies/{kind.value.replace('_', '-')}.md"
            yield MissingItem(kind=MissingKind.POLICY, title=title, because="it is not written", remedy=remedy)
    for path, policy in found:
        if because := _not_in_force(policy, on):
            remedy = f"have it approved; set `approved` and `effective` in {path}"
            yield MissingItem(kind=MissingKind.POLICY, title=policy.title, because=because, remedy=remedy)
        for commitment in _COMMITMENTS if policy.kind is PolicyKind.AI_POLICY else ():
            if commitment not in policy.commits_to:
                title = f"{policy.title}: {commitment}"
                because = "its `commits_to` does not name them"
                remedy = f"write a section on them in {path} and name them there"
                yield MissingItem(kind=MissingKind.POLICY, title=title, because=because, remedy=remedy)
    if not any(document.kind == "related" for document in repository.documents):
        because = "it is not written which other policies touch AI"
        title = "Other policies that touch AI"
        remedy = "list them in aims/related.yaml"
        yield MissingItem(kind=MissingKind.POLICY, title=title, because=because, remedy=remedy)


def _not_in_force(policy: Policy, on: date) -> str:
    if policy.approved is None:
        return "written, and approved by nobody: no evidence"
    if policy.effective is None or policy.effective > on:
        return "approved, and not in effect yet"
    return ""


# --- practices --------------------------------------------------------------------------------------------------------


def _processes(processes: Processes | None) -> Iterator[MissingItem]:
    described = {process.kind for process in processes.processes} if processes else set[ProcessKind]()
    for kind in ProcessKind:
        if kind is not ProcessKind.OTHER and kind not in described:
            title = f"Process: {kind.value.replace('_', ' ')}"
            because = "it is not described"
            remedy = "describe it in aims/processes.yaml"
            yield MissingItem(kind=MissingKind.PRACTICE, title=title, because=because, remedy=remedy)


def _practices(results: Mapping[str, ClaimResult], work: GapWork) -> Iterator[MissingItem]:
    for practice in work.practices:
        failing = [results[claim] for claim in practice.claims if claim in results and not results[claim].held]
        if failing:
            because = failing[0].judgement.because
            title = f"{practice.stage.value}: {practice.title}"
            remedy = failing[0].claim.remedy
            yield MissingItem(kind=MissingKind.PRACTICE, title=title, because=because, remedy=remedy)


# --- systems ----------------------------------------------------------------------------------------------------------

_NEAR_PEOPLE: Final = (
    Lifecycle.OPERATION,
    Lifecycle.REEVALUATION,
    Lifecycle.DEPLOYMENT,
    Lifecycle.VERIFICATION,
    Lifecycle.DESIGN,
    Lifecycle.INCEPTION,
    Lifecycle.RETIREMENT,
)
"""Stages by how soon an open control can hurt somebody."""


def urgent_systems(repository: Repository, rows: Sequence[GapRow]) -> tuple[UrgentSystem, ...]:
    """High-risk systems in scope with something open, those that need action first at the top."""
    organisation = repository.organisation
    out = {one.system for one in organisation.scope.systems_excluded} if organisation else set[str]()
    found = []
    for system in repository.nouns(System):
        if system.tier.rank < Tier.HIGH.rank or system.id in out:
            continue
        claims = {
            claim.id: claim
            for row in rows
            for claim in row.open
            if claim.subject == "system" and claim.same_as is None and system.id in claim.cases
        }
        ordered = sorted(claims.values(), key=lambda claim: (-claim.weight, claim.id))
        if ordered:
            found.append(
                UrgentSystem(
                    id=system.id,
                    name=system.name,
                    tier=system.tier,
                    lifecycle=system.lifecycle,
                    owner=system.owner,
                    open=tuple(ordered),
                )
            )
    return tuple(sorted(found, key=_urgency))


def _urgency(system: UrgentSystem) -> tuple[int, int, int, str]:
    weight = sum(claim.weight for claim in system.open)
    return -system.tier.rank, _NEAR_PEOPLE.index(system.lifecycle), -weight, system.id
