"""Surveys of SurveyJS are read into our own form, or refused at the place of what is not read."""

import json
from typing import Any

import pytest

from careloop.documents.questionnaire_file import QuestionnaireReading, read_questionnaire
from careloop.domain.finding import Finding
from careloop.domain.questionnaire import QuestionKind, Side, SurveyMarking

MARKING = SurveyMarking.model_validate(
    {
        "id": "test/survey@1",
        "title": "A survey",
        "source": "Made up",
        "scoring": {"method": "sum"},
        "levels": [{"id": "low", "title": "low"}, {"id": "high", "title": "high", "above": 0.5}],
        "risk_suffix": "-RS",
        "mitigation_suffix": "-MS",
        "neutral_suffix": "-NS",
        "weight_mark": "-",
        "hidden_answers": "counted",
    }
)
RADIO = {
    "type": "radiogroup",
    "name": "first",
    "title": {"default": "First?", "fr": "Un?"},
    "choices": ["item1-2", "no"],
}
PANEL = {"type": "panel", "name": "panel-RS", "elements": [RADIO]}


def survey(*elements: dict[str, Any], **page: Any) -> dict[str, Any]:
    return {"pages": [{"name": "page1", "title": "One", "elements": list(elements), **page}]}


def read(value: dict[str, Any], indent: int | None = None) -> QuestionnaireReading | tuple[Finding, ...]:
    return read_questionnaire("survey.json", json.dumps(value, indent=indent).encode(), MARKING)


def understood(value: dict[str, Any]) -> QuestionnaireReading:
    found = read(value)
    assert isinstance(found, QuestionnaireReading), found
    return found


def test_pages_become_sections_and_those_that_ask_nothing_go() -> None:
    value = survey(PANEL)
    value["pages"].insert(0, {"name": "welcome", "elements": [{"type": "html", "name": "w", "html": "<p>Hello</p>"}]})
    questionnaire = understood(value).questionnaire
    assert [(section.id, section.title) for section in questionnaire.sections] == [("page1", "One")]
    assert questionnaire.id == "test/survey@1"
    assert questionnaire.dialect == "surveyjs"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("radiogroup", QuestionKind.ONE),
        ("dropdown", QuestionKind.ONE),
        ("checkbox", QuestionKind.MANY),
    ],
)
def test_each_type_of_choice_has_its_kind(kind: str, expected: QuestionKind) -> None:
    (question,) = (
        understood(survey({**PANEL, "elements": [{**RADIO, "type": kind}]})).questionnaire.sections[0].questions
    )
    assert (question.kind, question.text, question.required) == (expected, "First?", False)


@pytest.mark.parametrize(
    ("value", "weight"),
    [
        ("item1-2", 2),
        ("item1-10", 10),
        ("item1-0.5", 0.5),
        ("item6", 0),
        ("a-b-3", 3),
        ("item-x", 0),
        ("item-", 0),
        ("7", 0),
    ],
)
def test_a_weight_is_the_number_behind_the_last_mark(value: str, weight: float) -> None:
    element = {**RADIO, "choices": [{"value": value, "text": "An answer"}]}
    (question,) = understood(survey({**PANEL, "elements": [element]})).questionnaire.sections[0].questions
    assert [option.weight for option in question.options] == [weight]


@pytest.mark.parametrize(
    ("name", "panel", "side"),
    [
        ("q", "p-RS", Side.RISK),
        ("q", "p-MS", Side.MITIGATION),
        ("q", "p-NS", None),
        ("q", "p", None),
        ("q-MS", "p-RS", Side.MITIGATION),
        ("q-NS", "p-RS", None),
        ("q-RS", "p", Side.RISK),
    ],
)
def test_the_score_a_question_feeds_stands_in_its_own_name_else_in_its_panels(
    name: str, panel: str, side: Side | None
) -> None:
    scored = {**RADIO, "name": "other-RS"}
    value = survey({**PANEL, "name": panel, "elements": [{**RADIO, "name": name}]}, scored)
    questions = understood(value).questionnaire.sections[0].questions
    assert [question.side for question in questions] == [side, Side.RISK]


def test_a_panel_within_a_panel_says_it_for_its_own() -> None:
    inner = {"type": "panel", "name": "inner-MS", "elements": [{**RADIO, "name": "b"}]}
    plain = {"type": "panel", "name": "plain", "elements": [{**RADIO, "name": "c"}]}
    value = survey({**PANEL, "elements": [RADIO, inner, plain]})
    questions = understood(value).questionnaire.sections[0].questions
    assert [question.side for question in questions] == [Side.RISK, Side.MITIGATION, Side.RISK]


def test_words_are_never_scored() -> None:
    words = {"type": "comment", "name": "why", "title": "Why?"}
    questions = understood(survey({**PANEL, "elements": [RADIO, words]})).questionnaire.sections[0].questions
    assert (questions[1].kind, questions[1].side, questions[1].options) == (QuestionKind.TEXT, None, ())


REFUSED: dict[str, tuple[dict[str, Any], str, str, str]] = {
    "a type that is not read": (
        survey({"type": "matrix", "name": "m"}),
        "bad-value",
        '{"type": "matrix"',
        "the type 'matrix' is not read here",
    ),
    "a key that may change what is shown": (
        survey({**PANEL, "visibleIf": "{first} empty"}),
        "unknown-key",
        '"visibleIf"',
        "may change what is shown",
    ),
    "an answer that the survey adds by itself": (
        survey({**PANEL, "elements": [{**RADIO, "hasOther": True}]}),
        "unknown-key",
        '"hasOther"',
        "'hasOther' of radiogroup",
    ),
    "a key of a choice": (
        survey({**PANEL, "elements": [{**RADIO, "choices": [{"value": "a-1", "visibleIf": "x"}]}]}),
        "unknown-key",
        '"visibleIf"',
        "of a choice",
    ),
    "a key of the survey": ({**survey(PANEL), "triggers": []}, "unknown-key", '"triggers"', "of a survey"),
    "nothing that is scored": (survey(RADIO), "bad-value", "{", "no question is scored"),
    "a question without a name": (
        survey({**PANEL, "elements": [{**RADIO, "name": None}]}),
        "wrong-type",
        '"name": null',
        "id: text is needed",
    ),
    "choices that are not text": (
        survey({**PANEL, "elements": [{**RADIO, "choices": [{"value": 3}]}]}),
        "wrong-type",
        '"value": 3',
        "text is needed, not 3",
    ),
    "a question without choices": (
        survey({**PANEL, "elements": [{**RADIO, "choices": []}]}),
        "bad-value",
        '{"type": "radiogroup"',
        "either `options`",
    ),
    "pages that are no list": ({"pages": 3}, "wrong-type", '"pages"', "a list is needed"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_read_is_refused_at_its_place(name: str) -> None:
    value, code, at, says = REFUSED[name]
    found = read(value)
    assert isinstance(found, tuple)
    assert [error.rule for error in found] == [code]
    assert says in found[0].message
    written = json.dumps(value)
    assert written[found[0].place.column - 1 :].startswith(at)


def test_a_place_in_a_survey_that_is_spread_over_lines_has_its_line() -> None:
    found = read(survey({**PANEL, "elements": [RADIO, {"type": "rating", "name": "x"}]}), indent=2)
    assert isinstance(found, tuple)
    lines = json.dumps(survey({**PANEL, "elements": [RADIO, {"type": "rating", "name": "x"}]}), indent=2).split("\n")
    assert '"type": "rating"' in lines[found[0].place.line]


def test_parts_of_the_form_are_found_again_in_the_survey() -> None:
    reading = understood(survey({**PANEL, "elements": [{**RADIO, "visibleIf": "{first} empty"}]}))
    element = ("pages", 0, "elements", 0, "elements", 0)
    question = ("sections", 0, "questions", 0)
    assert reading.source((*question, "visible_if")) == (*element, "visibleIf")
    assert reading.source((*question, "options", 1, "id")) == (*element, "choices", 1, "value")
    assert reading.source((*question, "kind")) == element
    assert reading.source(("levels", 0)) == ()
