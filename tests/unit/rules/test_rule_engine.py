"""Expressions are type-checked when they are written, and what is wrong is said with its place."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from threading import Thread
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rule_builders import VOCABULARY, System, a_program, problems_of, the_problem_of

from careloop.domain.tier import Tier
from careloop.rules.engine import Gives, Program, bind, compile_expression, dependencies
from careloop.rules.facts import facts_for
from careloop.rules.problem import ProblemKind
from careloop.rules.vocabulary import Vocabulary


@pytest.mark.parametrize(
    ("text", "line", "column", "suggestion"),
    [
        ("system.teir >= 3", 1, 8, "did you mean `tier`?"),
        ("system.monitors.exists(m, m.treshold < 0.8)", 1, 29, "did you mean `threshold`?"),
        ("has(system.crd)", 1, 12, "did you mean `card`?"),
        ("system.card.licnce != null", 1, 13, "did you mean `licence`?"),
        ("cards.all(c, c.licnce != null)", 1, 16, "did you mean `licence`?"),
        ("system.live &&\n  system . teir == 1", 2, 12, "did you mean `tier`?"),
        ('"é𝄞" == "" || system.teir == 1', 1, 22, "did you mean `tier`?"),
        ("system.tier >= tiers.hihg", 1, 22, "did you mean `high`?"),
        ("sistem.tier >= 3", 1, 1, "did you mean `system`?"),
        ("live || sistem.card.licence == ''", 1, 1, "did you mean `system.live`?"),
        ("system.live || zzz", 1, 16, None),
        ("system.monitors.exists(m, n.threshold < 0.8)", 1, 27, None),
        ("sise(system.tags) > 1", 1, 1, "did you mean `size`?"),
        ('system.id.startWith("x")', 1, 11, "did you mean `startsWith`?"),
    ],
)
def test_an_unknown_name_is_a_problem_at_its_own_column(
    text: str, line: int, column: int, suggestion: str | None
) -> None:
    problem = problems_of(text)[0]
    assert (problem.kind, problem.line, problem.column, problem.suggestion) == (
        ProblemKind.NAME,
        line,
        column,
        suggestion,
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('system.tier > "3"', "`>` does not go with (whole number, text)"),
        ("system.budget > 1", "`>` does not go with (decimal number, whole number)"),
        ("system.nicknames != null", "`!=` does not go with (list of (text), null)"),
        ("system.due < now", "`<` does not go with (text or null, instant)"),
        ("system.tier", "the expression must give true or false, and gives whole number"),
        ("!system.users", "`!` does not go with (whole number)"),
        (
            "system.live ? 1 : ''",
            "both branches of `? :` must be of one type, and these are (true/false, whole number, text)",
        ),
    ],
)  # fmt: skip
def test_values_that_do_not_go_together_are_a_problem(text: str, message: str) -> None:
    problem = the_problem_of(text)
    assert (problem.kind, problem.message) == (ProblemKind.TYPE, message)


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("system.budget > 1", "write the number with a point, like `1.0`"),
        ("system.nicknames != null", "write `dyn(x) != null` to ask whether a list was filled in"),
        ("system.due < now", "write `timestamp(x)` around the text"),
    ],
)
def test_a_common_slip_of_type_comes_with_the_way_out(text: str, suggestion: str) -> None:
    assert the_problem_of(text).suggestion == suggestion


@pytest.mark.parametrize(
    ("text", "message", "column"),
    [
        ("", "the expression is empty", 1),
        ("  \n ", "the expression is empty", 1),
        ("system.tier >=", "the expression ends too early", 15),
        ("(system.live", "`)` is missing here", 13),
        ("system.live &&& true", "cannot be read from `&` on", 15),
        ("system.live and true", "cannot be read from `and` on", 13),
        ("while", "reserved identifier: while", 1),
    ],
)
def test_an_expression_that_cannot_be_read_is_a_problem(text: str, message: str, column: int) -> None:
    problem = problems_of(text)[0]
    assert (problem.kind, problem.message, problem.column) == (ProblemKind.SYNTAX, message, column)


def test_building_a_message_is_not_a_form_of_the_rule_language() -> None:
    assert "do not use this form" in the_problem_of('google.protobuf.StringValue{value: "x"} == "x"').message
    assert problems_of("care.System{tier: 1}.tier == 1")


def test_every_problem_of_an_expression_is_reported_in_order() -> None:
    problems = problems_of("system.teir > 1 && nobody && system.id > 3")
    assert [(problem.kind.value, problem.column) for problem in problems] == [("name", 8), ("name", 20), ("type", 40)]


def test_a_fault_is_reported_once_and_not_again_by_what_it_spoils() -> None:
    assert the_problem_of("system.nothing.deeper.still == 1").column == 8


@given(st.text(max_size=30) | st.text(alphabet="system.tags&|!()<>=?:[]{}'\"1 ", max_size=30))
def test_any_text_at_all_is_either_a_program_or_problems_inside_the_text(text: str) -> None:
    result = compile_expression(text, VOCABULARY)
    if isinstance(result, tuple):
        assert result
        assert all(1 <= problem.line <= text.count("\n") + 1 and problem.column >= 1 for problem in result)
    else:
        assert result.text == text


@pytest.mark.parametrize(
    "text", ["!" * 400 + "true", "(" * 200 + "true" + ")" * 200, "-" * 301 + "1 == 1", "[" * 99 + "]" * 99]
)
def test_an_expression_that_is_nested_without_end_is_a_problem_and_no_crash(text: str) -> None:
    assert problems_of(text)[0].kind in (ProblemKind.SYNTAX, ProblemKind.TYPE)


def test_a_long_chain_of_conditions_is_fine() -> None:
    assert a_program(" && ".join(["system.live"] * 400)).run({"system": {"live": True}}).value is True


def test_now_is_refused_where_the_vocabulary_has_no_clock() -> None:
    timeless = Vocabulary({"system": System})
    assert the_problem_of("timestamp(system.due) < now", timeless).message == "there is no variable `now` here"


def test_an_expression_of_another_type_can_be_asked_for() -> None:
    program = compile_expression("size(system.tags)", VOCABULARY, gives=Gives.WHOLE)
    assert isinstance(program, Program)
    assert program.run({"system": {"tags": ["a"]}}).value == 1
    refused = compile_expression("system.tier", VOCABULARY, gives=Gives.TEXT)
    assert isinstance(refused, tuple)
    assert refused[0].message == "the expression must give text, and gives whole number"


@pytest.mark.parametrize("tier", Tier)
def test_tiers_are_words_in_rules(tier: Tier) -> None:
    facts = facts_for(VOCABULARY, {"system": System(tier=tier)})
    assert a_program(f"system.tier == tiers.{tier.value}").run(facts).value is True
    assert a_program("system.tier >= tiers.high").run(facts).value is (tier in (Tier.HIGH, Tier.VERY_HIGH))


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("system.tier >= tiers.high", ("system.tier",)),
        ('system.card.licence != "" && system.live', ("system.card.licence", "system.live")),
        ("cards.exists(c, c.licence != null)", ("cards", "cards.licence")),
        ("size(cards) > 0 && cards[0].pages > 1", ("cards", "cards.pages")),
        ('system.labels["a"] == system.labels.b', ("system.labels",)),
        ("cards[system.users].pages > 1", ("cards.pages", "system.users")),
        ("timestamp(system.due) < now", ("now", "system.due")),
        ("has(system.card)", ("system.card",)),
        ("system.monitors.filter(m, m.threshold > 0.1)[0].score > 0.1",
         ("system.monitors", "system.monitors.score", "system.monitors.threshold")),
        ("system.monitors.all(m, m.groups.exists(g, g == m.name))",
         ("system.monitors", "system.monitors.groups", "system.monitors.name")),
        ("system.tags.exists(system, system == 'a')", ("system.tags",)),
        ("true", ()),
    ],
)  # fmt: skip
def test_a_program_knows_the_fields_that_it_reads(text: str, paths: tuple[str, ...]) -> None:
    assert dependencies(a_program(text)) == paths


def test_a_missing_key_is_missing_and_another_error_is_not() -> None:
    facts: dict[str, Any] = {"system": {"card": None, "users": 0}}
    assert a_program("system.live").run(facts).missing
    assert a_program("cards.size() > 0").run(facts).missing
    for text in ('system.card.licence == ""', "1 / system.users > 0", "[1][system.users + 4] == 1"):
        outcome = a_program(text).run(facts)
        assert (outcome.missing, outcome.error is not None) == (False, True)


def test_facts_bound_once_serve_every_program_of_the_vocabulary() -> None:
    bound = bind(VOCABULARY, {"system": {"users": 3, "live": True}})
    assert a_program("system.users == 3").run(bound).value is True
    assert a_program("system.live").run(bound).value is True
    other = Vocabulary({"system": System})
    assert a_program("system.live", other).run(bound).value is True


def test_one_text_is_compiled_once() -> None:
    assert a_program("system.users == 77") is a_program("system.users == 77")


def test_threads_share_programs_without_mixing_up_facts() -> None:
    program, wrong = a_program("system.users == int(system.id)"), []

    def check(start: int) -> None:
        for number in range(start, start + 300):
            if program.run({"system": {"users": number, "id": str(number)}}).value is not True:
                wrong.append(number)

    threads = [Thread(target=check, args=(start,)) for start in (0, 1000, 2000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_rule_that_reads_the_clock_is_given_the_instant() -> None:
    facts = facts_for(VOCABULARY, {"now": datetime(2026, 5, 4, tzinfo=UTC)})
    assert a_program("now.getFullYear() == 2026 && now < timestamp('2026-05-04T00:00:01Z')").run(facts).value is True


def test_only_compiling_loads_the_engine() -> None:
    modules = "case_facts compile_rules compiled_rule diagnosis evaluate explain facts lints overlay reads run_cases"
    imports = "; ".join(f"import careloop.rules.{name}" for name in modules.split())
    check = "; import sys; print([m for m in sys.modules if m.startswith(('cel_expr', 'google.protobuf'))])"
    answer = subprocess.run([sys.executable, "-c", imports + check], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
