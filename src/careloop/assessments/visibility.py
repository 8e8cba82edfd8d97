"""Which questions are shown, given the answers; and which answers count."""

from collections.abc import Mapping
from dataclasses import dataclass

from careloop.assessments.condition import Compared, Condition, Every, Filled, Not, Operator, Some
from careloop.assessments.form import Form, Item
from careloop.domain.answer_set import Answer, AnswerSet

__all__ = ["Sight", "holds", "look_at"]


@dataclass(frozen=True, slots=True)
class Sight:
    """What a person who answers gets to see, and what of the answers counts."""

    shown: frozenset[str]
    counted: Mapping[str, Answer]
    """Answers that count, by question, in the order of the questions; open ones are left out."""
    hidden: tuple[str, ...]
    """Questions that have an answer and are not shown."""


def holds(condition: Condition, answers: Mapping[str, Answer]) -> bool:
    """Whether a condition holds. An open question passes no test, so that `not` passes every one."""
    match condition:
        case Filled():
            return condition.question in answers
        case Compared():
            given = answers.get(condition.question)
            return given is not None and _passes(condition, given.values)
        case Not():
            return not holds(condition.inner, answers)
        case Every():
            return all(holds(inner, answers) for inner in condition.inner)
        case Some():
            return any(holds(inner, answers) for inner in condition.inner)


def _passes(test: Compared, given: tuple[str, ...]) -> bool:
    if test.operator is Operator.EQUALS:
        return given == test.values
    if test.operator is Operator.CONTAINS:
        return set(test.values) <= set(given)
    return not set(test.values).isdisjoint(given)


def look_at(form: Form, answers: AnswerSet) -> Sight:
    """Go through the questions in order.

    Where hidden answers are left out, an answer that is hidden counts for nothing: it shows no other question either.
    Where they are counted, what is shown follows from all answers that are stored, and all of them count.
    """
    given = {name: answers.answers[name] for name in form.items if _filled(answers, name)}
    if form.questionnaire.hidden_answers == "counted":
        shown = frozenset(name for name, item in form.items.items() if _is_shown(item, given))
        counted: dict[str, Answer] = given
    else:
        counted = {}
        seen: list[str] = []
        for name, item in form.items.items():
            if _is_shown(item, counted):
                seen.append(name)
                if name in given:
                    counted[name] = given[name]
        shown = frozenset(seen)
    return Sight(shown, counted, tuple(name for name in given if name not in shown))


def _filled(answers: AnswerSet, name: str) -> bool:
    return name in answers.answers and bool(answers.answers[name].values)


def _is_shown(item: Item, answers: Mapping[str, Answer]) -> bool:
    return all(holds(condition, answers) for condition in item.shown_if)
