"""The answer of `care assess score`: each answer set with its score, or what keeps them from being scored."""

from dataclasses import dataclass

from careloop.domain.answer_set import SCORE_NAMES, AnswerHeader
from careloop.domain.assessment_score import AssessmentScore
from careloop.domain.finding import Finding
from careloop.domain.questionnaire import Questionnaire

__all__ = ["AssessmentResult", "ScoredSet"]


@dataclass(frozen=True, slots=True)
class ScoredSet:
    """One answer set and its score."""

    header: AnswerHeader
    score: AssessmentScore

    @property
    def differing(self) -> tuple[str, ...]:
        """Names of the numbers in which the score is not the one that the answers' file expects."""
        expected = self.header.expected or {}
        given = {name: round(float(getattr(self.score, name)), 6) for name in SCORE_NAMES}
        return tuple(name for name in SCORE_NAMES if name in expected and given[name] != round(expected[name], 6))


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessmentResult:
    """A file of answers, scored."""

    questionnaire: Questionnaire | None
    """Null when the questionnaire itself cannot be read."""
    scored: tuple[ScoredSet, ...]
    listed: bool
    """Whether the file holds a list of answer sets."""
    errors: tuple[Finding, ...]
    standards_digest: str
    commit: str | None
    """Commit of the repository that the answers lie in; null outside git."""

    @property
    def exit_code(self) -> int:
        """2 when something cannot be read or does not fit, 1 when a score is not the expected one, else 0."""
        if self.errors:
            return 2
        return int(any(one.differing for one in self.scored))
