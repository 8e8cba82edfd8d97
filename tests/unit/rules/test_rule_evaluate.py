"""A rule gives allow, violate, unknown, errored or not applicable, and says why."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rule_builders import VOCABULARY, a_program, a_rule, compiled, evaluated, lines, verdict

from careloop.domain.rule import Conflict, Verdict
from careloop.rules.engine import bind
from careloop.rules.evaluate import evaluate, is_triggered

ALLOW, VIOLATE, UNKNOWN = Verdict.ALLOW, Verdict.VIOLATE, Verdict.UNKNOWN
ERRORED, NOT_APPLICABLE = Verdict.ERRORED, Verdict.NOT_APPLICABLE

YES: dict[str, Any] = {"system": {"live": True, "card": None, "users": 0}}
T, F = "system.live", "!system.live"
MISSING, BROKEN = 'system.id == ""', "1 / system.users > 0"


@pytest.mark.parametrize(
    ("require", "expected"),
    [
        (T, ALLOW),
        (F, VIOLATE),
        (MISSING, UNKNOWN),
        (BROKEN, ERRORED),
        ('system.card.licence == ""', ERRORED),
        (f"!({MISSING})", UNKNOWN),
        (f"!({BROKEN})", ERRORED),
        (f"{T} && {MISSING}", UNKNOWN),
        (f"{MISSING} && {T}", UNKNOWN),
        (f"{F} && {MISSING}", VIOLATE),
        (f"{MISSING} && {F}", VIOLATE),
        (f"{T} || {MISSING}", ALLOW),
        (f"{MISSING} || {T}", ALLOW),
        (f"{F} || {MISSING}", UNKNOWN),
        (f"{F} && {BROKEN}", VIOLATE),
        (f"{T} || {BROKEN}", ALLOW),
        (f"{MISSING} ? true : true", UNKNOWN),
        ("[1, 2].exists(i, system.id == '' || i == 2)", ALLOW),
        ("[1, 2].all(i, system.id == '' && i == 2)", VIOLATE),
        ("[1, 2].exists(i, system.id == '')", UNKNOWN),
    ],
)
def test_only_a_missing_fact_is_unknown_and_logic_absorbs_it_where_it_does_not_matter(
    require: str, expected: Verdict
) -> None:
    assert verdict(require, YES) is expected


@pytest.mark.parametrize(
    ("applies", "expected"),
    [(T, VIOLATE), (F, NOT_APPLICABLE), (MISSING, UNKNOWN), (BROKEN, ERRORED), (f"{MISSING} || {T}", VIOLATE)],
)
def test_a_rule_that_cannot_be_known_to_apply_is_unknown_and_never_not_applicable(
    applies: str, expected: Verdict
) -> None:
    assert verdict("false", YES, applies) is expected


def test_a_rule_that_cannot_be_known_to_apply_is_unknown_even_when_its_requirement_holds() -> None:
    assert verdict("true", YES, MISSING) is UNKNOWN


@pytest.mark.parametrize(
    ("applies", "expected"), [("true", True), (T, True), (F, False), (MISSING, True), (BROKEN, True)]
)
def test_for_a_trigger_unknown_counts_as_triggered(applies: str, expected: bool) -> None:
    assert is_triggered(compiled(a_rule(applies=applies)), YES) is expected


def test_no_facts_at_all_are_never_a_pass() -> None:
    assert verdict(T, {}) is UNKNOWN
    assert verdict("true", {}, applies=T) is UNKNOWN


def test_null_where_true_or_false_is_wanted_is_the_rules_fault() -> None:
    vocabulary = VOCABULARY
    rule = compiled(a_rule("dyn(system.card)"), vocabulary)
    assert evaluate(rule, YES).verdict is ERRORED
    assert evaluate(rule, YES).error == "the expression gave neither true nor false"


def test_a_structural_check_is_not_evaluated_on_facts() -> None:
    rule = compiled(a_rule(None, check="no-orphans", applies=T))
    with pytest.raises(ValueError, match="structural check"):
        evaluate(rule, YES)
    assert is_triggered(rule, YES)


def test_facts_that_are_bound_once_give_the_same_verdicts() -> None:
    bound = bind(VOCABULARY, YES)
    for require in (T, F, MISSING, BROKEN):
        assert evaluate(compiled(a_rule(require)), bound).verdict is verdict(require, YES)


def test_a_rule_is_set_aside_only_where_the_local_rule_is_known_to_apply() -> None:
    conflict = Conflict(law="dsgvo", article="Art. 9")

    def under(applies: str) -> tuple[Verdict, tuple[str, ...]]:
        local = compiled(a_rule(id="local", tightens="a-rule", conflict=conflict, applies=applies))
        evaluation = evaluate(replace(compiled(a_rule("false")), set_aside_by=(local,)), YES)
        return evaluation.verdict, evaluation.explanation

    assert under("true") == (NOT_APPLICABLE, ("set aside by local: dsgvo, Art. 9",))
    assert under(T) == (NOT_APPLICABLE, ("set aside by local: dsgvo, Art. 9", "system.live: live was true"))
    assert under(F)[0] is VIOLATE
    assert under(MISSING)[0] is VIOLATE


def test_a_rule_version_is_what_the_rule_says_and_not_its_cases() -> None:
    rule = a_rule("system.live")
    with_case = a_rule("system.live", cases=[{"name": "x", "facts": {}, "expect": "unknown"}])
    assert compiled(rule).version == compiled(with_case).version
    assert compiled(rule).version != compiled(a_rule("!system.live")).version
    assert len(compiled(rule).version) == 16


def test_a_rule_knows_the_fields_that_both_its_expressions_read() -> None:
    rule = compiled(a_rule("system.live && now > timestamp(system.due)", applies="system.tier > tiers.low"))
    assert rule.reads == ("now", "system.due", "system.live", "system.tier")


FACTS: dict[str, Any] = {
    "system": {
        "id": "credit",
        "tier": 1,
        "live": True,
        "due": "2026-01-01T00:00:00Z",
        "card": {"licence": None, "pages": 2},
        "tags": ["a", "b"],
        "labels": {"x": "1"},
        "users": 0,
        "monitors": [
            {"threshold": 0.9, "name": "auc", "groups": ["m"]},
            {"threshold": 0.1, "name": "psi", "groups": []},
            {"threshold": 0.95, "name": "tpr", "score": 0.5, "groups": []},
        ],
    },
    "cards": [],
}


@pytest.mark.parametrize(
    ("require", "told"),
    [
        ("system.tier >= tiers.high", ["system.tier >= tiers.high: tier was 1 (medium)"]),
        ("system.tier in [tiers.high]", ["system.tier in [tiers.high]: tier was 1 (medium)"]),
        ("!system.live", ["!system.live: live was true"]),
        (
            "system.live && system.tier > tiers.medium && system.id == 'x'",
            ["system.tier > tiers.medium: tier was 1 (medium)", "system.id == 'x': id was \"credit\""],
        ),
        ("system.id == 'x' || !system.live", ["system.id == 'x': id was \"credit\"", "!system.live: live was true"]),
        ("!(system.live || system.id == 'x')", ["system.live: live was true"]),
        ("system.live ? system.users > 1 : true", ["system.live: live was true", "system.users > 1: users was 0"]),
        ("size(system.tags) > 2", ["size(system.tags) > 2: size(system.tags) was 2"]),
        ("system.tags == ['a']", ['system.tags == [\'a\']: tags was ["a", "b"]']),
        ("has(system.nicknames)", ["has(system.nicknames): nicknames was not supplied"]),
        ("!has(system.card)", ["!has(system.card): card was supplied"]),
        ("system.card.licence != null", ["system.card.licence != null: licence was null"]),
        ("system.card.pages == system.users", ["system.card.pages == system.users: pages was 2, users was 0"]),
        (
            "system.id == system.monitors[0].name + system.labels.x",
            ['system.id == system.monitors[0].name + system.labels.x: id was "credit", name was "auc", x was "1"'],
        ),
        (
            "system.monitors[0].name == system.monitors[1].name",
            ['system.monitors[0].name == system.monitors[1].name: '
             'system.monitors[0].name was "auc", system.monitors[1].name was "psi"'],
        ),
        (
            "timestamp(system.due) > timestamp('2026-06-01T00:00:00Z')",
            ["timestamp(system.due) > timestamp('2026-06-01T00:00:00Z'): due was 2026-01-01"],
        ),
        (
            "system.monitors.all(m, m.threshold < 0.8)",
            [
                "m.threshold < 0.8: threshold was 0.9 (in system.monitors[0])",
                "m.threshold < 0.8: threshold was 0.95 (in system.monitors[2])",
            ],
        ),
        (
            "system.monitors.exists(m, m.threshold > 1.0 && m.name != '')",
            [
                "m.threshold > 1.0: threshold was 0.9 (in system.monitors[0])",
                "m.threshold > 1.0: threshold was 0.1 (in system.monitors[1])",
                "m.threshold > 1.0: threshold was 0.95 (in system.monitors[2])",
            ],
        ),
        (
            "!system.monitors.exists(m, m.threshold < 0.8)",
            ["m.threshold < 0.8: threshold was 0.1 (in system.monitors[1])"],
        ),
        (
            "system.monitors.exists_one(m, m.threshold > 0.8)",
            [
                "m.threshold > 0.8: threshold was 0.9 (in system.monitors[0])",
                "m.threshold > 0.8: threshold was 0.95 (in system.monitors[2])",
            ],
        ),
        ("cards.exists(c, c.pages > 0)", ["cards.exists(c, c.pages > 0): cards was empty"]),
        (
            "!system.tags.all(t, t != '')",
            ["system.tags.all(t, t != ''): held for all 2 of system.tags"],
        ),
        (
            "system.labels.all(k, system.labels[k] == '2')",
            ['system.labels[k] == \'2\': system.labels[k] was "1" (in system.labels["x"])'],
        ),
        (
            "system.monitors.filter(m, m.threshold > 0.5).size() > 2",
            [
                "system.monitors.filter(m, m.threshold > 0.5).size() > 2: "
                "system.monitors.filter(m, m.threshold > 0.5).size() was 2"
            ],
        ),
        ("false", ["false: is false"]),
        ("system.live && // a remark\n system.users\n > 1", ["system.users > 1: users was 0"]),
        (
            "system.tags.all(t, // each\n t == 'a')",
            ["t == 'a': t was \"b\" (in system.tags[1])"],
        ),
    ],
)  # fmt: skip
def test_a_violation_says_which_part_decided_and_what_it_saw(require: str, told: list[str]) -> None:
    assert verdict(require, FACTS) is VIOLATE
    assert lines(require, FACTS) == told


def test_an_element_of_an_inner_list_is_named_with_its_outer_element() -> None:
    told = lines("system.monitors.all(m, system.tags.exists(t, t == m.name))", FACTS)
    assert told[0] == 't == m.name: t was "a", name was "auc" (in system.monitors[0], system.tags[0])'
    told = lines("system.monitors.exists(m, m.groups.exists(g, g == 'x'))", {"system": FACTS["system"]})
    assert told[0] == "g == 'x': g was \"m\" (in system.monitors[0].groups[0])"


def test_only_the_first_elements_are_told_and_the_rest_is_counted() -> None:
    facts = {"system": {"tags": ["x"] * 10}}
    told = lines("system.tags.all(t, t == '')", facts)
    assert len(told) == 4
    assert told[-1] == "t == '': and so for 7 more of system.tags"


@pytest.mark.parametrize(
    ("require", "missing", "told"),
    [
        ("system.budget > 0.5", ("system.budget",), ["system.budget > 0.5: system.budget was not supplied"]),
        ("system.live && now == now", ("now",), ["now == now: now was not supplied"]),
        ("system.labels.y == ''", ("system.labels.y",), ["system.labels.y == '': system.labels.y was not supplied"]),
        ("now > timestamp(system.due)", ("now",), ["now > timestamp(system.due): now was not supplied"]),
        (
            "system.severity == system.nicknames[0]",
            ("system.severity", "system.nicknames"),
            ["system.severity == system.nicknames[0]: system.severity, system.nicknames were not supplied"],
        ),
        (
            "system.monitors.all(m, m.score > 0.1)",
            ("system.monitors[0].score", "system.monitors[1].score"),
            [
                "m.score > 0.1: system.monitors[0].score was not supplied",
                "m.score > 0.1: system.monitors[1].score was not supplied",
            ],
        ),
        (
            "size(system.monitors.filter(m, m.score > 0.1)) > 0",
            ("system.monitors[0].score", "system.monitors[1].score"),
            ["size(system.monitors.filter(m, m.score > 0.1)) > 0: "
             "system.monitors[0].score, system.monitors[1].score were not supplied"],
        ),
        (
            "has(system.nicknames) == (system.budget > 0.5)",
            ("system.budget",),
            ["has(system.nicknames) == (system.budget > 0.5): system.budget was not supplied"],
        ),
        (
            "system.nicknames.exists(n, n == 'x')",
            ("system.nicknames",),
            ["system.nicknames: system.nicknames was not supplied"],
        ),
    ],
)  # fmt: skip
def test_an_unknown_names_the_facts_that_are_missing(require: str, missing: tuple[str, ...], told: list[str]) -> None:
    evaluation = evaluated(require, FACTS)
    assert evaluation.verdict is UNKNOWN
    assert evaluation.missing == missing
    assert list(evaluation.explanation) == told


def test_an_error_is_told_with_the_values_that_led_to_it() -> None:
    evaluation = evaluated("system.live && 1 / system.users > 0", FACTS)
    assert evaluation.verdict is ERRORED
    assert evaluation.error == "INVALID_ARGUMENT: divide by zero"
    assert evaluation.explanation == ("1 / system.users > 0: divide by zero (users was 0)",)
    assert evaluation.missing == ()


def test_a_rule_that_does_not_apply_says_why_not() -> None:
    assert lines("false", FACTS, "system.tier >= tiers.high") == [
        "applies: system.tier >= tiers.high: tier was 1 (medium)"
    ]


def test_a_pass_can_be_explained_too() -> None:
    assert lines("system.live && (system.tier > tiers.low || system.users > 3)", FACTS) == [
        "system.live: live was true",
        "system.tier > tiers.low: tier was 1 (medium)",
    ]


def test_a_long_value_is_shortened() -> None:
    (line,) = lines("system.id == ''", {"system": {"id": "x" * 500}})
    assert line.endswith("…")
    assert len(line) < 120


ATOMS = [T, F, MISSING, BROKEN, "system.users == 0", "cards.exists(c, c.pages > 0)", "has(system.card)", "true"]
EXPRESSIONS = st.recursive(
    st.sampled_from(ATOMS),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["&&", "||"]), inner).map(lambda t: f"({t[0]}) {t[1]} ({t[2]})"),
        inner.map(lambda text: f"!({text})"),
        st.tuples(inner, inner, inner).map(lambda t: f"({t[0]}) ? ({t[1]}) : ({t[2]})"),
        inner.map(lambda text: f"[1, 2].all(i, i < 3 && ({text}))"),
        inner.map(lambda text: f"[1, 2].exists(i, i > 1 && ({text}))"),
    ),
    max_leaves=8,
)


@given(EXPRESSIONS)
def test_every_verdict_has_an_explanation(require: str) -> None:
    evaluation = evaluated(require, YES)
    assert evaluation.explanation
    assert bool(evaluation.missing) >= (evaluation.verdict is UNKNOWN)


@given(EXPRESSIONS)
def test_negation_turns_allow_into_violate_and_leaves_the_rest(require: str) -> None:
    opposite = {ALLOW: VIOLATE, VIOLATE: ALLOW}
    found = verdict(require, YES)
    assert verdict(f"!({require})", YES) is opposite.get(found, found)


@given(EXPRESSIONS, EXPRESSIONS)
def test_a_pass_does_not_depend_on_the_order_of_conditions(one: str, other: str) -> None:
    first, second = verdict(f"({one}) && ({other})", YES), verdict(f"({other}) && ({one})", YES)
    assert (first is ALLOW, first is VIOLATE) == (second is ALLOW, second is VIOLATE)


@given(EXPRESSIONS, st.sampled_from(["live", "users", "card"]))
def test_taking_a_fact_away_never_turns_a_verdict_into_its_opposite(require: str, fact: str) -> None:
    if "has(" in require:
        return
    fewer = {"system": {name: value for name, value in YES["system"].items() if name != fact}}
    assert {verdict(require, YES), verdict(require, fewer)} != {ALLOW, VIOLATE}


def test_a_part_is_run_with_the_values_of_enclosing_macros() -> None:
    program = a_program("system.live")
    assert program.run_part("t + u == 'ab'", bind(VOCABULARY, {}), {"t": "a", "u": "b"}).value is True
