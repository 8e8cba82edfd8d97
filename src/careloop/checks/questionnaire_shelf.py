"""Questionnaires by name or as files: those that ship with careloop, those of an organisation, and SurveyJS surveys."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from careloop.assessments.flaw import Flaw
from careloop.assessments.form import Form, prepare_form
from careloop.documents.compile import error_finding
from careloop.documents.placed_text import PlacedText
from careloop.documents.problem import Problem
from careloop.documents.questionnaire_file import QuestionnaireReading, read_questionnaire, read_survey_marking
from careloop.domain.finding import Finding
from careloop.domain.questionnaire import Questionnaire, SurveyMarking
from careloop.errors import InvalidInput, NotFound

__all__ = ["NamedFile", "QuestionnaireShelf", "place_flaws"]

_FOLDER = "questionnaires/"
_SURVEY = f"{_FOLDER}surveyjs-canada-aia.yaml"


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file's bytes, with the name by which messages call it."""

    name: str
    raw: bytes


class QuestionnaireShelf:
    """Opens questionnaires: those that ship, among the files of the standards, and an organisation's own.

    Each is read when it is first asked for.
    """

    def __init__(self, files: Mapping[str, bytes], own: Iterable[NamedFile] = ()) -> None:
        self._files = files
        self._own = tuple(own)

    @cached_property
    def shipped(self) -> tuple[Questionnaire, ...]:
        """The questionnaires that ship, by name."""
        return tuple(sorted((reading.questionnaire for reading in self._shipped), key=lambda one: one.id))

    @cached_property
    def _marking(self) -> SurveyMarking:
        found = read_survey_marking(f"standards/{_SURVEY}", self._files.get(_SURVEY, b""))
        if isinstance(found, tuple):
            raise InvalidInput(f"{found[0].place}: {found[0].message}")
        return found

    @cached_property
    def _shipped(self) -> tuple[QuestionnaireReading, ...]:
        found = []
        for path in sorted(self._files):
            if path.startswith(_FOLDER) and path != _SURVEY:
                reading = read_questionnaire(f"standards/{path}", self._files[path], self._marking)
                if isinstance(reading, tuple):
                    raise InvalidInput(f"{reading[0].place}: {reading[0].message}")
                found.append(reading)
        return tuple(found)

    def _all(self) -> Iterator[QuestionnaireReading]:
        yield from self._shipped
        for file in self._own:
            reading = read_questionnaire(file.name, file.raw, self._marking)
            if not isinstance(reading, tuple):
                yield reading

    def open(self, wanted: str | NamedFile) -> Form | tuple[Finding, ...]:
        """The questionnaire of a name that ships, or in a file; or everything that is wrong with it.

        Raises NotFound for a name that does not ship.
        """
        if isinstance(wanted, str):
            reading = next((one for one in self._all() if one.questionnaire.id == wanted), None)
            if reading is None:
                names = ", ".join(one.id for one in self.shipped)
                hint = f"careloop ships {names}; name a file for any other"
                raise NotFound(f"there is no questionnaire '{wanted}'", hint=hint)
        else:
            read = read_questionnaire(wanted.name, wanted.raw, self._marking)
            if isinstance(read, tuple):
                return read
            reading = read
        form = prepare_form(reading.questionnaire)
        if isinstance(form, Form):
            return form
        moved = [Flaw(one.code, one.message, reading.source(one.pointer), one.remedy, one.offset) for one in form]
        return place_flaws(reading.text, moved)


def place_flaws(text: PlacedText, flaws: Iterable[Flaw]) -> tuple[Finding, ...]:
    """Flaws as findings at their places in the file, in the order of places."""
    listed = list(flaws)
    whole = [
        Problem(one.code, one.message, pointer=one.pointer, remedy=one.remedy) for one in listed if one.offset is None
    ]
    return tuple(sorted([*text.findings(whole), *_within(text, listed)], key=lambda one: (one.place, one.rule)))


def _within(text: PlacedText, flaws: Iterable[Flaw]) -> Iterator[Finding]:
    for one in flaws:
        if one.offset is not None:
            place = text.inside(one.pointer, one.offset)
            yield error_finding(one.code, one.message, place, pointer=one.pointer, remedy=one.remedy)
