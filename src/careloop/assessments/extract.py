"""The part of an assessment that one reader asks for, such as an authority (R18)."""

from dataclasses import dataclass

from careloop.assessments.form import Form
from careloop.assessments.visibility import Sight
from careloop.domain.questionnaire import Profile

__all__ = ["Extract", "ExtractPart", "Statement", "extract"]


@dataclass(frozen=True, slots=True)
class Statement:
    """A question with its answer in words."""

    question: str
    text: str
    answer: str


@dataclass(frozen=True, slots=True)
class ExtractPart:
    """One item of the profile, with what answers it."""

    id: str
    title: str
    statements: tuple[Statement, ...]
    open: tuple[str, ...]
    """Questions of this item that are shown and have no answer: the item is not complete."""


@dataclass(frozen=True, slots=True)
class Extract:
    """A subset of an assessment."""

    questionnaire: str
    subject: str | None
    profile: Profile
    parts: tuple[ExtractPart, ...]

    @property
    def complete(self) -> bool:
        """Whether nothing that the reader asks for is open."""
        return not any(part.open for part in self.parts)


def extract(form: Form, sight: Sight, profile: Profile, *, subject: str | None = None) -> Extract:
    """What a profile asks for and nothing else; a question that other answers hide is left out."""
    return Extract(
        form.questionnaire.id,
        subject,
        profile,
        tuple(
            ExtractPart(
                part.id,
                part.title,
                tuple(_statement(form, sight, name) for name in part.questions if name in sight.counted),
                tuple(name for name in part.questions if name in sight.shown and name not in sight.counted),
            )
            for part in profile.parts
        ),
    )


def _statement(form: Form, sight: Sight, name: str) -> Statement:
    item, answer = form.items[name], sight.counted[name]
    words = [item.options[value].text if value in item.options else value for value in answer.values]
    words += [f"({said})" for said in (answer.reason, answer.evidence) if said]
    return Statement(name, item.question.text, "; ".join(words))
