"""Runs the cases that are kept with a rule, and notices a rule that no case makes fail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from careloop.domain.rule import RuleCase, Verdict
from careloop.rules.case_facts import case_facts
from careloop.rules.compiled_rule import CompiledRule, RuleProblem
from careloop.rules.evaluate import evaluate
from careloop.rules.problem import ProblemKind

__all__ = ["run_cases"]


def run_cases(rule: CompiledRule) -> tuple[RuleProblem, ...]:
    """Problems of a rule's cases: facts that do not fit, another verdict or reason than expected, none that violates.

    A structural check has no expression, so its cases cannot be run here; having some is a problem, having none is not.
    """
    if rule.require is None:
        return tuple(
            rule.problem(ProblemKind.CASE, "a structural check has no expression to try a case on", "cases", position)
            for position in range(len(rule.rule.cases))
        )
    rule = replace(rule, set_aside_by=())
    problems: list[RuleProblem] = []
    violated = False
    for position, case in enumerate(rule.rule.cases):
        found = list(_run(rule, case, position))
        problems += found
        violated = violated or (case.expect is Verdict.VIOLATE and not found)
    if not violated:
        problems.append(
            rule.problem(
                ProblemKind.UNTESTED,
                f"no case makes rule {rule.id} fail, so nobody has seen it work",
                suggestion="add a case with `expect: violate`",
            )
        )
    return tuple(problems)


def _run(rule: CompiledRule, case: RuleCase, position: int) -> Iterator[RuleProblem]:
    facts, unfit = case_facts(rule.vocabulary, case.facts)
    for problem in unfit:
        where = ("cases", position, "facts", *problem.pointer)
        yield rule.problem(ProblemKind.CASE, problem.message, *where, suggestion=problem.suggestion)
    if unfit:
        return
    evaluation = evaluate(rule, facts)
    why = "; ".join(filter(None, (evaluation.error, *evaluation.explanation)))
    if evaluation.verdict is not case.expect:
        message = f"case '{case.name}' expects {case.expect} and gives {evaluation.verdict} ({why})"
        yield rule.problem(ProblemKind.CASE, message, "cases", position, "expect")
    elif case.because is not None and case.because not in why:
        message = f"case '{case.name}' is explained by '{why}', where '{case.because}' is not said"
        yield rule.problem(ProblemKind.CASE, message, "cases", position, "because")
