"""Findings that stand and yet do not block: known debt with an end, approved waivers, drafts (SEMANTICS 7, 8)."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta

from careloop.domain.evolve import Baseline, Waiver
from careloop.domain.finding import Finding
from careloop.domain.organisation import Approval
from careloop.domain.repository import Document, Repository
from careloop.domain.rule import Rule
from careloop.domain.system import System
from careloop.domain.tier import Enforcement

__all__ = ["drafts_in", "set_aside", "softened", "with_granted_waivers"]

RuleOf = Callable[[str], Rule | None]
_TIER_RULES = frozenset({"tier-answered", "tier-justified"})
_KEPT_HARD = "draft-is-inception"
"""What keeps a draft from being used as an excuse is not softened for one."""


def set_aside(finding: Finding, repository: Repository, rule_of: RuleOf, on: date | None) -> Finding:
    """The finding, marked when the baseline or a waiver covers it; what has run out by `on` covers nothing.

    `rule_of` gives the rule in force of an id.
    """
    baseline = repository.only(Baseline)
    for item in baseline.items if baseline else ():
        if item.finding == finding.id and (on is None or item.burn_down >= on):
            return replace(finding, set_aside=f"baseline until {item.burn_down}")
    for waiver in repository.nouns(Waiver):
        if on is not None and waiver.expires < on:
            continue
        if _covers(waiver, finding) and _may_waive(waiver, rule_of) and _approved_apart(waiver, repository):
            return replace(finding, set_aside=f"waiver {waiver.id} until {waiver.expires}")
    return finding


def with_granted_waivers(
    repository: Repository, granted: Mapping[str, tuple[Approval, ...]], *, voices: int = 1
) -> Repository:
    """The documents with those waivers only that so many posts have granted; `granted` are the grants by waiver.

    What a waiver says of its own approval counts for nothing here: anybody can write that.
    """
    kept: list[Document] = []
    for document in repository.documents:
        noun = document.noun
        if isinstance(noun, Waiver):
            given = granted.get(noun.id, ())
            if len({one.by for one in given}) < voices:
                continue
            noun = noun.model_copy(update={"approved": given})
        kept.append(replace(document, noun=noun))
    return Repository(tuple(kept))


def drafts_in(repository: Repository) -> Mapping[str, str]:
    """Systems that are still drafts, with the post that owns each."""
    return {system.id: system.owner for system in repository.nouns(System) if system.draft}


def softened(finding: Finding, drafts: Mapping[str, str]) -> Finding:
    """The finding; about a system that is still a draft, or what lies in its folder, it only warns (R80).

    It goes to the system's owner.
    """
    top, _, below = finding.place.file.partition("/")
    folder = below.partition("/")[0] if top == "systems" else ""
    owner = drafts.get(finding.subject or "", drafts.get(folder))
    if owner is None or finding.rule == _KEPT_HARD:
        return finding
    enforce = Enforcement.WARN if finding.enforce is Enforcement.BLOCK else finding.enforce
    return replace(finding, enforce=enforce, owner=finding.owner or owner)


def _covers(waiver: Waiver, finding: Finding) -> bool:
    return waiver.rule == finding.rule and waiver.subject in (finding.subject, finding.place.file)


def _approved_apart(waiver: Waiver, repository: Repository) -> bool:
    """Whether a tier below the one that the rules give was approved by somebody else than who owns the system (R27)."""
    if waiver.rule not in _TIER_RULES:
        return True
    owners = {system.owner for system in repository.nouns(System) if system.id == waiver.subject}
    return any(approval.by not in owners for approval in waiver.approved)


def _may_waive(waiver: Waiver, rule_of: RuleOf) -> bool:
    """A waiver counts when its rule may be waived, and somebody approved it for no longer than the rule allows."""
    rule = rule_of(waiver.rule)
    if rule is None or not rule.waiver.allowed or not waiver.approved:
        return False
    longest = rule.waiver.max_days
    approved = max(approval.on for approval in waiver.approved)
    return longest is None or waiver.expires <= approved + timedelta(days=longest)
