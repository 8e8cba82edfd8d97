"""Answers that do not fit their questionnaire are refused, each at its place."""

import pytest
from assessment_builders import a_form, a_question, given_answers

from careloop.assessments.answer_check import check_answers, missing_answers
from careloop.assessments.flaw import Flaw
from careloop.assessments.form import Form
from careloop.assessments.visibility import look_at
from careloop.domain.answer_set import Answer, AnswerHeader, AnswerSet

OPTIONS = [
    {"id": "a", "text": "A", "weight": 1},
    {"id": "b", "text": "B"},
    {"id": "none", "text": "None", "alone": True},
]
ASSURED = [
    {"id": "yes", "text": "Yes", "weight": 1, "asks": "evidence", "unproven": 0.5},
    {"id": "not_applicable", "text": "N/A", "asks": "reason", "applies": False},
]
FORM = a_form(
    a_question("first"),
    a_question("some", kind="many", options=OPTIONS),
    {"id": "words", "text": "In words?", "kind": "text"},
    a_question("later", visible_if='{first} = "yes"'),
    a_question("assured", options=ASSURED, side="mitigation", required=False),
)
RIGHT: dict[str, str | list[str]] = {"first": "no", "some": ["a", "b"], "words": "A sentence."}


def flaws(form: Form, answers: AnswerSet) -> tuple[Flaw, ...]:
    return check_answers(form, answers, look_at(form, answers))


def test_answers_that_fit_have_no_flaw() -> None:
    assert flaws(FORM, given_answers(**RIGHT)) == ()


@pytest.mark.parametrize(
    ("change", "code", "where", "says"),
    [
        ({"frist": "yes"}, "unknown-question", "frist", "did you mean 'first'?"),
        ({"first": "yess"}, "not-offered", "first", "did you mean 'yes'?"),
        ({"first": ["no"]}, "wrong-type", "first", "not a list"),
        ({"some": "a"}, "wrong-type", "some", "a list of answers is needed"),
        ({"some": ["a", "c"]}, "not-offered", "some", "'c' is not among the answers offered"),
        ({"some": ["a", "a"]}, "duplicate-answer", "some", "twice"),
        ({"some": ["a", "none"]}, "lone-answer", "some", "'none' goes with no other answer"),
        ({"words": ["x"]}, "wrong-type", "words", "not a list"),
        ({"assured": "not_applicable"}, "missing-reason", "assured", "needs a reason"),
        ({"first": "yes"}, "missing-answer", "later", "is shown and has no answer"),
        ({"first": Answer(())}, "missing-answer", "first", "is shown and has no answer"),
        ({"some": []}, "missing-answer", "some", "is shown and has no answer"),
    ],
)
def test_a_misfit_is_told_at_its_question(change: dict[str, str | list[str]], code: str, where: str, says: str) -> None:
    found = flaws(FORM, given_answers(**{**RIGHT, **change}))
    assert [(flaw.code, flaw.pointer) for flaw in found] == [(code, (where,))]
    assert says in found[0].message


def test_a_question_that_is_hidden_may_stay_open_and_one_that_is_not_required_too() -> None:
    assert flaws(FORM, given_answers(**{**RIGHT, "first": "no"})) == ()


def test_answers_to_another_questionnaire_are_refused() -> None:
    answers = AnswerSet(given_answers(**RIGHT).answers, AnswerHeader(questionnaire="test/form@2"), ("answers",))
    (flaw,) = flaws(FORM, answers)
    assert (flaw.code, flaw.pointer) == ("wrong-questionnaire", ("questionnaire",))


def test_where_answers_may_be_missing_they_are_counted_and_not_refused() -> None:
    form = a_form(a_question("first"), a_question("second"), unanswered="allowed")
    answers = given_answers(second="no")
    assert flaws(form, answers) == ()
    assert missing_answers(form, look_at(form, answers)) == ("first",)
