"""The conditions of a questionnaire, each read and held against the questions and answers that there are."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from careloop.assessments.condition import (
    Compared,
    Condition,
    ConditionRefused,
    Every,
    Filled,
    Not,
    Operator,
    Some,
    parse_condition,
)
from careloop.assessments.flaw import Flaw, did_you_mean
from careloop.domain.place import Pointer
from careloop.domain.questionnaire import Option, QuestionKind, Questionnaire

__all__ = ["Choices", "read_conditions"]


@dataclass(frozen=True, slots=True)
class Choices:
    """What a question can be answered with, and when it is asked."""

    kind: QuestionKind
    options: Mapping[str, Option]
    turn: tuple[int, int]
    """Number of its section and its number therein: it is asked after all that are lower."""


@dataclass(frozen=True, slots=True)
class _Written:
    """A condition as it stands in the questionnaire."""

    of: str
    """Whose condition it is, in words."""
    text: str
    at: Pointer
    turn: tuple[int, int] | None
    """It may speak only about questions asked before; null for one that is asked when all is answered."""


def read_conditions(
    questionnaire: Questionnaire, choices: Mapping[str, Choices]
) -> tuple[dict[Pointer, Condition], list[Flaw]]:
    """Every condition by its pointer, ready to be evaluated, and what is wrong with the others."""
    found: dict[Pointer, Condition] = {}
    flaws: list[Flaw] = []
    survey = questionnaire.dialect == "surveyjs"
    for written in _written(questionnaire):
        try:
            condition = parse_condition(written.text)
            found[written.at] = _Reading(written, choices, survey).checked(condition)
        except ConditionRefused as error:
            message = f"{written.of}: {error.message} (position {error.at + 1})"
            flaws.append(Flaw("condition", message, written.at, offset=error.at))
    return found, flaws


def _written(questionnaire: Questionnaire) -> Iterator[_Written]:
    # In SurveyJS a question may ask about a later one: what is shown follows from all answers that are stored.
    ordered = questionnaire.dialect == "careloop"
    for place, section in enumerate(questionnaire.sections):
        at: Pointer = ("sections", place)
        if section.visible_if is not None:
            turn = (place, 0) if ordered else None
            yield _Written(f"section '{section.id}'", section.visible_if, (*at, "visible_if"), turn)
        for number, question in enumerate(section.questions):
            if question.visible_if is not None:
                turn = (place, number) if ordered else None
                where: Pointer = (*at, "questions", number, "visible_if")
                yield _Written(f"question '{question.id}'", question.visible_if, where, turn)
    for place, level in enumerate(questionnaire.levels):
        for number, rule in enumerate(level.reached_if):
            where = ("levels", place, "reached_if", number, "when")
            yield _Written(f"level '{level.id}'", rule.when, where, None)
    for place, obligation in enumerate(questionnaire.obligations):
        if obligation.when is not None:
            yield _Written(f"obligation '{obligation.id}'", obligation.when, ("obligations", place, "when"), None)


@dataclass(frozen=True, slots=True)
class _Reading:
    """Holds one condition against the questions; raises `ConditionRefused` at the first name or value not there."""

    written: _Written
    choices: Mapping[str, Choices]
    survey: bool

    def checked(self, condition: Condition) -> Condition:
        """The condition with `contains` made exact."""
        match condition:
            case Filled():
                self._question(condition.question, condition.at)
                return condition
            case Compared():
                return self._compared(condition)
            case Not():
                return Not(self.checked(condition.inner))
            case Every():
                return Every(tuple(self.checked(inner) for inner in condition.inner))
            case Some():
                return Some(tuple(self.checked(inner) for inner in condition.inner))

    def _question(self, name: str, at: int) -> Choices:
        found = self.choices.get(name)
        if found is None:
            raise ConditionRefused(f"there is no question '{name}'{did_you_mean(name, self.choices)}", at)
        if self.written.turn is not None and found.turn >= self.written.turn:
            raise ConditionRefused(f"the question '{name}' is asked later, or is this one", at)
        return found

    def _compared(self, test: Compared) -> Condition:
        asked = self._question(test.question, test.at)
        if asked.kind is QuestionKind.TEXT:
            message = f"'{test.question}' is answered in words; it can only be tested for empty and notempty"
            raise ConditionRefused(message, test.at)
        single = asked.kind is QuestionKind.ONE
        if single and test.operator is Operator.CONTAINS:
            if self.survey and len(test.values) == 1:
                return self._part_of_an_answer(test, asked)
            raise ConditionRefused(f"'{test.question}' has one answer; compare it with = or anyof", test.at)
        if not single and test.operator is Operator.EQUALS:
            raise ConditionRefused(f"'{test.question}' may have several answers; write contains", test.at)
        for value in test.values:
            if value not in asked.options:
                guess = did_you_mean(value, asked.options)
                message = f"'{value}' is no answer of '{test.question}'{guess}"
                raise ConditionRefused(message, test.values_at)
        return test

    @staticmethod
    def _part_of_an_answer(test: Compared, asked: Choices) -> Condition:
        """In SurveyJS `contains` on a single answer asks whether the text is a part of it."""
        (part,) = test.values
        values = tuple(value for value in asked.options if part in value)
        if not values:
            raise ConditionRefused(f"no answer of '{test.question}' contains '{part}'", test.values_at)
        return Compared(test.question, Operator.ANY_OF, values, test.at, test.values_at)
