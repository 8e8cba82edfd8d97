"""Tier rules and assessment triggers of risk/criteria.yaml: which tier a system reaches, which assessments it needs.

A missing fact counts as matched: what cannot be ruled out is assumed (R26, R27).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from careloop.checks.breach import Breach
from careloop.checks.subjects import Case, Cases
from careloop.checks.vocabulary import vocabulary_for
from careloop.domain.place import Pointer
from careloop.domain.repository import Repository
from careloop.domain.risk import RiskCriteria, TierRule, Trigger
from careloop.domain.rule import Subject
from careloop.domain.system import System
from careloop.domain.tier import Tier
from careloop.rules.engine import Bound, Program, compile_expression
from careloop.rules.problem import Problem

__all__ = [
    "CRITERIA",
    "ReachedTier",
    "broken_expressions",
    "reached_tiers",
    "tier_justified",
    "tier_rules_met",
    "triggered_assessed",
]

CRITERIA = "risk/criteria.yaml"


@dataclass(frozen=True, slots=True)
class _Compiled:
    pointer: Pointer
    source: TierRule | Trigger
    program: Program | tuple[Problem, ...]


def _compiled(criteria: RiskCriteria) -> Iterator[_Compiled]:
    vocabulary = vocabulary_for(Subject.SYSTEM, clock=False)
    groups: tuple[tuple[str, tuple[TierRule | Trigger, ...]], ...] = (
        ("tiers", criteria.tiers),
        ("triggers", criteria.triggers),
    )
    for name, sources in groups:
        for position, source in enumerate(sources):
            yield _Compiled((name, position, "when"), source, compile_expression(source.when, vocabulary))


def broken_expressions(repository: Repository) -> Iterator[tuple[Pointer, Problem]]:
    """Expressions of the criteria that cannot be used, each with its place in risk/criteria.yaml."""
    criteria = repository.only(RiskCriteria)
    for one in _compiled(criteria) if criteria else ():
        if not isinstance(one.program, Program):
            yield from ((one.pointer, problem) for problem in one.program)


def _matches(program: Program, facts: Bound) -> bool:
    outcome = program.run(facts)
    return outcome.error is not None or outcome.value is True


def _each_match(cases: Cases, repository: Repository) -> Iterator[tuple[Case, System, TierRule | Trigger]]:
    criteria = repository.only(RiskCriteria)
    if criteria is None:
        return
    vocabulary = vocabulary_for(Subject.SYSTEM, clock=False)
    usable = [(one.source, one.program) for one in _compiled(criteria) if isinstance(one.program, Program)]
    for case in cases.of(Subject.SYSTEM):
        if not case.values["in_scope"] or not usable:
            continue
        facts = cases.bound(case, vocabulary)
        for source, program in usable:
            if _matches(program, facts):
                yield case, case.values["system"], source


def tier_rules_met(cases: Cases, repository: Repository) -> dict[str, tuple[TierRule, ...]]:
    """For each system in scope that meets any, the tier rules that it meets, in their order."""
    found: dict[str, list[TierRule]] = {}
    for _, system, rule in _each_match(cases, repository):
        if isinstance(rule, TierRule):
            found.setdefault(system.id, []).append(rule)
    return {system: tuple(rules) for system, rules in found.items()}


@dataclass(frozen=True, slots=True)
class ReachedTier:
    """The tier that the rules give a system, and why; no rule at all gives the lowest."""

    tier: Tier
    reasons: tuple[str, ...] = ()
    """Of every rule that gives this very tier."""


def reached_tiers(cases: Cases, repository: Repository) -> Mapping[str, ReachedTier]:
    """System to the highest tier that the rules of risk/criteria.yaml give it; systems out of scope are left out (R27).

    The same facts give the same tier, in whatever order the rules stand.
    """
    found = {case.id: ReachedTier(Tier.LOW) for case in cases.of(Subject.SYSTEM) if case.values["in_scope"]}
    for case, _, rule in _each_match(cases, repository):
        if not isinstance(rule, TierRule):
            continue
        before = found[case.id]
        if rule.tier.rank > before.tier.rank or not before.reasons:
            found[case.id] = ReachedTier(max(rule.tier, before.tier, key=lambda tier: tier.rank), (rule.reason,))
        elif rule.tier is before.tier:
            found[case.id] = ReachedTier(before.tier, (*before.reasons, rule.reason))
    return found


def tier_justified(cases: Cases, repository: Repository) -> Iterator[Breach]:
    """A system's tier is at least the one that the tier rules give; a lower one needs an approved waiver (R27)."""
    reached = reached_tiers(cases, repository)
    for case in cases.of(Subject.SYSTEM):
        system, given = case.values["system"], reached.get(case.id)
        if given is not None and system.tier.rank < given.tier.rank:
            reasons = "; ".join(dict.fromkeys(given.reasons))
            yield Breach(
                path=case.path,
                pointer=("tier",),
                message=f"tier is {system.tier.value}, and the criteria give {given.tier.value}: {reasons}",
            )


def triggered_assessed(cases: Cases, repository: Repository) -> Iterator[Breach]:
    """A system that meets a trigger has a full impact assessment (R26, 6.1.4)."""
    for case, _, trigger in _each_match(cases, repository):
        if isinstance(trigger, Trigger) and not case.values["assessments"]:
            yield Breach(
                path=case.path,
                pointer=("assessment", trigger.id),
                message=f"the trigger '{trigger.id}' calls for an impact assessment: {trigger.reason}",
            )
