"""From scores and answers to a level: the highest that a threshold or a rule reaches, and why."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from careloop.assessments.form import Form
from careloop.assessments.points import exact
from careloop.assessments.visibility import holds
from careloop.domain.answer_set import Answer
from careloop.domain.assessment_score import PartScore
from careloop.domain.questionnaire import Level

__all__ = ["LevelVerdict", "level_by_threshold", "level_of"]


@dataclass(frozen=True, slots=True)
class LevelVerdict:
    """A level, counted from 1, and what decided."""

    level: int
    because: tuple[str, ...]


def level_by_threshold(levels: tuple[Level, ...], current: Fraction, most: Fraction) -> int:
    """The highest level whose threshold the current score exceeds; a threshold itself still belongs to the level below.

    >>> levels = (Level(id="low", title="Low"), Level(id="high", title="High", above=0.25))
    >>> [level_by_threshold(levels, Fraction(score), Fraction(168)) for score in (0, 42, 43)]
    [1, 1, 2]
    """
    passed = (
        number
        for number, level in enumerate(levels, start=1)
        if level.above is not None and current > exact(level.above) * most
    )
    return max(passed, default=1)


def level_of(form: Form, parts: tuple[PartScore, ...], answers: Mapping[str, Answer]) -> LevelVerdict:
    """The level of the whole: that of the worst part, or higher where a rule says so. Nothing is averaged."""
    by_rule = {
        number: tuple(because for condition, because in rules if holds(condition, answers))
        for number, rules in enumerate(form.level_rules, start=1)
    }
    level = max(*(part.level for part in parts), *(number for number, reasons in by_rule.items() if reasons), 1)
    because = (*by_rule[level], *_passed(form, parts, level))
    return LevelVerdict(level, because or ("no threshold is passed and no rule holds",))


def _passed(form: Form, parts: tuple[PartScore, ...], level: int) -> Iterator[str]:
    above = form.questionnaire.levels[level - 1].above
    for part in parts:
        if above is not None and part.level == level:
            whose = part.title if form.questionnaire.parts else "the current score"
            share = f"{float(part.current / part.max_raw):.0%}"
            yield f"{whose}: {_shown(part.current)} of {_shown(part.max_raw)}, {share}, is above {above:.0%}"


def _shown(number: Fraction) -> str:
    return f"{float(number):.4g}"
