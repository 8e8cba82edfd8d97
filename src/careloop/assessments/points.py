"""What one answer weighs, and the most that a question and a questionnaire can give; exact, without rounding."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from careloop.domain.answer_set import Answer
from careloop.domain.questionnaire import AssuranceScoring, Option, Question, QuestionKind, Side, SumScoring

__all__ = ["Maximum", "applies", "counts_as_unproven", "exact", "maxima_of", "most_points", "points"]


@dataclass(frozen=True, slots=True)
class Maximum:
    """The highest scores that a questionnaire can give, hidden questions included."""

    raw: Fraction
    mitigation: Fraction


def exact(number: float) -> Fraction:
    """The number as it is written in decimals, so that 0.4 of 154 is 61.6 and not a little more or less.

    >>> exact(0.4) * 154
    Fraction(308, 5)
    """
    return Fraction(str(number))


def points(question: Question, chosen: Iterable[Option], answer: Answer) -> Fraction:
    """Points of an answer: the weights of what was chosen, times the question's own weight."""
    return exact(question.weight) * sum((_weight(option, answer) for option in chosen), Fraction(0))


def _weight(option: Option, answer: Answer) -> Fraction:
    unproven = counts_as_unproven(option, answer)
    return exact(option.unproven if unproven and option.unproven is not None else option.weight)


def counts_as_unproven(option: Option, answer: Answer) -> bool:
    """Whether the option asks for evidence and none is named."""
    return option.asks == "evidence" and answer.evidence is None


def applies(chosen: Iterable[Option]) -> bool:
    """Whether the question applies: it does unless the answer says that it does not."""
    return all(option.applies for option in chosen)


def most_points(question: Question, options: Iterable[Option]) -> Fraction:
    """The most that a question can give: its highest weight, or the sum where several answers go together."""
    offered = list(options)
    highest = max((exact(option.weight) for option in offered), default=Fraction(0))
    if question.kind is QuestionKind.MANY:
        together = sum((exact(option.weight) for option in offered if not option.alone), Fraction(0))
        highest = max(highest, together)
    return exact(question.weight) * highest


def maxima_of(scoring: SumScoring | AssuranceScoring, most: Iterable[tuple[Side | None, Fraction]]) -> Maximum:
    """The highest scores by the method: sums, or the highest risk weight and an assurance of 1."""
    listed = list(most)
    risks = [points for side, points in listed if side is Side.RISK]
    mitigations = [points for side, points in listed if side is Side.MITIGATION]
    if scoring.method == "sum":
        return Maximum(sum(risks, Fraction(0)), sum(mitigations, Fraction(0)))
    return Maximum(max(risks, default=Fraction(0)), Fraction(int(any(mitigations))))
