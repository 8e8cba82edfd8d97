"""Evaluates a rule on facts: allow, violate, unknown, errored or not applicable, and why.

Only a missing fact makes a verdict unknown; every other error is the rule's fault. Unknown is never a pass: a rule
whose `applies` cannot be known counts as unknown, not as one that does not apply.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from careloop.domain.rule import Verdict
from careloop.rules.compiled_rule import CompiledRule
from careloop.rules.explain import Reason, explain

if TYPE_CHECKING:
    from careloop.rules.engine import Bound, Outcome, Program

__all__ = ["Evaluation", "evaluate", "is_triggered"]


@dataclass(frozen=True)
class Evaluation:
    """A verdict with its grounds; the explanation is worked out when it is asked for."""

    rule: CompiledRule
    verdict: Verdict
    error: str | None = None
    """The engine's words, for an errored verdict."""
    set_aside_by: CompiledRule | None = None
    """The local rule that stands in for this one, where a law forbids it."""
    _decided_by: Program | None = field(default=None, repr=False)
    _facts: Bound | None = field(default=None, repr=False)

    @cached_property
    def reasons(self) -> tuple[Reason, ...]:
        """The parts of the expression that decided, with the values they saw."""
        if self._decided_by is None or self._facts is None:
            return ()
        return explain(self._decided_by, self._decided_by.bind(self._facts))

    @cached_property
    def explanation(self) -> tuple[str, ...]:
        """One plain line for each reason: `system.tier >= tiers.high: tier was 1 (medium)`."""
        lines = [str(reason) for reason in self.reasons]
        if self.set_aside_by is not None and self.set_aside_by.rule.conflict is not None:
            conflict = self.set_aside_by.rule.conflict
            return (f"set aside by {self.set_aside_by.id}: {conflict.law}, {conflict.article}", *lines)
        if self._decided_by is self.rule.applies:
            return tuple(f"applies: {line}" for line in lines)
        return tuple(lines)

    @cached_property
    def missing(self) -> tuple[str, ...]:
        """Facts that were not supplied and kept the rule from a verdict, as full paths."""
        return tuple(dict.fromkeys(path for reason in self.reasons for path in reason.missing))


def evaluate(rule: CompiledRule, facts: Mapping[str, Any] | Bound) -> Evaluation:
    """Evaluate a rule on facts (see `facts.facts_for`); bind the facts first to evaluate many rules on them.

    Raises ValueError for a rule with a structural check, which has no expression to evaluate.
    """
    if rule.require is None:
        raise ValueError(f"rule {rule.id} is a structural check and is not evaluated on facts")
    bound = rule.require.bind(facts)
    for local in rule.set_aside_by:
        if _applies(local, bound) is Verdict.ALLOW:
            not_applicable = Verdict.NOT_APPLICABLE
            return Evaluation(rule, not_applicable, set_aside_by=local, _decided_by=local.applies, _facts=bound)
    if rule.applies is not None:
        outcome = rule.applies.run(bound)
        verdict = _verdict(outcome, when_false=Verdict.NOT_APPLICABLE)
        if verdict is not Verdict.ALLOW:
            return Evaluation(rule, verdict, _error(outcome, verdict), _decided_by=rule.applies, _facts=bound)
    outcome = rule.require.run(bound)
    verdict = _verdict(outcome, when_false=Verdict.VIOLATE)
    return Evaluation(rule, verdict, _error(outcome, verdict), _decided_by=rule.require, _facts=bound)


def is_triggered(rule: CompiledRule, facts: Mapping[str, Any] | Bound) -> bool:
    """Whether the rule's `applies` holds, or cannot be known: for a trigger, unknown counts as triggered."""
    return _applies(rule, facts) is not Verdict.NOT_APPLICABLE


def _applies(rule: CompiledRule, facts: Mapping[str, Any] | Bound) -> Verdict:
    if rule.applies is None:
        return Verdict.ALLOW
    return _verdict(rule.applies.run(facts), when_false=Verdict.NOT_APPLICABLE)


def _verdict(outcome: Outcome, *, when_false: Verdict) -> Verdict:
    if outcome.missing:
        return Verdict.UNKNOWN
    if not isinstance(outcome.value, bool):
        return Verdict.ERRORED
    return Verdict.ALLOW if outcome.value else when_false


def _error(outcome: Outcome, verdict: Verdict) -> str | None:
    if verdict is not Verdict.ERRORED:
        return None
    return outcome.error or "the expression gave neither true nor false"
