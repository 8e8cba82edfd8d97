"""Answers of the repository with what they come to: asked by the checks of documents, and by the gate of a supplier."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from careloop.assessments.answer_check import check_answers
from careloop.assessments.form import Form, prepare_form
from careloop.assessments.score import score_answers
from careloop.assessments.visibility import look_at
from careloop.checks.questionnaire_shelf import QuestionnaireShelf
from careloop.domain.answered import Answered
from careloop.domain.assessment_score import AssessmentScore
from careloop.domain.questionnaire import Questionnaire
from careloop.domain.repository import Document, Repository

__all__ = ["ScoredAnswers", "forms_for", "score_document"]


@dataclass(frozen=True, slots=True)
class ScoredAnswers:
    """Answers that fit, with what they come to."""

    document: Document
    answered: Answered
    form: Form
    score: AssessmentScore

    @property
    def about(self) -> tuple[str, str]:
        """The questionnaire, whatever its edition, and the subject."""
        return self.answered.questionnaire.partition("@")[0], self.answered.subject


def forms_for(answers: Iterable[Answered], repository: Repository, shelf: QuestionnaireShelf) -> Mapping[str, Form]:
    """Questionnaires that can be answered, by name; those that ship are read only where something is answered."""
    wanted = {answered.questionnaire for answered in answers}
    if not wanted:
        return {}
    own = {one.id: prepare_form(one) for one in repository.nouns(Questionnaire)}
    ours = {one.id: shelf.open(one.id) for one in shelf.shipped if one.id in wanted}
    return {name: form for name, form in {**own, **ours}.items() if isinstance(form, Form)}


def score_document(document: Document, answered: Answered, forms: Mapping[str, Form]) -> Iterator[ScoredAnswers]:
    """What the answers in a document come to; nothing when they fit no questionnaire."""
    form, answers = forms.get(answered.questionnaire), answered.answer_set
    if form is not None and not check_answers(form, answers, sight := look_at(form, answers)):
        yield ScoredAnswers(document, answered, form, score_answers(form, sight))
