"""A scored questionnaire as JSON for machines and as lines for people: score, level, what raised it, what follows."""

from collections.abc import Iterator
from fractions import Fraction
from textwrap import shorten
from typing import Any

from careloop import __version__
from careloop.domain.assessment_result import AssessmentResult, ScoredSet
from careloop.domain.assessment_score import AssessmentScore, PartScore, SectionScore
from careloop.domain.questionnaire import Obligation, Questionnaire
from careloop.reports.check_report import finding_json

__all__ = ["assessment_json", "assessment_lines"]

_DRIVERS_SHOWN = 5
_NAMES_SHOWN = 6
_ANSWER_SHOWN = 100


def assessment_json(result: AssessmentResult) -> dict[str, Any] | list[dict[str, Any]]:
    """The answer: one object, or a list of such for a list of answer sets; an object with `errors` when there are any.

    `raw`, `mitigation`, `current`, `level`, `max_raw` and `max_mitigation` stand at the top of each.
    """
    head = {
        "schema": "careloop/assess/v1",
        "careloop_version": __version__,
        "standards_digest": result.standards_digest,
        "commit": result.commit,
    }
    if result.errors or result.questionnaire is None:
        return {**head, "errors": [finding_json(error) for error in result.errors]}
    questionnaire = result.questionnaire
    each = [{**head, **_scored_json(questionnaire, one)} for one in result.scored]
    return each if result.listed else each[0]


def _scored_json(questionnaire: Questionnaire, one: ScoredSet) -> dict[str, Any]:
    score = one.score
    return {
        "questionnaire": questionnaire.id,
        "title": questionnaire.title,
        "subject": one.header.subject,
        "by": one.header.by,
        "on": one.header.on.isoformat() if one.header.on else None,
        "raw": _number(score.raw),
        "mitigation": _number(score.mitigation),
        "current": _number(score.current),
        "level": score.level,
        "max_raw": _number(score.max_raw),
        "max_mitigation": _number(score.max_mitigation),
        "level_id": score.level_is.id,
        "level_title": score.level_is.title,
        "because": list(score.because),
        "caution": questionnaire.caution,
        "parts": [_part_json(part) for part in score.parts],
        "sections": [_numbers(section) for section in score.sections],
        "drivers": [
            {
                "question": driver.question,
                "text": driver.text,
                "answer": driver.answer,
                "points": _number(driver.points),
                "most": _number(driver.most),
                "part": driver.part,
                "section": driver.section,
            }
            for driver in score.drivers
        ],
        "obligations": [one.model_dump(mode="json", exclude={"levels", "when"}) for one in score.obligations],
        "hidden_answers": list(score.hidden),
        "hidden_answers_count": score.hidden_count,
        "missing_answers": list(score.missing),
        "unproven_answers": list(score.unproven),
        "differs_from_expected": list(one.differing),
    }


def _part_json(part: PartScore) -> dict[str, Any]:
    asked = {"asked_mitigation": _number(part.asked_mitigation)}
    return {**_numbers(part), **asked, "current": _number(part.current), "level": part.level}


def _numbers(scores: PartScore | SectionScore) -> dict[str, Any]:
    return {
        "id": scores.id,
        "title": scores.title,
        "raw": _number(scores.raw),
        "mitigation": _number(scores.mitigation),
        "max_raw": _number(scores.max_raw),
        "max_mitigation": _number(scores.max_mitigation),
    }


def _number(number: Fraction) -> int | float:
    """A whole number where it is one, else rounded to six decimals."""
    return int(number) if number.denominator == 1 else round(float(number), 6)


def assessment_lines(result: AssessmentResult) -> Iterator[tuple[str, str]]:
    """Lines to print, each with a style; for a list of answer sets a line each."""
    questionnaire = result.questionnaire
    if questionnaire is None:
        return
    if result.listed:
        for number, one in enumerate(result.scored, start=1):
            style = "error" if one.differing else ""
            yield style, f"{number}  {one.header.subject or '-'}  {_summary(questionnaire, one)}{_difference(one)}"
        return
    for one in result.scored:
        yield from _set_lines(questionnaire, one)


def _set_lines(questionnaire: Questionnaire, one: ScoredSet) -> Iterator[tuple[str, str]]:
    score = one.score
    about = f"   {one.header.subject}" if one.header.subject else ""
    yield "heading", f"{questionnaire.title}   [{questionnaire.id}]{about}"
    yield "summary", _summary(questionnaire, one)
    if score.level_is.meaning:
        yield "", f"    {score.level_is.meaning}"
    for reason in score.because:
        yield "detail", f"    because {reason}"
    if one.differing:
        yield "error", f"    not what the file expects{_difference(one)}"
    yield from _tables(score)
    yield from _driver_lines(score)
    yield from _obligation_lines(score.obligations)
    yield from _notes(questionnaire, score)


def _summary(questionnaire: Questionnaire, one: ScoredSet) -> str:
    score = one.score
    level = f"level {score.level} of {len(questionnaire.levels)}: {score.level_is.title}"
    if not score.max_raw and not score.max_mitigation:
        return f"{level} · by rule, without a sum"
    mitigation = f" · mitigation {_of(score.mitigation, score.max_mitigation)}" if score.max_mitigation else ""
    return f"{level} · raw {_of(score.raw, score.max_raw)}{mitigation} · current {_shown(score.current)}"


def _difference(one: ScoredSet) -> str:
    expected = one.header.expected or {}
    return "".join(f" · {name} should be {expected[name]:g}" for name in one.differing)


def _tables(score: AssessmentScore) -> Iterator[tuple[str, str]]:
    if len(score.parts) > 1:
        yield "", ""
        yield "heading", "whose risk"
        for part in score.parts:
            mitigated = f"mitigation {_of(part.mitigation, part.asked_mitigation)} asked for"
            numbers = f"raw {_of(part.raw, part.max_raw)}  {mitigated}  current {_shown(part.current)}"
            yield "", f"  {part.title:<28} level {part.level}  {numbers}"
    if len(score.sections) > 1:
        yield "", ""
        yield "heading", "sections"
        for section in score.sections:
            told = [f"raw {_of(section.raw, section.max_raw)}"] if section.max_raw else []
            told += [f"mitigation {_of(section.mitigation, section.max_mitigation)}"] if section.max_mitigation else []
            yield "", f"  {section.title:<44} {'  '.join(told)}"


def _driver_lines(score: AssessmentScore) -> Iterator[tuple[str, str]]:
    if not score.drivers:
        return
    yield "", ""
    yield "heading", "what raised it most"
    for driver in score.drivers[:_DRIVERS_SHOWN]:
        whose = f" ({driver.part})" if driver.part else ""
        yield "", f"  {_of(driver.points, driver.most)}{whose}  {driver.text}"
        yield "detail", f"      {shorten(driver.answer, _ANSWER_SHOWN, placeholder='…')}   [{driver.question}]"
    rest = len(score.drivers) - _DRIVERS_SHOWN
    if rest > 0:
        yield "detail", f"  and {rest} more; --format json lists all"


def _obligation_lines(obligations: tuple[Obligation, ...]) -> Iterator[tuple[str, str]]:
    yield "", ""
    yield "heading", "what follows" if obligations else "nothing follows from this level"
    for obligation in obligations:
        since = f" · from {obligation.applies_from}" if obligation.applies_from else ""
        source = f"   [{obligation.reference}]" if obligation.reference else ""
        unsure = " · not verified" if not obligation.verified else ""
        yield "", f"  {obligation.text}{since}{unsure}{source}"


def _notes(questionnaire: Questionnaire, score: AssessmentScore) -> Iterator[tuple[str, str]]:
    notes: list[str] = []
    if score.hidden:
        what = "count all the same" if score.hidden_count else "count for nothing"
        notes.append(f"answers to questions that other answers hide {what}: {_listed(score.hidden)}")
    if score.missing:
        notes.append(f"asked for and not answered: {_listed(score.missing)}")
    if score.unproven:
        notes.append(f"these count less, for no evidence is named: {_listed(score.unproven)}")
    if questionnaire.caution:
        notes.append(questionnaire.caution)
    if notes:
        yield "", ""
    for note in notes:
        yield "warn", f"note: {note}"


def _listed(names: tuple[str, ...]) -> str:
    more = len(names) - _NAMES_SHOWN
    return ", ".join(names[:_NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _of(number: Fraction, most: Fraction) -> str:
    return f"{_shown(number)} of {_shown(most)}"


def _shown(number: Fraction) -> str:
    return f"{float(number):.4g}"
