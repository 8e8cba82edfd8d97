"""Local rules add and tighten; they loosen only where a law forbids the global rule."""

from __future__ import annotations

from typing import Any

import pytest
from rule_builders import a_rule, compiled

from careloop.domain.rule import Verdict
from careloop.rules.compile_rules import Compilation
from careloop.rules.evaluate import evaluate
from careloop.rules.overlay import overlay
from careloop.rules.problem import ProblemKind

WARN = {"enforce": "warn"}
CONFLICT = {"law": "dsgvo", "article": "Art. 9"}


def laid_over(pack: dict[str, Any], local: dict[str, Any]) -> Compilation:
    globally = a_rule(**{"id": "global", "require": "system.users > 1", **pack})
    locally = a_rule(**{"id": "local", "require": "system.users > 9", "tightens": "global", **local})
    return overlay([compiled(globally)], [compiled(locally)])


def kinds(compilation: Compilation) -> list[tuple[str, tuple[str | int, ...]]]:
    return [(problem.kind.value, problem.pointer) for problem in compilation.problems]


def test_a_rule_of_its_own_is_added() -> None:
    compilation = laid_over({}, {"tightens": None})
    assert [rule.id for rule in compilation.rules] == ["global", "local"]
    assert compilation.problems == ()


@pytest.mark.parametrize(("users", "verdicts"), [(0, (False, False)), (5, (True, False)), (10, (True, True))])
def test_both_the_rule_and_the_stricter_one_must_hold(users: int, verdicts: tuple[bool, bool]) -> None:
    compilation = laid_over({}, {})
    assert compilation.problems == ()
    facts = {"system": {"users": users}}
    assert tuple(evaluate(rule, facts).verdict is Verdict.ALLOW for rule in compilation.rules) == verdicts


@pytest.mark.parametrize(
    ("pack", "local"),
    [
        ({"severity": "should"}, {"severity": "must"}),
        ({"enforce": "warn"}, {"enforce": "block"}),
        ({"moment": "release"}, {"moment": "always"}),
        ({"enforce": "warn", "block_from": "2026-06-01"}, {"enforce": "warn", "block_from": "2026-05-01"}),
        ({"enforce": "warn", "block_from": "2026-06-01"}, {"enforce": "block"}),
        ({"severity": "should"}, {"severity": "should"}),
    ],
)
def test_asking_for_more_or_the_same_is_fine(pack: dict[str, Any], local: dict[str, Any]) -> None:
    assert laid_over(pack, local).problems == ()


@pytest.mark.parametrize(
    ("pack", "local", "keys"),
    [
        ({}, {"severity": "should"}, ["severity", "enforce"]),
        ({}, {"enforce": "warn"}, ["enforce"]),
        ({"moment": "release"}, {"moment": "change"}, ["moment"]),
        ({"moment": "always"}, {"moment": "release"}, ["moment"]),
        ({**WARN, "block_from": "2026-06-01"}, WARN, ["block_from"]),
        ({**WARN, "block_from": "2026-06-01"}, {**WARN, "block_from": "2026-07-01"}, ["block_from"]),
        ({}, {"subject": "supplier"}, ["subject"]),
    ],
)  # fmt: skip
def test_asking_for_less_is_a_loosening(pack: dict[str, Any], local: dict[str, Any], keys: list[str]) -> None:
    assert kinds(laid_over(pack, local)) == [("loosens", (key,)) for key in keys]


def test_a_recorded_conflict_with_a_law_is_not_a_loosening_and_sets_the_rule_aside_where_it_applies() -> None:
    compilation = laid_over({}, {"severity": "should", "conflict": CONFLICT, "applies": "system.live"})
    assert compilation.problems == ()
    globally, locally = compilation.rules
    there, elsewhere = {"system": {"users": 0, "live": True}}, {"system": {"users": 0, "live": False}}
    assert evaluate(globally, there).verdict is Verdict.NOT_APPLICABLE
    assert evaluate(globally, there).explanation[0] == "set aside by local: dsgvo, Art. 9"
    assert evaluate(locally, there).verdict is Verdict.VIOLATE
    assert evaluate(globally, elsewhere).verdict is Verdict.VIOLATE


def test_a_conflict_about_another_subject_sets_nothing_aside() -> None:
    compilation = laid_over({}, {"subject": "supplier", "conflict": CONFLICT})
    assert kinds(compilation) == [("loosens", ("subject",))]
    assert compilation.rules[0].set_aside_by == ()


def test_a_conflict_must_name_a_rule() -> None:
    assert kinds(laid_over({}, {"tightens": None, "conflict": CONFLICT})) == [("loosens", ("conflict",))]


def test_a_rule_that_tightens_nothing_known_is_a_problem() -> None:
    compilation = laid_over({}, {"tightens": "globl"})
    assert kinds(compilation) == [("name", ("tightens",))]
    assert compilation.problems[0].suggestion == "did you mean `global`?"


def test_a_local_rule_cannot_tighten_another_local_rule() -> None:
    first = compiled(a_rule(id="first"))
    second = compiled(a_rule(id="second", tightens="first"))
    assert kinds(overlay([], [first, second])) == [("name", ("tightens",))]


def test_a_local_rule_cannot_take_the_id_of_a_pack_rule() -> None:
    compilation = laid_over({}, {"id": "global", "tightens": None, "require": "true"})
    (problem,) = compilation.problems
    assert (problem.kind, problem.suggestion) == (
        ProblemKind.DUPLICATE,
        "give it its own id and say `tightens: global`",
    )
    assert [rule.rule.require for rule in compilation.rules] == ["system.users > 1"]
