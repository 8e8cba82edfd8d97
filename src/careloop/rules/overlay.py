"""Lays local rules over those of a pack: they may add and tighten, and loosen only where a law forbids the global rule.

A rule that tightens does not replace: the pack's rule stays, and both must hold. With a recorded conflict the local
rule stands in for the pack's rule, and only where the local rule applies; whether it applies must be known.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from careloop.domain.rule import Rule
from careloop.domain.tier import Enforcement, Moment, Severity
from careloop.rules.compile_rules import Compilation
from careloop.rules.compiled_rule import CompiledRule, RuleProblem
from careloop.rules.diagnosis import closest
from careloop.rules.problem import ProblemKind

__all__ = ["overlay"]


def overlay(pack: Sequence[CompiledRule], local: Sequence[CompiledRule]) -> Compilation:
    """The rules in force when local rules are laid over a pack's, and every attempt to loosen."""
    problems: list[RuleProblem] = []
    in_force = {rule.id: rule for rule in pack}
    for rule in local:
        found = tuple(_problems(rule, in_force, {other.id for other in pack}))
        problems.extend(found)
        if rule.id in in_force:
            continue
        in_force[rule.id] = rule
        named = in_force.get(rule.rule.tightens or "")
        if named is not None and rule.rule.conflict is not None and not found:
            in_force[named.id] = replace(named, set_aside_by=(*named.set_aside_by, rule))
    return Compilation(tuple(in_force.values()), tuple(problems))


def _problems(rule: CompiledRule, in_force: dict[str, CompiledRule], pack: set[str]) -> Iterator[RuleProblem]:
    if rule.id in in_force:
        advice = f"give it its own id and say `tightens: {rule.id}`" if rule.id in pack else None
        yield rule.problem(ProblemKind.DUPLICATE, f"rule {rule.id} is already defined", "id", suggestion=advice)
        return
    if rule.rule.tightens is None:
        if rule.rule.conflict is not None:
            message = "a conflict names the rule that the law forbids, by `tightens`"
            yield rule.problem(ProblemKind.LOOSENS, message, "conflict")
        return
    named = in_force.get(rule.rule.tightens) if rule.rule.tightens in pack else None
    if named is None:
        message = f"there is no pack rule {rule.rule.tightens} to tighten"
        yield rule.problem(ProblemKind.NAME, message, "tightens", suggestion=closest(rule.rule.tightens, pack))
        return
    if rule.rule.subject is not named.rule.subject:
        message = f"{named.id} is about a {named.rule.subject}, and this rule about a {rule.rule.subject}"
        yield rule.problem(ProblemKind.LOOSENS, message, "subject")
    elif rule.rule.conflict is None:
        for key, message in _loosenings(rule.rule, named.rule):
            yield rule.problem(ProblemKind.LOOSENS, message, key)


def _loosenings(local: Rule, named: Rule) -> Iterator[tuple[str, str]]:
    """Each key by which a local rule asks for less than the rule that it says it tightens."""
    if named.severity is Severity.MUST and local.severity is Severity.SHOULD:
        yield "severity", f"{named.id} is a must, and this is a should"
    if local.enforcement.rank < named.enforcement.rank:
        yield "enforce", f"{named.id} is enforced by {named.enforcement}, and this by {local.enforcement}"
    if local.moment not in (named.moment, Moment.ALWAYS):
        yield "moment", f"{named.id} holds at {named.moment}, and this at {local.moment} only"
    if local.enforcement is not Enforcement.BLOCK and _blocks_later(local, named):
        yield "block_from", f"{named.id} blocks from {named.block_from} on, and this later or never"


def _blocks_later(local: Rule, named: Rule) -> bool:
    if named.block_from is None:
        return False
    return local.block_from is None or local.block_from > named.block_from
