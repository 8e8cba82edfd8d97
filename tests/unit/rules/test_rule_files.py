"""A file of rules is compiled with every problem at its place, and its cases are run."""

from __future__ import annotations

from typing import Any

import pytest
from rule_builders import VOCABULARY, System, a_rule, compiled, compiled_file

from careloop.domain.rule import RuleFile, Subject
from careloop.rules.compile_rules import compile_rules
from careloop.rules.problem import ProblemKind
from careloop.rules.run_cases import run_cases
from careloop.rules.vocabulary import Vocabulary


def a_case(expect: str, because: str | None = None, **system: Any) -> dict[str, Any]:
    return {"name": f"a case of {expect}", "facts": {"system": system}, "expect": expect, "because": because}


def test_a_good_file_gives_its_rules_in_order() -> None:
    compilation = compiled_file(a_rule("system.live", id="one"), a_rule(None, id="two", check="no-orphans"))
    assert compilation.problems == ()
    assert [(rule.id, rule.pointer, rule.source) for rule in compilation.rules] == [
        ("one", ("rules", 0), "rules/a.yaml"),
        ("two", ("rules", 1), "rules/a.yaml"),
    ]


def test_a_problem_stands_at_its_rule_its_key_and_its_column() -> None:
    good, bad = a_rule(id="good"), a_rule("system.live &&\n system.teir > 1", id="bad", applies="system.liv")
    compilation = compiled_file(good, bad)
    assert [rule.id for rule in compilation.rules] == ["good"]
    assert [
        (problem.rule, problem.pointer, problem.line, problem.column, problem.suggestion)
        for problem in compilation.problems
    ] == [
        ("bad", ("rules", 1, "applies"), 1, 8, "did you mean `live`?"),
        ("bad", ("rules", 1, "require"), 2, 9, "did you mean `tier`?"),
    ]


def test_a_rule_with_only_a_doubt_stays_in_force() -> None:
    compilation = compiled_file(a_rule("has(system.tier)"))
    assert [rule.id for rule in compilation.rules] == ["a-rule"]
    assert [(problem.kind, problem.is_lint) for problem in compilation.problems] == [(ProblemKind.HAS, True)]


def test_a_second_rule_of_the_same_id_is_a_problem() -> None:
    compilation = compiled_file(a_rule("true"), a_rule("false"))
    assert len(compilation.rules) == 1
    assert [(problem.kind, problem.pointer) for problem in compilation.problems] == [
        (ProblemKind.DUPLICATE, ("rules", 1, "id"))
    ]


def test_the_vocabulary_may_depend_on_the_rule() -> None:
    organisation = Vocabulary({"organisation": System})
    file = RuleFile(rules=(a_rule("organisation.live", subject="organisation"), a_rule("system.live", id="other")))
    compilation = compile_rules(file, lambda rule: organisation if rule.subject is Subject.ORGANISATION else VOCABULARY)
    assert compilation.problems == ()


CASES = [
    a_case("allow", "tier was 2 (high)", tier="high", live=True),
    a_case("violate", "live was false", tier="high", live=False),
    a_case("not_applicable", "tier was 0 (low)", tier="low"),
    a_case("unknown", "system.live was not supplied", tier="high"),
    a_case("unknown", "system.tier was not supplied", live=True),
]


def test_cases_that_give_what_they_expect_are_silent() -> None:
    rule = compiled(
        a_rule("system.live && system.tier > tiers.low", applies="system.tier >= tiers.medium", cases=CASES)
    )
    assert run_cases(rule) == ()


def test_a_case_that_gives_another_verdict_is_a_problem_with_the_reason() -> None:
    rule = compiled(a_rule("system.live", cases=[a_case("violate", live=False), a_case("allow", live=False)]))
    (problem,) = run_cases(rule)
    assert (problem.kind, problem.pointer) == (ProblemKind.CASE, ("cases", 1, "expect"))
    assert problem.message == "case 'a case of allow' expects allow and gives violate (system.live: live was false)"


def test_a_case_whose_reason_is_another_is_a_problem() -> None:
    rule = compiled(a_rule("system.live", cases=[a_case("violate", "no monitor", live=False)]))
    assert [(problem.kind, problem.pointer) for problem in run_cases(rule)] == [
        (ProblemKind.CASE, ("cases", 0, "because")),
        (ProblemKind.UNTESTED, ()),
    ]


def test_a_case_with_a_misspelt_fact_is_a_problem_at_the_fact() -> None:
    rule = compiled_file(
        a_rule("system.live", cases=[a_case("violate", live=False), a_case("unknown", liv=False)])
    ).rules[0]
    (problem,) = run_cases(rule)
    assert problem.pointer == ("rules", 0, "cases", 1, "facts", "system", "liv")
    assert (problem.suggestion, problem.source) == ("did you mean `live`?", "rules/a.yaml")


@pytest.mark.parametrize("cases", [[], [a_case("allow", live=True)], [a_case("violate", live=True)]])
def test_a_rule_that_no_case_makes_fail_is_reported_as_untested(cases: list[dict[str, Any]]) -> None:
    problems = run_cases(compiled(a_rule("system.live", cases=cases)))
    assert problems[-1].kind is ProblemKind.UNTESTED
    assert problems[-1].is_lint


def test_a_structural_check_needs_no_case_and_can_have_none() -> None:
    assert run_cases(compiled(a_rule(None, check="no-orphans"))) == ()
    (problem,) = run_cases(compiled(a_rule(None, check="no-orphans", cases=[a_case("violate")])))
    assert problem.kind is ProblemKind.CASE


def test_a_case_may_give_the_day_it_is_judged_on() -> None:
    case = {"name": "late", "facts": {"system": {"due": "2026-01-01"}, "now": "2026-01-02"}, "expect": "violate"}
    assert run_cases(compiled(a_rule("timestamp(system.due) >= now", cases=[case]))) == ()
