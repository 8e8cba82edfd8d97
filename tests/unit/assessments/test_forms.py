"""A questionnaire whose parts do not fit together is refused, each flaw at its place."""

from typing import Any

import pytest
from assessment_builders import LEVELS, YES_NO, a_form, a_question, a_questionnaire
from pydantic import ValidationError

from careloop.assessments.form import Form, prepare_form
from careloop.domain.place import Pointer
from careloop.domain.questionnaire import Questionnaire

MANY = {"kind": "many"}
FIRST: Pointer = ("sections", 0, "questions", 0)
SECOND: Pointer = ("sections", 0, "questions", 1)

FLAWS: dict[str, tuple[Questionnaire, str, Pointer, str]] = {
    "a question twice": (
        a_questionnaire(a_question("a"), a_question("a")),
        "duplicate-id",
        (*SECOND, "id"),
        "question 'a'",
    ),
    "an answer twice": (
        a_questionnaire(a_question("a", options=[*YES_NO, YES_NO[0]])),
        "duplicate-id",
        (*FIRST, "options", 2, "id"),
        "answer 'yes'",
    ),
    "a level twice": (
        a_questionnaire(levels=[*LEVELS, {"id": "low", "title": "x", "above": 0.9}]),
        "duplicate-id",
        ("levels", 2, "id"),
        "level 'low'",
    ),
    "a scale that is not there": (
        a_questionnaire(a_question("a", options=[], scale="efect"), scales={"effect": YES_NO}),
        "unknown-name",
        (*FIRST, "scale"),
        "did you mean 'effect'?",
    ),
    "a part that is not there": (
        a_questionnaire(a_question("a", part="peple"), parts=[{"id": "people", "title": "People"}]),
        "unknown-name",
        (*FIRST, "part"),
        "did you mean 'people'?",
    ),
    "a scored question of no part": (
        a_questionnaire(a_question("a"), parts=[{"id": "people", "title": "People"}]),
        "missing-key",
        FIRST,
        "names no part",
    ),
    "an obligation for a level that is not there": (
        a_questionnaire(obligations=[{"id": "x", "text": "X", "levels": ["hihg"]}]),
        "unknown-name",
        ("obligations", 0, "levels", 0),
        "did you mean 'high'?",
    ),
    "a profile about a question that is not there": (
        a_questionnaire(
            profiles=[
                {"id": "p", "title": "P", "source": "S", "parts": [{"id": "a", "title": "A", "questions": ["frist"]}]}
            ]
        ),
        "unknown-name",
        ("profiles", 0, "parts", 0, "questions", 0),
        "did you mean 'first'?",
    ),
    "a condition that cannot be read": (
        a_questionnaire(a_question("a"), a_question("b", visible_if="{a} = yes")),
        "condition",
        (*SECOND, "visible_if"),
        "question 'b': 'yes' stands where text in quotes is expected (position 7)",
    ),
    "a condition about a question that is not there": (
        a_questionnaire(a_question("scale"), a_question("b", visible_if='{scael} = "yes"')),
        "condition",
        (*SECOND, "visible_if"),
        "there is no question 'scael'; did you mean 'scale'? (position 1)",
    ),
    "a condition about an answer that is not offered": (
        a_questionnaire(a_question("a"), a_question("b", visible_if='{a} = "yess"')),
        "condition",
        (*SECOND, "visible_if"),
        "'yess' is no answer of 'a'; did you mean 'yes'? (position 7)",
    ),
    "a condition about a later question": (
        a_questionnaire(a_question("a", visible_if='{b} = "yes"'), a_question("b")),
        "condition",
        (*FIRST, "visible_if"),
        "asked later",
    ),
    "a condition about itself": (
        a_questionnaire(a_question("a", visible_if='{a} = "yes"')),
        "condition",
        (*FIRST, "visible_if"),
        "or is this one",
    ),
    "= on several answers": (
        a_questionnaire(a_question("a", **MANY), a_question("b", visible_if='{a} = "yes"')),
        "condition",
        (*SECOND, "visible_if"),
        "write contains",
    ),
    "contains on a single answer": (
        a_questionnaire(a_question("a"), a_question("b", visible_if='{a} contains "yes"')),
        "condition",
        (*SECOND, "visible_if"),
        "compare it with =",
    ),
    "a comparison of words": (
        a_questionnaire({"id": "a", "text": "A?", "kind": "text"}, a_question("b", visible_if='{a} = "yes"')),
        "condition",
        (*SECOND, "visible_if"),
        "empty and notempty",
    ),
    "a level rule about nothing": (
        a_questionnaire(
            levels=[LEVELS[0], {"id": "high", "title": "h", "reached_if": [{"when": '{x} = "y"', "because": "b"}]}]
        ),
        "condition",
        ("levels", 1, "reached_if", 0, "when"),
        "level 'high': there is no question 'x'",
    ),
    "an obligation about nothing": (
        a_questionnaire(obligations=[{"id": "x", "text": "X", "levels": ["high"], "when": "{x} empty"}]),
        "condition",
        ("obligations", 0, "when"),
        "obligation 'x': there is no question 'x'",
    ),
    "maxima that are not those of the weights": (
        a_questionnaire(maxima={"raw": 3, "mitigation": 0}),
        "wrong-maximum",
        ("maxima", "raw"),
        "at most 2",
    ),
    "a threshold over nothing": (
        a_questionnaire(a_question("a", side="mitigation")),
        "bad-value",
        ("levels", 1, "above"),
        "no question of the side",
    ),
    "parts where the highest weight alone counts": (
        a_questionnaire(
            a_question("a", part="people"), parts=[{"id": "people", "title": "P"}], scoring={"method": "assurance"}
        ),
        "bad-value",
        ("parts",),
        "assurance",
    ),
}


@pytest.mark.parametrize("name", FLAWS)
def test_what_does_not_fit_together_is_told_at_its_place(name: str) -> None:
    questionnaire, code, pointer, says = FLAWS[name]
    flaws = prepare_form(questionnaire)
    assert not isinstance(flaws, Form)
    assert [(flaw.code, flaw.pointer) for flaw in flaws] == [(code, pointer)]
    assert says in flaws[0].message


def test_everything_wrong_is_told_at_once() -> None:
    flaws = prepare_form(
        a_questionnaire(
            a_question("a", visible_if="{b}"),
            a_question("a", scale="none", options=[]),
            obligations=[{"id": "x", "text": "X", "levels": ["top"]}],
        )
    )
    assert not isinstance(flaws, Form)
    assert sorted(flaw.code for flaw in flaws) == ["condition", "duplicate-id", "unknown-name", "unknown-name"]


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"levels": [{"id": "low", "title": "l", "above": 0.1}, LEVELS[1]]}, "the lowest level always holds"),
        ({"levels": [LEVELS[0], {"id": "high", "title": "h"}]}, "nothing reaches it"),
        ({"levels": [*LEVELS, {"id": "top", "title": "t", "above": 0.4}]}, "rise from one to the next"),
    ],
)
def test_levels_that_do_not_rise_are_refused(values: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        a_questionnaire(**values)


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ({"options": []}, "either `options` or the name of a `scale`"),
        ({"scale": "x"}, "either `options` or the name of a `scale`"),
        ({"kind": "text"}, "answered in words"),
        ({"options": [], "kind": "text"}, "no `side`"),
        ({"options": [{"id": "a", "text": "A", "asks": "evidence"}]}, "go together"),
        ({"options": [{"id": "a", "text": "A", "weight": 1, "asks": "evidence", "unproven": 2}]}, "at most"),
    ],
)
def test_questions_that_contradict_themselves_are_refused(question: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        a_questionnaire(a_question("a", **question))


def test_the_maximum_of_several_answers_is_their_sum_or_that_of_one_that_stands_alone() -> None:
    options = [{"id": "a", "text": "A", "weight": 1}, {"id": "b", "text": "B", "weight": 2}]
    lone = {"id": "c", "text": "C", "weight": 2.5, "alone": True}
    form = a_form(
        a_question("sum", kind="many", options=[*options, lone]), a_question("one", options=options, weight=3)
    )
    assert [float(item.most) for item in form.items.values()] == [3, 6]
    assert float(form.maximum.raw) == 9


def test_in_a_survey_contains_finds_a_part_of_a_single_answer() -> None:
    form = a_form(
        a_question("a", options=[{"id": "item2-0", "text": "x"}, {"id": "item3-1", "text": "y", "weight": 1}]),
        a_question("b", visible_if='{a} contains ["item3"]'),
        dialect="surveyjs",
    )
    (condition,) = form.items["b"].shown_if
    assert getattr(condition, "values", None) == ("item3-1",)
    refused = prepare_form(
        a_questionnaire(a_question("a"), a_question("b", visible_if='{a} contains "maybe"'), dialect="surveyjs")
    )
    assert not isinstance(refused, Form)
    assert "no answer of 'a' contains 'maybe'" in refused[0].message
