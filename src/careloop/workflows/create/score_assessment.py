"""Score answers to a questionnaire, or show a reader the part of them that concerns it (R18, R27, R61)."""

from collections.abc import Sequence
from dataclasses import dataclass

from careloop.assessments.answer_check import check_answers
from careloop.assessments.extract import Extract, extract
from careloop.assessments.flaw import did_you_mean
from careloop.assessments.form import Form
from careloop.assessments.score import score_answers
from careloop.assessments.visibility import Sight, look_at
from careloop.checks.questionnaire_shelf import NamedFile, QuestionnaireShelf, place_flaws
from careloop.documents.answers_file import AnswersReading, read_answers
from careloop.domain.assessment_result import AssessmentResult, ScoredSet
from careloop.domain.finding import Finding
from careloop.errors import InvalidInput, NotFound, UsageError
from careloop.ports.repository_source import RepositorySource
from careloop.ports.standards_library import StandardsLibrary, standards_digest

__all__ = ["extract_assessment", "score_assessment"]


@dataclass(frozen=True, slots=True)
class _Opened:
    """A form with answers that fit it; or errors."""

    form: Form | None
    reading: AnswersReading | None
    sights: tuple[Sight, ...]
    errors: tuple[Finding, ...] = ()


def score_assessment(
    answers: NamedFile,
    questionnaire: str | NamedFile | None,
    *,
    standards: StandardsLibrary,
    source: RepositorySource,
    own: Sequence[NamedFile] = (),
) -> AssessmentResult:
    """Score every answer set of a file. If one does not fit, none is scored, and everything that does not is told.

    `questionnaire` is the name of one that ships or is among `own`, or a file; null takes the one that the answers
    name. `source` is the repository that the answers lie in.
    """
    files = standards.read_all()
    shelf = QuestionnaireShelf(files, own)
    opened = _open(answers, questionnaire, shelf)
    scored: tuple[ScoredSet, ...] = ()
    if opened.form is not None and opened.reading is not None and not opened.errors:
        pairs = zip(opened.reading.sets, opened.sights, strict=True)
        scored = tuple(ScoredSet(one.header, score_answers(opened.form, sight)) for one, sight in pairs)
    return AssessmentResult(
        questionnaire=opened.form.questionnaire if opened.form else None,
        scored=scored,
        listed=opened.reading is not None and opened.reading.listed,
        errors=opened.errors,
        standards_digest=standards_digest(files),
        commit=source.head().commit,
    )


def extract_assessment(
    answers: NamedFile,
    questionnaire: str | NamedFile | None,
    profile: str,
    *,
    standards: StandardsLibrary,
    own: Sequence[NamedFile] = (),
) -> Extract:
    """The part of one filled-in questionnaire that a profile asks for.

    Raises `InvalidInput` with every error when the answers do not fit, `NotFound` for a profile that is not there.
    """
    opened = _open(answers, questionnaire, QuestionnaireShelf(standards.read_all(), own))
    if opened.errors or opened.form is None or opened.reading is None:
        told = "\n".join(f"{error.place}  {error.message}" for error in opened.errors)
        raise InvalidInput(f"the answers do not fit the questionnaire\n{told}", hint="run `care assess score` on them")
    if len(opened.sights) != 1:
        raise UsageError(f"{answers.name} holds {len(opened.sights)} answer sets", hint="give a file that holds one")
    profiles = {one.id: one for one in opened.form.questionnaire.profiles}
    if profile not in profiles:
        message = f"{opened.form.questionnaire.id} has no profile '{profile}'{did_you_mean(profile, profiles)}"
        raise NotFound(message, hint=f"it has {', '.join(profiles) or 'none'}")
    subject = opened.reading.sets[0].header.subject
    return extract(opened.form, opened.sights[0], profiles[profile], subject=subject)


def _open(answers: NamedFile, questionnaire: str | NamedFile | None, shelf: QuestionnaireShelf) -> _Opened:
    reading = read_answers(answers.name, answers.raw)
    if isinstance(reading, tuple):
        wanted_form = shelf.open(questionnaire) if questionnaire is not None else ()
        errors = (*wanted_form, *reading) if isinstance(wanted_form, tuple) else reading
        return _Opened(wanted_form if isinstance(wanted_form, Form) else None, None, (), errors)
    form = shelf.open(_named_in(reading) if questionnaire is None else questionnaire)
    if isinstance(form, tuple):
        return _Opened(None, reading, (), form)
    sights = tuple(look_at(form, one) for one in reading.sets)
    flaws = [flaw for one, sight in zip(reading.sets, sights, strict=True) for flaw in check_answers(form, one, sight)]
    return _Opened(form, reading, sights, place_flaws(reading.text, flaws))


def _named_in(reading: AnswersReading) -> str:
    names = {one.header.questionnaire for one in reading.sets}
    if len(names) != 1 or None in names:
        problem = "name no questionnaire" if names == {None} else "are not all for the same questionnaire"
        hint = "give --questionnaire, or write `questionnaire:` above the answers"
        raise UsageError(f"the answers in {reading.text.name} {problem}", hint=hint)
    return str(names.pop())
