"""The sheet that a person fills in, empty or begun with earlier answers."""

from careloop.assessments.answer_check import check_answers
from careloop.assessments.form import Form
from careloop.assessments.visibility import look_at
from careloop.checks.questionnaire_shelf import NamedFile, QuestionnaireShelf, place_flaws
from careloop.documents.answers_file import read_answers
from careloop.domain.finding import Finding
from careloop.errors import InvalidInput, UsageError
from careloop.ports.standards_library import StandardsLibrary
from careloop.reports.answer_sheet import answer_sheet

__all__ = ["answer_sheet_for"]


def answer_sheet_for(
    questionnaire: str | NamedFile, filled: NamedFile | None = None, *, standards: StandardsLibrary
) -> str:
    """The sheet as YAML. Earlier answers may leave questions open, and must otherwise fit.

    Raises `InvalidInput` with every place when they do not, or when the questionnaire cannot be read.
    """
    form = QuestionnaireShelf(standards.read_all()).open(questionnaire)
    if not isinstance(form, Form):
        raise _refused("the questionnaire cannot be used", form)
    if filled is None:
        return answer_sheet(form.questionnaire)
    reading = read_answers(filled.name, filled.raw)
    if isinstance(reading, tuple):
        raise _refused("the answers cannot be read", reading)
    if reading.listed:
        raise UsageError(f"{filled.name} holds a list of answer sets", hint="give a file that holds one")
    (answers,) = reading.sets
    flaws = check_answers(form, answers, look_at(form, answers))
    wrong = place_flaws(reading.text, (flaw for flaw in flaws if flaw.code != "missing-answer"))
    if wrong:
        raise _refused("the answers do not fit the questionnaire", wrong)
    return answer_sheet(form.questionnaire, answers)


def _refused(what: str, errors: tuple[Finding, ...]) -> InvalidInput:
    return InvalidInput("\n".join([what, *(f"{error.place}  {error.message}" for error in errors)]))
