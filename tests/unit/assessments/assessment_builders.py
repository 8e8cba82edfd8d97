"""Questionnaires and answers to try the engine on: some written by hand, others drawn at random."""

import random
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from careloop.adapters.package_standards import PackageStandards
from careloop.assessments.answer_check import check_answers
from careloop.assessments.form import Form, Item, prepare_form
from careloop.assessments.score import score_answers
from careloop.assessments.visibility import holds, look_at
from careloop.checks.questionnaire_shelf import QuestionnaireShelf
from careloop.domain.answer_set import Answer, AnswerSet
from careloop.domain.assessment_score import AssessmentScore
from careloop.domain.questionnaire import QuestionKind, Questionnaire, Side

__all__ = [
    "a_form",
    "a_question",
    "a_questionnaire",
    "answer_sets",
    "floats",
    "forms",
    "given_answers",
    "random_answers",
    "score",
    "shipped_forms",
    "the_gravest",
]

YES_NO = ({"id": "yes", "text": "Yes", "weight": 2}, {"id": "no", "text": "No"})
LEVELS = ({"id": "low", "title": "low"}, {"id": "high", "title": "high", "above": 0.5})


def a_question(name: str, **said: Any) -> dict[str, Any]:
    """A question of one answer, "yes" (2 points) or "no", on the side of risk."""
    return {"id": name, "text": f"About {name}?", "side": "risk", "options": YES_NO, **said}


def a_questionnaire(*questions: dict[str, Any], **said: Any) -> Questionnaire:
    """A questionnaire of one section, scored by sums, with two levels; `sections` replaces the questions."""
    values = {
        "id": "test/form@1",
        "title": "A test",
        "source": "Made up",
        "scoring": {"method": "sum"},
        "levels": LEVELS,
        "sections": [{"id": "only", "title": "Only", "questions": questions or [a_question("first")]}],
        **said,
    }
    return Questionnaire.model_validate(values)


def floats(*numbers: Fraction | float) -> list[float]:
    """Numbers of a score for comparing them with plain ones."""
    return [float(number) for number in numbers]


def a_form(*questions: dict[str, Any], **said: Any) -> Form:
    """A questionnaire that is ready for answers."""
    form = prepare_form(a_questionnaire(*questions, **said))
    assert isinstance(form, Form), form
    return form


def given_answers(**answers: str | list[str] | Answer) -> AnswerSet:
    """Answers by the names of questions."""
    return AnswerSet({name: _answer(value) for name, value in answers.items()})


def _answer(value: str | list[str] | Answer) -> Answer:
    if isinstance(value, Answer):
        return value
    return Answer((value,)) if isinstance(value, str) else Answer(tuple(value), listed=True)


def score(form: Form, answers: AnswerSet) -> AssessmentScore:
    """The score of answers that fit."""
    sight = look_at(form, answers)
    assert check_answers(form, answers, sight) == ()
    return score_answers(form, sight)


def shipped_forms() -> Mapping[str, Form]:
    """Every questionnaire that ships, ready for answers."""
    shelf = QuestionnaireShelf(PackageStandards().read_all())
    found: dict[str, Form] = {}
    for questionnaire in shelf.shipped:
        form = shelf.open(questionnaire.id)
        assert isinstance(form, Form), form
        found[questionnaire.id] = form
    return found


def the_gravest(form: Form) -> AnswerSet:
    """To each question the answer with the most points, with evidence and reason."""
    return AnswerSet({name: _most(item) for name, item in form.items.items()})


def _most(item: Item) -> Answer:
    if item.question.kind is QuestionKind.TEXT:
        return Answer(("something",))
    if item.question.kind is QuestionKind.MANY:
        return Answer(tuple(one.id for one in item.options.values() if not one.alone), listed=True)
    best = max(item.options.values(), key=lambda option: option.weight)
    return Answer((best.id,), evidence="shown", reason="a reason")


def random_answers(form: Form, chance: random.Random) -> AnswerSet:
    """Answers that fit, drawn question by question; how grave they tend to be is drawn first, for each side."""
    lean = {side: chance.random() for side in (Side.RISK, Side.MITIGATION, None)}
    answers: dict[str, Answer] = {}
    for name, item in form.items.items():
        if all(holds(condition, answers) for condition in item.shown_if):
            answers[name] = _draw(item, lean[item.side], chance)
    return AnswerSet(answers)


def _draw(item: Item, lean: float, chance: random.Random) -> Answer:
    if item.question.kind is QuestionKind.TEXT:
        return Answer(("something",))
    options = sorted(item.options.values(), key=lambda option: option.weight)
    if item.question.kind is QuestionKind.MANY:
        chosen = [one.id for one in options if not one.alone and chance.random() < lean]
        return Answer(tuple(chosen or [next((one.id for one in options if one.alone), options[0].id)]), listed=True)
    place = sum(chance.random() < lean for _ in options[1:])
    return Answer((options[place].id,), evidence=chance.choice([None, "shown"]), reason="a reason")


# --- drawn by hypothesis ----------------------------------------------------------------------------------------------

_WEIGHTS = st.integers(0, 8).map(float) | st.sampled_from([0.1, 0.5, 2.25])


@st.composite
def forms(draw: st.DrawFn, *, conditions: bool = True, parts: bool = True) -> Form:
    """Small questionnaires scored by sums, that fit together; `conditions` may hide questions."""
    people = draw(st.sampled_from([(), ("one", "two")])) if parts else ()
    names: list[str] = []
    sections: list[dict[str, Any]] = []
    for place in range(draw(st.integers(1, 3))):
        questions = []
        for _ in range(draw(st.integers(1, 3))):
            questions.append(_question(draw, f"q{len(names)}", names if conditions else [], people))
            names.append(questions[-1]["id"])
        sections.append({"id": f"s{place}", "title": f"Section {place}", "questions": questions})
    relief = [{"reached_at": share, "leaves": leaves} for share, leaves in draw(st.sampled_from([(), ((0.5, 0.9),)]))]
    first = {
        "id": "first",
        "text": "First?",
        "side": "risk",
        "options": [*YES_NO],
        "part": people[0] if people else None,
    }
    return a_form(
        sections=[{"id": "start", "title": "Start", "questions": [first]}, *sections],
        parts=[{"id": name, "title": name} for name in people],
        scoring={"method": "sum", "relief": relief, "relief_of": draw(st.sampled_from(["all", "asked"]))},
        levels=[*LEVELS[:1], {"id": "medium", "title": "medium", "above": 0.2}, *LEVELS[1:]],
    )


def _question(draw: st.DrawFn, name: str, before: list[str], people: tuple[str, ...]) -> dict[str, Any]:
    weights = draw(st.lists(_WEIGHTS, min_size=2, max_size=4))
    condition = draw(st.none() | st.sampled_from(before)) if before else None
    return a_question(
        name,
        side=draw(st.sampled_from(["risk", "mitigation"])),
        kind=draw(st.sampled_from(["one", "many"])),
        part=draw(st.sampled_from(people)) if people else None,
        options=[{"id": f"o{place}", "text": "An answer", "weight": weight} for place, weight in enumerate(weights)],
        visible_if=f'{{{condition}}} notempty and not {{{condition}}} anyof ["o0"]' if condition else None,
        required=False,
    )


def answer_sets(form: Form) -> st.SearchStrategy[AnswerSet]:
    """Answers to any of the questions, hidden ones as well."""
    return st.builds(AnswerSet, st.fixed_dictionaries({}, optional=dict(_strategies(form)))).map(
        lambda one: AnswerSet({"first": Answer(("yes",)), **one.answers})
    )


def _strategies(form: Form) -> Iterator[tuple[str, st.SearchStrategy[Answer]]]:
    for name, item in form.items.items():
        values = list(item.options)
        if item.question.kind is QuestionKind.MANY:
            yield (
                name,
                st.lists(st.sampled_from(values), unique=True).map(lambda some: Answer(tuple(some), listed=True)),
            )
        else:
            yield name, st.sampled_from(values).map(lambda one: Answer((one,)))
