"""Answers to a questionnaire, as somebody gave them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from pydantic import Field

from careloop.domain.noun import Duration, Noun, Slug, Text
from careloop.domain.organisation import Approval
from careloop.domain.place import Pointer

__all__ = ["SCORE_NAMES", "Answer", "AnswerHeader", "AnswerSet"]

SCORE_NAMES = ("raw", "mitigation", "current", "level", "max_raw", "max_mitigation")
"""What a score says in numbers, in this order."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was chosen or written, and what was said with it."""

    values: tuple[str, ...]
    """One for a choice of one or for words; any number for a choice of many; none when it is left open."""
    listed: bool = False
    """Whether it was written as a list."""
    evidence: str | None = None
    reason: str | None = None


class AnswerHeader(Noun):
    """What stands above the answers: about what, by whom, when, and who answers for them.

    All of it may be left out by who only wants a score; a document of a repository (`Answered`) has the rest too.
    """

    questionnaire: Text | None = None
    """Id of the questionnaire that is answered."""
    subject: Text | None = None
    """Id or name of the system or supplier it is about."""
    by: Text | None = None
    on: date | None = None
    owner: Slug | None = None
    version: Text | None = None
    reviewed: date | None = None
    review_every: Duration | None = None
    approved: Approval | None = None
    expected: dict[str, float] | None = Field(default=None)
    """The score that these answers must give, for those who publish or keep both."""


@dataclass(frozen=True, slots=True)
class AnswerSet:
    """One filled-in questionnaire."""

    answers: Mapping[str, Answer]
    header: AnswerHeader = field(default_factory=AnswerHeader)
    at: Pointer = field(default=(), compare=False)
    """Where in its file the answers stand."""
