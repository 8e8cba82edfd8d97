"""A filled-in questionnaire as a governed document: impact, supplier or legal class, owned, reviewed and approved."""

from datetime import date

from careloop.domain.answer_set import Answer, AnswerHeader, AnswerSet
from careloop.domain.noun import Governed, Noun, Slug, Text
from careloop.domain.organisation import Approval
from careloop.domain.questionnaire import QuestionnaireId, QuestionName

__all__ = ["Answered", "GivenAnswer"]


class GivenAnswer(Noun):
    """An answer, and what is said with it."""

    answer: str | tuple[str, ...] | None
    evidence: Text | None = None
    reason: Text | None = None


class Answered(Governed):
    """`assessments/*.yaml` (R9, R11, R61): what `care assess score` reads, with who answers for it."""

    questionnaire: QuestionnaireId
    """Edition that is answered: one that ships, or one of `questionnaires/`."""
    subject: Slug
    """Id of the system or the supplier it is about."""
    by: Slug
    on: date
    approved: Approval | None = None
    expected: dict[str, float] | None = None
    """The score that these answers gave, kept so that a changed questionnaire is noticed."""
    answers: dict[QuestionName, str | tuple[str, ...] | GivenAnswer | None]

    @property
    def answer_set(self) -> AnswerSet:
        """The answers in the shape that is scored."""
        header = AnswerHeader(questionnaire=self.questionnaire, subject=self.subject, expected=self.expected)
        return AnswerSet({name: _answer(given) for name, given in self.answers.items()}, header, ("answers",))


def _answer(given: str | tuple[str, ...] | GivenAnswer | None) -> Answer:
    if isinstance(given, GivenAnswer):
        plain = _answer(given.answer)
        return Answer(plain.values, plain.listed, given.evidence, given.reason)
    if isinstance(given, tuple):
        return Answer(given, listed=True)
    return Answer((given,)) if given and given.strip() else Answer(())
