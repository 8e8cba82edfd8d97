"""Scores worked out by hand: sums with relief, parts, rules that reach a level, and assurance."""

from fractions import Fraction
from typing import Any

import pytest
from assessment_builders import LEVELS, a_form, a_question, floats, given_answers, score

from careloop.domain.answer_set import Answer

SCALE = [{"id": str(n), "text": str(n), "weight": n} for n in range(11)]
RELIEF = [{"reached_at": 0.5, "leaves": 0.9}, {"reached_at": 0.8, "leaves": 0.85}]


def risk(name: str, **said: Any) -> dict[str, Any]:
    return a_question(name, options=SCALE, **said)


def measure(name: str, **said: Any) -> dict[str, Any]:
    return a_question(name, options=SCALE, side="mitigation", **said)


@pytest.mark.parametrize(
    ("raw", "mitigation", "current"),
    [("10", "4", "10"), ("10", "5", "9"), ("10", "7", "9"), ("10", "8", "8.5"), ("3", "10", "2.55"), ("0", "10", "0")],
)
def test_mitigation_takes_a_share_away_once_there_is_enough(raw: str, mitigation: str, current: str) -> None:
    form = a_form(risk("r"), measure("m"), scoring={"method": "sum", "relief": RELIEF})
    found = score(form, given_answers(r=raw, m=mitigation))
    assert floats(found.raw, found.mitigation, found.current) == floats(int(raw), int(mitigation), Fraction(current))
    assert floats(found.max_raw, found.max_mitigation) == [10, 10]


@pytest.mark.parametrize(("raw", "current"), [("10", 9), ("3", 3), ("1", 1), ("7", 6)])
def test_half_a_point_is_rounded_up(raw: str, current: int) -> None:
    scoring = {"method": "sum", "relief": RELIEF[1:], "rounding": "half_up"}
    assert score(a_form(risk("r"), measure("m"), scoring=scoring), given_answers(r=raw, m="8")).current == current


def test_a_measure_that_is_not_asked_for_is_not_missed_where_the_questionnaire_says_so() -> None:
    questions = (risk("r"), measure("m"), measure("n", visible_if='{r} = "10"', required=False))
    for relief_of, current in (("all", 4), ("asked", Fraction("3.4"))):
        scoring = {"method": "sum", "relief": RELIEF, "relief_of": relief_of}
        assert score(a_form(*questions, scoring=scoring), given_answers(r="4", m="9")).current == current


def test_a_threshold_belongs_to_the_level_below() -> None:
    form = a_form(risk("r"))
    assert [score(form, given_answers(r=points)).level for points in ("0", "5", "6")] == [1, 1, 2]
    assert score(form, given_answers(r="6")).because == ("the current score: 6 of 10, 60%, is above 50%",)
    assert score(form, given_answers(r="5")).because == ("no threshold is passed and no rule holds",)


def test_harm_to_one_part_is_not_averaged_away_by_the_others() -> None:
    parts = [{"id": name, "title": name.title()} for name in ("organisation", "individuals", "society")]
    form = a_form(*(risk(f"on_{one['id']}", part=one["id"]) for one in parts), parts=parts)
    found = score(form, given_answers(on_organisation="0", on_individuals="8", on_society="0"))
    assert found.current * 2 < found.max_raw
    assert (found.level, [part.level for part in found.parts]) == (2, [1, 2, 1])
    assert found.because == ("Individuals: 8 of 10, 80%, is above 50%",)


def test_mitigation_of_one_part_relieves_no_other() -> None:
    parts = [{"id": "a", "title": "A"}, {"id": "b", "title": "B"}]
    form = a_form(
        risk("ra", part="a"), risk("rb", part="b"), measure("ma", part="a"),
        parts=parts, scoring={"method": "sum", "relief": RELIEF},
    )  # fmt: skip
    found = score(form, given_answers(ra="10", rb="10", ma="10"))
    assert [part.current for part in found.parts] == [Fraction("8.5"), 10]


def test_a_rule_reaches_its_level_whatever_the_sum_and_the_measures_are() -> None:
    rule = {"when": '{r} = "1"', "because": "it is the one that counts"}
    form = a_form(risk("r"), measure("m"), levels=[*LEVELS, {"id": "top", "title": "top", "reached_if": [rule]}])
    found = score(form, given_answers(r="1", m="10"))
    assert (found.level, found.level_is.id, found.because) == (3, "top", ("it is the one that counts",))
    assert score(form, given_answers(r="10", m="10")).level == 2


def test_what_raised_the_score_is_told_with_the_most_first() -> None:
    form = a_form(risk("a"), risk("b"), risk("c"), measure("m"), risk("d", kind="many"))
    found = score(form, given_answers(a="2", b="7", c="0", m="9", d=["1", "6"]))
    assert [(driver.question, float(driver.points), driver.answer) for driver in found.drivers] == [
        ("b", 7, "7"),
        ("d", 7, "1; 6"),
        ("a", 2, "2"),
    ]


def test_obligations_follow_from_the_level_and_from_answers() -> None:
    obligations = [
        {"id": "always", "text": "x", "levels": ["low", "high"]},
        {"id": "high-only", "text": "x", "levels": ["high"]},
        {"id": "with-data", "text": "x", "levels": ["low", "high"], "when": '{data} = "yes"'},
    ]
    form = a_form(risk("r"), a_question("data", side=None), obligations=obligations)
    for answers, expected in (
        ({"r": "0", "data": "no"}, ["always"]),
        ({"r": "9", "data": "no"}, ["always", "high-only"]),
        ({"r": "0", "data": "yes"}, ["always", "with-data"]),
    ):
        assert [one.id for one in score(form, given_answers(**answers)).obligations] == expected


def test_scores_of_sections_add_up_to_the_whole() -> None:
    form = a_form(
        sections=[
            {"id": "a", "title": "A", "questions": [risk("r1"), measure("m1")]},
            {"id": "b", "title": "B", "questions": [risk("r2", weight=2)]},
            {"id": "c", "title": "C", "questions": [a_question("q", side=None)]},
        ]
    )
    found = score(form, given_answers(r1="3", m1="4", r2="5", q="yes"))
    sections = {one.id: floats(one.raw, one.mitigation, one.max_raw, one.max_mitigation) for one in found.sections}
    assert sections == {"a": [3, 4, 10, 10], "b": [10, 0, 20, 0]}
    assert floats(found.raw, found.max_raw) == [13, 30]


# --- assurance (CONTENT C8) -------------------------------------------------------------------------------------------

ASSURED = [
    {"id": "yes", "text": "Yes", "weight": 1, "asks": "evidence", "unproven": 0.5},
    {"id": "no", "text": "No"},
    {"id": "not_applicable", "text": "N/A", "asks": "reason", "applies": False},
]


def assured(name: str, weight: float = 1) -> dict[str, Any]:
    return a_question(name, options=ASSURED, side="mitigation", weight=weight, required=False)


SUPPLIER = a_form(risk("one"), risk("two"), assured("q1", 3), assured("q2"), scoring={"method": "assurance"})
PROVEN, BARE = Answer(("yes",), evidence="a report"), Answer(("yes",))
NOT_APPLICABLE = Answer(("not_applicable",), reason="we buy no such thing")


@pytest.mark.parametrize(
    ("q1", "q2", "assurance"),
    [
        (PROVEN, PROVEN, "1"),
        (PROVEN, Answer(("no",)), "3/4"),
        (PROVEN, Answer(()), "3/4"),
        (BARE, PROVEN, "5/8"),
        (NOT_APPLICABLE, BARE, "1/2"),
        (PROVEN, NOT_APPLICABLE, "1"),
        (NOT_APPLICABLE, NOT_APPLICABLE, "0"),
        (Answer(()), Answer(()), "0"),
    ],
)
def test_assurance_is_the_proven_share_of_what_applies(q1: Answer, q2: Answer, assurance: str) -> None:
    found = score(SUPPLIER, given_answers(one="2", two="4", q1=q1, q2=q2))
    assert floats(found.raw, found.max_raw, found.max_mitigation) == [4, 10, 1]
    assert found.mitigation == Fraction(assurance)
    assert found.current == 4 * (1 - Fraction(assurance))
    assert found.unproven == tuple(name for name, said in (("q1", q1), ("q2", q2)) if said is BARE)
