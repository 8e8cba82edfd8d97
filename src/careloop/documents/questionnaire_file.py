"""A questionnaire as a file: in our own YAML form, or as a survey of SurveyJS."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from pydantic import TypeAdapter

from careloop.documents.placed_text import PlacedText, read_placed_text
from careloop.documents.problem import Problem
from careloop.documents.surveyjs import looks_like_a_survey, read_survey
from careloop.documents.validation import validate
from careloop.domain.finding import Finding
from careloop.domain.place import Pointer
from careloop.domain.questionnaire import Questionnaire, SurveyMarking

__all__ = ["QuestionnaireReading", "read_questionnaire", "read_survey_marking"]


@dataclass(frozen=True, slots=True)
class QuestionnaireReading:
    """A questionnaire, and the file for telling places."""

    questionnaire: Questionnaire
    text: PlacedText
    places: Mapping[Pointer, Pointer] = field(default_factory=dict)
    """Where parts of the questionnaire stand in a file of another form; empty for our own."""

    def source(self, pointer: Pointer) -> Pointer:
        """Where in the file a part of the questionnaire stands."""
        return _source(self.places, pointer)


def _source(places: Mapping[Pointer, Pointer], pointer: Pointer) -> Pointer:
    if not places:
        return pointer
    known = next((pointer[:end] for end in range(len(pointer), 0, -1) if pointer[:end] in places), None)
    return () if known is None else places[known]


def read_questionnaire(name: str, raw: bytes, marking: SurveyMarking) -> QuestionnaireReading | tuple[Finding, ...]:
    """Read a questionnaire, or tell everything that is wrong with its form; `marking` says how surveys are scored.

    Whether its parts fit together is judged by `careloop.assessments.form`.
    """
    text = read_placed_text(name, raw)
    if isinstance(text, tuple):
        return text
    if looks_like_a_survey(text.value):
        return _survey(text, marking)
    found = validate(TypeAdapter(Questionnaire), Questionnaire, text.value)
    if isinstance(found, tuple):
        return text.findings(found)
    assert isinstance(found, Questionnaire)
    return QuestionnaireReading(found, text)


def _survey(text: PlacedText, marking: SurveyMarking) -> QuestionnaireReading | tuple[Finding, ...]:
    reading = read_survey(cast("dict[str, object]", text.value), marking)
    if reading.problems:
        return text.findings(reading.problems)
    found = validate(TypeAdapter(Questionnaire), Questionnaire, reading.values)
    if isinstance(found, tuple):
        moved = [
            Problem(one.code, one.message, one.line, one.column, _source(reading.places, one.pointer), one.remedy)
            for one in found
        ]
        return text.findings(moved)
    assert isinstance(found, Questionnaire)
    return QuestionnaireReading(found, text, reading.places)


def read_survey_marking(name: str, raw: bytes) -> SurveyMarking | tuple[Finding, ...]:
    """Read the conventions by which surveys are scored."""
    text = read_placed_text(name, raw)
    if isinstance(text, tuple):
        return text
    found = validate(TypeAdapter(SurveyMarking), SurveyMarking, text.value)
    if isinstance(found, tuple):
        return text.findings(found)
    assert isinstance(found, SurveyMarking)
    return found
