"""Every expression of the standards data compiles against the vocabulary, and fails when there is nothing to show."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standards_files import all_claims, pack

from careloop.checks.vocabulary import SEVERAL_NOUNS, SINGLE_NOUNS, vocabulary_for
from careloop.domain.noun import days_in
from careloop.domain.rule import Rule, Subject, Verdict
from careloop.domain.standard import Claim, DocumentEvidence
from careloop.domain.tier import Moment
from careloop.rules.case_facts import case_facts
from careloop.rules.compile_rules import compile_rule, compile_rules, shipped_rules
from careloop.rules.compiled_rule import CompiledRule
from careloop.rules.engine import Program, compile_expression
from careloop.rules.evaluate import evaluate
from careloop.rules.run_cases import run_cases
from careloop.rules.vocabulary import Vocabulary

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def _vocabulary(rule: Rule) -> Vocabulary:
    return vocabulary_for(rule.subject, clock=rule.moment is not Moment.CHANGE)


def _compiled(name: str) -> CompiledRule:
    rule = next(rule for rule in pack().rules if rule.id == name)
    compiled, problems = compile_rule(rule, _vocabulary(rule))
    assert compiled is not None, problems
    return compiled


def _subject(claim: Claim) -> Subject:
    return Subject(claim.for_each) if claim.for_each else Subject.ORGANISATION


def _documents(claim: Claim) -> list[DocumentEvidence]:
    return [one for one in (claim.document, *claim.any_of) if isinstance(one, DocumentEvidence)]


def _program(text: str, subject: Subject, *needs: str) -> Program:
    program = compile_expression(text, vocabulary_for(subject, clock=True), given=frozenset(needs))
    assert isinstance(program, Program), (text, program)
    return program


def _expressions() -> list[tuple[str, Subject, str, tuple[str, ...]]]:
    found: list[tuple[str, Subject, str, tuple[str, ...]]] = []
    for claim in all_claims():
        if claim.where is not None:
            found.append((claim.id, _subject(claim), claim.where, ()))
        found += [(claim.id, _subject(claim), one.holds, one.needs) for one in _documents(claim)]
    return found


@pytest.mark.parametrize(("name", "subject", "text", "needs"), _expressions())
def test_a_claim_compiles_without_a_trap(name: str, subject: Subject, text: str, needs: tuple[str, ...]) -> None:
    assert _program(text, subject, *needs).lints == (), name


def test_a_claim_needs_only_variables_of_its_subject() -> None:
    for claim in all_claims():
        known = vocabulary_for(_subject(claim), clock=True).shapes
        for one in _documents(claim):
            assert {*one.needs, *one.fresh} <= set(known), claim.id


def test_a_claim_says_so_when_a_document_it_reads_may_not_be_there() -> None:
    for claim in all_claims():
        shapes = vocabulary_for(_subject(claim), clock=True).shapes
        for one in _documents(claim):
            nullable = {name for name, shape in shapes.items() if shape.nullable}
            read = {name for name in nullable if re.search(rf"(?<![\w.'/-]){name}\.", one.holds)}
            unguarded = {name for name in read - set(one.needs) if f"{name} != null" not in one.holds}
            assert unguarded == set(), claim.id


def test_an_empty_repository_holds_nothing_that_documents_show() -> None:
    facts: dict[str, Any] = dict.fromkeys(SINGLE_NOUNS) | {name: [] for name in SEVERAL_NOUNS} | {"now": NOW}
    held = [
        claim.id
        for claim in all_claims()
        if _subject(claim) is Subject.ORGANISATION
        for one in _documents(claim)
        if all(facts.get(name) for name in one.needs)
        and _program(one.holds, Subject.ORGANISATION).run(facts).value is True
    ]
    assert held == []


def test_the_pack_compiles_without_a_problem() -> None:
    compilation = compile_rules(pack(), _vocabulary)
    assert compilation.problems == ()
    assert len(compilation.rules) == len(pack().rules)


@pytest.mark.parametrize("rule", [rule for rule in pack().rules if rule.require is not None], ids=lambda rule: rule.id)
def test_a_rule_taken_as_it_ships_says_what_the_checked_one_says(rule: Rule) -> None:
    """R40: the gate does not type-check the pack again; both forms give the same verdicts, grounds and readings."""
    checked, taken = _compiled(rule.id), shipped_rules([rule], _vocabulary)[0]
    for case in rule.cases:
        facts, _ = case_facts(checked.vocabulary, case.facts)
        ours, theirs = evaluate(taken, facts), evaluate(checked, facts)
        assert (ours.verdict, ours.missing) == (theirs.verdict, theirs.missing)
        decided = [[line.partition(": ")[0] for line in one.explanation] for one in (ours, theirs)]
        assert decided[0] == decided[1]  # behind the colon a map's keys may come in any order
    assert (taken.reads, taken.version) == (checked.reads, checked.version)


def test_a_shipped_rule_that_cannot_be_compiled_lets_nothing_pass() -> None:
    rule = next(rule for rule in pack().rules if rule.require is not None and rule.applies == "true")
    broken = shipped_rules([rule.model_copy(update={"require": "1 +"})], _vocabulary)[0]
    with pytest.raises(RuntimeError):
        evaluate(broken, {})


@pytest.mark.parametrize("rule", [rule for rule in pack().rules if rule.require is not None], ids=lambda rule: rule.id)
def test_the_cases_of_a_rule_give_what_they_expect(rule: Rule) -> None:
    assert run_cases(_compiled(rule.id)) == ()


@pytest.mark.parametrize("days_left", [-1, 0, 1])
def test_a_review_counts_until_the_end_of_the_day_it_is_due(days_left: int) -> None:
    rule = _compiled("review-in-date")
    due = (NOW + timedelta(days=days_left)).date().isoformat()
    document = {"file": "x", "kind": "x", "owner": "x", "version": "1", "reviewed": "2026-01-01", "review_every": "P9M"}
    known = {"now": NOW + timedelta(hours=20), "document": {**document, "review_due": due}}
    facts, problems = case_facts(rule.vocabulary, known)
    assert problems == ()
    assert evaluate(rule, facts).verdict is (Verdict.ALLOW if days_left >= 0 else Verdict.VIOLATE)


@given(number=st.integers(min_value=1, max_value=9999), unit=st.sampled_from("DWMY"))
def test_logs_are_long_enough_exactly_from_six_months_on(number: int, unit: str) -> None:
    duration = f"P{number}{unit}"
    system = {"tier": "high", "lifecycle": "operation", "logs": {"retention": duration}}
    rule = _compiled("logs-kept-long-enough")
    facts, problems = case_facts(rule.vocabulary, {"in_scope": True, "system": system})
    assert problems == ()
    enough = number >= 6 if unit == "M" else days_in(duration) >= 184
    assert evaluate(rule, facts).verdict is (Verdict.ALLOW if enough else Verdict.VIOLATE)
