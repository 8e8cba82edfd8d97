"""Answers in, score out: raw risk, mitigation, what is left of the risk, the level, and what follows from it.

All is computed in exact fractions. Nothing here asks whether the answers fit: `answer_check` does that before.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import floor

from careloop.assessments.answer_check import missing_answers
from careloop.assessments.form import Form, Item
from careloop.assessments.level import level_by_threshold, level_of
from careloop.assessments.points import Maximum, applies, counts_as_unproven, exact, maxima_of, points
from careloop.assessments.visibility import Sight, holds
from careloop.domain.answer_set import Answer
from careloop.domain.assessment_score import AssessmentScore, Driver, PartScore, SectionScore
from careloop.domain.questionnaire import AssuranceScoring, Obligation, Option, Part, Side, SumScoring

__all__ = ["score_answers"]

_NOTHING = Fraction(0)


@dataclass(frozen=True, slots=True)
class _Tally:
    """A question with what its answer gave."""

    item: Item
    chosen: tuple[Option, ...]
    points: Fraction
    asked: bool
    """Whether it applies: it is shown, and its answer does not say otherwise."""
    unproven: bool


def score_answers(form: Form, sight: Sight) -> AssessmentScore:
    """The score of answers that fit the form, as far as they count."""
    questionnaire = form.questionnaire
    tallies = [_tally(item, sight) for item in form.items.values()]
    parts = tuple(_part_scores(form, tallies))
    verdict = level_of(form, parts, sight.counted)
    return AssessmentScore(
        raw=sum((part.raw for part in parts), _NOTHING),
        mitigation=sum((part.mitigation for part in parts), _NOTHING),
        current=sum((part.current for part in parts), _NOTHING),
        max_raw=form.maximum.raw,
        max_mitigation=form.maximum.mitigation,
        level=verdict.level,
        level_is=questionnaire.levels[verdict.level - 1],
        because=verdict.because,
        sections=tuple(_section_scores(form, tallies)),
        parts=parts,
        drivers=tuple(_drivers(tallies)),
        obligations=tuple(_obligations(form, verdict.level, sight)),
        hidden=sight.hidden,
        hidden_count=questionnaire.hidden_answers == "counted",
        missing=missing_answers(form, sight),
        unproven=tuple(tally.item.question.id for tally in tallies if tally.unproven),
    )


def _tally(item: Item, sight: Sight) -> _Tally:
    answer = sight.counted.get(item.question.id, Answer(()))
    chosen = tuple(item.options[value] for value in answer.values if value in item.options)
    asked = item.question.id in sight.shown and applies(chosen)
    unproven = any(counts_as_unproven(option, answer) for option in chosen)
    return _Tally(item, chosen, points(item.question, chosen, answer), asked, unproven)


def _of_side(tallies: Iterable[_Tally], side: Side) -> Iterator[_Tally]:
    return (tally for tally in tallies if tally.item.side is side)


def _sums(scoring: SumScoring | AssuranceScoring, tallies: list[_Tally]) -> tuple[Fraction, Fraction]:
    """Raw score and mitigation of some questions.

    By sums both are sums. By assurance the raw score is the highest weight, and mitigation the share of the points that
    the applicable questions could give: one that is shown and left open gives none of its share.
    """
    risks = [tally.points for tally in _of_side(tallies, Side.RISK)]
    given = list(_of_side(tallies, Side.MITIGATION))
    if isinstance(scoring, SumScoring):
        return sum(risks, _NOTHING), sum((tally.points for tally in given), _NOTHING)
    possible = _asked(tallies)
    assured = sum((tally.points for tally in given if tally.asked), _NOTHING) / possible if possible else _NOTHING
    return max(risks, default=_NOTHING), assured


def _maximum(scoring: SumScoring | AssuranceScoring, tallies: list[_Tally]) -> Maximum:
    return maxima_of(scoring, ((tally.item.side, tally.item.most) for tally in tallies))


def _part_scores(form: Form, tallies: list[_Tally]) -> Iterator[PartScore]:
    """The score of each part; of the whole as one part, where the questionnaire has none."""
    questionnaire = form.questionnaire
    parts = questionnaire.parts or (Part(id="whole", title=questionnaire.title),)
    for part in parts:
        own = [tally for tally in tallies if not questionnaire.parts or tally.item.part == part.id]
        raw, mitigation = _sums(questionnaire.scoring, own)
        maximum = _maximum(questionnaire.scoring, own)
        asked = _asked(own)
        current = _current(questionnaire.scoring, raw, mitigation, most=maximum.mitigation, asked=asked)
        yield PartScore(
            id=part.id,
            title=part.title,
            raw=raw,
            mitigation=mitigation,
            current=current,
            max_raw=maximum.raw,
            max_mitigation=maximum.mitigation,
            asked_mitigation=asked,
            level=level_by_threshold(questionnaire.levels, current, maximum.raw),
        )


def _asked(tallies: list[_Tally]) -> Fraction:
    """Points that the mitigation questions could give that are shown and apply."""
    return sum((tally.item.most for tally in _of_side(tallies, Side.MITIGATION) if tally.asked), _NOTHING)


def _current(
    scoring: SumScoring | AssuranceScoring, raw: Fraction, mitigation: Fraction, *, most: Fraction, asked: Fraction
) -> Fraction:
    """What is left of the raw score after mitigation."""
    if isinstance(scoring, AssuranceScoring):
        return raw * (1 - mitigation)
    whole = asked if scoring.relief_of == "asked" else most
    leaves = Fraction(1)
    for relief in scoring.relief:
        if whole and mitigation >= exact(relief.reached_at) * whole:
            leaves = min(leaves, exact(relief.leaves))
    left = raw * leaves
    return Fraction(floor(left + Fraction(1, 2))) if scoring.rounding == "half_up" else left


def _section_scores(form: Form, tallies: list[_Tally]) -> Iterator[SectionScore]:
    """Scores of the sections that can give any."""
    scoring = form.questionnaire.scoring
    for section in form.questionnaire.sections:
        own = [tally for tally in tallies if tally.item.section is section]
        maximum = _maximum(scoring, own)
        if maximum.raw or maximum.mitigation:
            raw, mitigation = _sums(scoring, own)
            yield SectionScore(
                id=section.id,
                title=section.title,
                raw=raw,
                mitigation=mitigation,
                max_raw=maximum.raw,
                max_mitigation=maximum.mitigation,
            )


def _drivers(tallies: list[_Tally]) -> list[Driver]:
    """Answers that raised the raw score, most points first; in the order of the questions where these are equal."""
    raising = [tally for tally in _of_side(tallies, Side.RISK) if tally.points]
    raising.sort(key=lambda tally: tally.points, reverse=True)
    return [
        Driver(
            question=tally.item.question.id,
            text=tally.item.question.text,
            answer="; ".join(option.text for option in tally.chosen if option.weight),
            points=tally.points,
            most=tally.item.most,
            side=Side.RISK,
            part=tally.item.part,
            section=tally.item.section.id,
        )
        for tally in raising
    ]


def _obligations(form: Form, level: int, sight: Sight) -> Iterator[Obligation]:
    name = form.questionnaire.levels[level - 1].id
    for obligation, condition in form.obligations:
        if name in obligation.levels and (condition is None or holds(condition, sight.counted)):
            yield obligation
