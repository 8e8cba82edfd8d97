"""Expressions that are correct and say something else than their author thinks are pointed out."""

from __future__ import annotations

from typing import Annotated

import pytest
from pydantic import Field, create_model
from rule_builders import Monitor, a_program, a_rule, compiled_file, lints_of

from careloop.rules.problem import ProblemKind
from careloop.rules.vocabulary import Vocabulary

TAGS = "system.tags.all(t, t != '')"
NO_TAG = "!system.tags.exists(t, t == '')"


@pytest.mark.parametrize(
    ("text", "lints"),
    [
        ("has(system.card)", []),
        ("has(system.card.licence)", []),
        ("has(system.labels.a)", []),
        ("has(system.tier)", ["has 1:12"]),
        ("system.live &&\n has(system.tags)", ["has 2:13"]),
        ("system.monitors.exists(m, has(m.threshold))", ["has 1:33"]),
        ("system.monitors.exists(m, has(m.score))", []),
    ],
)
def test_has_is_only_for_fields_that_are_optional(text: str, lints: list[str]) -> None:
    assert lints_of(text) == lints


@pytest.mark.parametrize(
    "text",
    [
        TAGS,
        NO_TAG,
        f"system.live && {TAGS}",
        f"size(system.tags) > 0 || {TAGS}",
        f"size(system.tags) == 0 && {TAGS}",
        f"size(system.labels) > 0 && {TAGS}",
        f"size(system.tags) >= 0 && {TAGS}",
        f"!(size(system.tags) > 0) && {TAGS}",
        f"system.live ? {TAGS} : true",
        "system.tags.exists(t, t == '') == false",
        "system.tags.exists(t, t == '') != true",
        "!(system.live && system.tags.exists(t, t == ''))",
        "system.monitors.exists(m, m.groups.all(g, g != ''))",
        "size(system.tags) > 0 && system.tags.filter(t, t != '').all(t, t == 'a')",
        "system.monitors.exists(system, size(system.groups) > 0) && cards.all(c, c.pages > 0)",
    ],
)
def test_a_claim_about_all_elements_of_a_list_that_may_be_empty_is_pointed_out(text: str) -> None:
    assert [lint.partition(" ")[0] for lint in lints_of(text)] == ["empty"]


@pytest.mark.parametrize(
    "text",
    [
        f"size(system.tags) > 0 && {TAGS}",
        f"{TAGS} && size(system.tags) > 0",
        f"system.tags.size() != 0 && system.live && {TAGS}",
        f"1 <= size( system . tags ) && {TAGS}",
        f"system.tags != [] && {TAGS}",
        f"!(size(system.tags) == 0) && {TAGS}",
        f"size(system.tags) == 0 || {TAGS}",
        f"system.tags == [] || {TAGS}",
        f"size(system.tags) > 0 ? {TAGS} : false",
        f"size(system.tags) > 0 && (system.live || {TAGS})",
        f"system.tags.exists(t, t == 'a') && {TAGS}",
        f"size(system.tags) > 0 && {NO_TAG}",
        "system.tags.exists(t, t == '')",
        "!!system.tags.exists(t, t == '')",
        "['a'].all(t, t != '')",
        "system.monitors.exists(m, size(m.groups) > 0 && m.groups.all(g, g != ''))",
    ],
)
def test_a_claim_that_says_what_holds_of_an_empty_list_is_fine(text: str) -> None:
    assert lints_of(text) == []


def test_a_guard_outside_a_macro_is_not_about_the_name_that_the_macro_introduces() -> None:
    inner = "system.monitors.exists(cards, cards.groups.all(g, g != ''))"
    assert lints_of(f"size(cards) > 0 && {inner}") != []


def test_a_list_that_its_schema_never_lets_be_empty_needs_no_guard() -> None:
    model = create_model("Watched", monitors=(Annotated[tuple[Monitor, ...], Field(min_length=1)], ...))
    vocabulary = Vocabulary({"it": model})
    assert a_program("it.monitors.all(m, m.threshold > 0.1)", vocabulary).lints == ()
    assert a_program("it.monitors.filter(m, m.threshold > 0.1).all(m, m.name != '')", vocabulary).lints != ()


def test_a_guard_in_applies_serves_the_requirement() -> None:
    guarded = compiled_file(a_rule(TAGS, applies="system.live && size(system.tags) > 0"))
    unguarded = compiled_file(a_rule(TAGS, applies="system.live"))
    assert guarded.problems == ()
    assert [problem.kind for problem in unguarded.problems] == [ProblemKind.EMPTY]


def test_a_lint_stands_at_the_word_and_says_the_way_out() -> None:
    (lint,) = a_program(f"system.live && {TAGS}").lints
    assert (lint.column, lint.message) == (28, "`system.tags.all(…)` is true when `system.tags` is empty")
    assert lint.suggestion == (
        "write `size(system.tags) > 0 && system.tags.all(…)`, or `size(system.tags) == 0 || …` if empty is allowed"
    )
