"""Tier rules and assessment triggers of risk/criteria.yaml: which tier a system reaches, which assessments it needs.

A missing fact counts as matched: what cannot be ruled out is assumed (R26, R27).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from careloop.checks.breach import Breach
from careloop.checks.subjects import Case, Cases
from careloop.checks.vocabulary import vocabulary_for
from careloop.domain.place import Pointer
from careloop.domain.repository import Repository
from careloop.domain.risk import RiskCriteria, TierRule, Trigger
from careloop.domain.rule import Subject
from careloop.domain.system import System
from careloop.rules.engine import Bound, Program, compile_expression
from careloop.rules.problem import Problem

__all__ = ["CRITERIA", "broken_expressions", "tier_justified", "tier_rules_met", "triggered_assessed"]

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


def tier_justified(cases: Cases, repository: Repository) -> Iterator[Breach]:
    """A system's tier is at least the one that the tier rules give; a lower one would need approval (R27)."""
    for case, system, rule in _each_match(cases, repository):
        if isinstance(rule, TierRule) and system.tier.rank < rule.tier.rank:
            yield Breach(
                path=case.path,
                pointer=("tier",),
                message=f"tier is {system.tier.value}, and the criteria give {rule.tier.value}: {rule.reason}",
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
