"""Answers to a questionnaire as a file: YAML or JSON, one filled-in questionnaire or a list of them.

    questionnaire: careloop/supplier@1
    subject: lumen-language
    answers:
      data_seen: personal
      incident_notice: {answer: "yes", evidence: "contract, section 4"}

The heading may be left out: a mapping without the key `answers` holds the answers themselves, as SurveyJS writes them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from pydantic import TypeAdapter

from careloop.documents.placed_text import PlacedText, read_placed_text
from careloop.documents.problem import Problem
from careloop.documents.validation import validate
from careloop.domain.answer_set import SCORE_NAMES, Answer, AnswerHeader, AnswerSet
from careloop.domain.finding import Finding
from careloop.domain.place import Pointer

__all__ = ["AnswersReading", "read_answers"]

_PARTS = ("answer", "evidence", "reason")


@dataclass(frozen=True, slots=True)
class AnswersReading:
    """The answer sets of a file, and the file for telling places."""

    sets: tuple[AnswerSet, ...]
    listed: bool
    """Whether the file holds a list of them."""
    text: PlacedText


def read_answers(name: str, raw: bytes) -> AnswersReading | tuple[Finding, ...]:
    """Read a file of answers, or tell everything that is wrong with its form.

    Whether the answers fit the questionnaire is judged by `careloop.assessments.answer_check`.
    """
    text = read_placed_text(name, raw)
    if isinstance(text, tuple):
        return text
    listed = isinstance(text.value, list)
    values = cast("list[object]", text.value) if listed else [text.value]
    problems: list[Problem] = []
    if not values:
        problems.append(Problem("empty-file", "the list holds no answers", 1, 1))
    sets = [_answer_set(value, (place,) if listed else (), problems) for place, value in enumerate(values)]
    if problems:
        return text.findings(problems)
    return AnswersReading(tuple(sets), listed, text)


def _answer_set(value: object, at: Pointer, problems: list[Problem]) -> AnswerSet:
    if not isinstance(value, dict):
        message = "answers are a mapping from the names of questions to what is answered"
        problems.append(Problem("wrong-type", message, pointer=at))
        return AnswerSet({})
    if "answers" not in value:
        return AnswerSet(_answers(value, at, problems), at=at)
    within = (*at, "answers")
    heading = {key: part for key, part in value.items() if key != "answers"}
    header = validate(TypeAdapter(AnswerHeader), AnswerHeader, heading)
    if isinstance(header, tuple):
        problems.extend(_below(at, header))
        header = AnswerHeader()
    assert isinstance(header, AnswerHeader)
    unknown = [key for key in header.expected or {} if key not in SCORE_NAMES]
    for key in unknown:
        message = f"a score has no '{key}'; known are {', '.join(SCORE_NAMES)}"
        problems.append(Problem("unknown-key", message, pointer=(*at, "expected", key)))
    answers = value["answers"]
    if not isinstance(answers, dict):
        message = "answers: a mapping from the names of questions to what is answered is needed"
        problems.append(Problem("wrong-type", message, pointer=within))
        return AnswerSet({}, header, within)
    return AnswerSet(_answers(answers, within, problems), header, within)


def _below(at: Pointer, problems: tuple[Problem, ...]) -> Iterator[Problem]:
    """Problems of a mapping within a document, with pointers from the top of the document."""
    for one in problems:
        yield Problem(one.code, one.message, one.line, one.column, (*at, *one.pointer), one.remedy)


def _answers(values: Mapping[str, object], at: Pointer, problems: list[Problem]) -> dict[str, Answer]:
    return {name: _answer(name, value, (*at, name), problems) for name, value in values.items()}


def _answer(name: str, value: object, at: Pointer, problems: list[Problem]) -> Answer:
    if not isinstance(value, dict):
        return _given(name, value, at, problems)
    for key in value:
        if key not in _PARTS:
            message = f"{name}: the key '{key}' is not known here; known are {', '.join(_PARTS)}"
            problems.append(Problem("unknown-key", message, pointer=(*at, key)))
    if "answer" not in value:
        problems.append(
            Problem("missing-key", f"{name}: the key 'answer' is missing", pointer=at, remedy="add answer:")
        )
    said = [_words(name, key, value.get(key), (*at, key), problems) for key in ("evidence", "reason")]
    given = _given(name, value.get("answer"), (*at, "answer"), problems)
    return Answer(given.values, given.listed, *said)


def _given(name: str, value: object, at: Pointer, problems: list[Problem]) -> Answer:
    if isinstance(value, list):
        for place, item in enumerate(value):
            if not isinstance(item, str):
                problems.append(_not_text(name, item, (*at, place)))
        return Answer(tuple(item for item in value if isinstance(item, str)), listed=True)
    if value is None:
        return Answer(())
    if not isinstance(value, str):
        problems.append(_not_text(name, value, at))
        return Answer(())
    return Answer((value,)) if value.strip() else Answer(())


def _words(name: str, key: str, value: object, at: Pointer, problems: list[Problem]) -> str | None:
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if not isinstance(value, str):
        problems.append(_not_text(f"{name}: {key}", value, at))
        return None
    return value


def _not_text(name: str, value: object, at: Pointer) -> Problem:
    shown = "true" if value is True else "false" if value is False else str(value)[:40]
    if isinstance(value, list | dict):
        shown = "a list" if isinstance(value, list) else "a mapping"
    message = f"{name}: text is needed, not {shown}"
    return Problem("wrong-type", message, pointer=at, remedy="write the value of an offered answer, or text in quotes")
