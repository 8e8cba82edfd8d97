"""Small documents, vocabularies and rules for the tests of the rule language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from careloop.domain.noun import Noun
from careloop.domain.rule import Rule, RuleFile, Verdict
from careloop.domain.tier import Severity, Tier
from careloop.rules.compile_rules import Compilation, compile_rule, compile_rules
from careloop.rules.compiled_rule import CompiledRule
from careloop.rules.engine import Program, compile_expression
from careloop.rules.evaluate import Evaluation, evaluate
from careloop.rules.problem import Problem
from careloop.rules.vocabulary import Vocabulary


class Monitor(Noun):
    threshold: float
    name: str = "accuracy"
    score: float | None = None
    groups: tuple[str, ...] = ()


class Card(Noun):
    licence: str | None = None
    pages: int = 1


class System(Noun):
    id: str = "credit"
    tier: Tier = Tier.LOW
    severity: Severity = Severity.MUST
    due: date | None = None
    started: datetime | None = None
    card: Card | None = None
    monitors: tuple[Monitor, ...] = ()
    tags: tuple[str, ...] = ()
    nicknames: tuple[str, ...] | None = None
    labels: dict[str, str] = {}
    budget: float = 0.0
    users: int = 0
    live: bool = False

    @property
    def shouting_id(self) -> str:
        """A property, which is not a field."""
        return self.id.upper()


VOCABULARY = Vocabulary({"system": System, "cards": tuple[Card, ...], "now": datetime})


def a_program(text: str, vocabulary: Vocabulary = VOCABULARY) -> Program:
    program = compile_expression(text, vocabulary)
    assert isinstance(program, Program), program
    return program


def problems_of(text: str, vocabulary: Vocabulary = VOCABULARY) -> tuple[Problem, ...]:
    result = compile_expression(text, vocabulary)
    assert isinstance(result, tuple), f"{text} is accepted"
    return result


def the_problem_of(text: str, vocabulary: Vocabulary = VOCABULARY) -> Problem:
    (problem,) = problems_of(text, vocabulary)
    return problem


def lints_of(text: str, vocabulary: Vocabulary = VOCABULARY) -> list[str]:
    return [f"{lint.kind} {lint.line}:{lint.column}" for lint in a_program(text, vocabulary).lints]


def a_rule(require: str | None = "true", **changes: Any) -> Rule:
    said = {
        "id": "a-rule",
        "sentence": "Something holds.",
        "subject": "system",
        "moment": "change",
        "severity": "must",
        "remedy": "Mend it.",
        "require": require,
    }
    return Rule.model_validate({**said, **changes})


def compiled(rule: Rule, vocabulary: Vocabulary = VOCABULARY) -> CompiledRule:
    result, problems = compile_rule(rule, vocabulary)
    assert result is not None, problems
    return result


def compiled_file(*rules: Rule, source: str = "rules/a.yaml") -> Compilation:
    return compile_rules(RuleFile(rules=rules), lambda rule: VOCABULARY, source=source)


def evaluated(require: str, facts: Mapping[str, Any], applies: str = "true") -> Evaluation:
    return evaluate(compiled(a_rule(require, applies=applies)), facts)


def verdict(require: str, facts: Mapping[str, Any], applies: str = "true") -> Verdict:
    return evaluated(require, facts, applies).verdict


def lines(require: str, facts: Mapping[str, Any], applies: str = "true") -> list[str]:
    return list(evaluated(require, facts, applies).explanation)
