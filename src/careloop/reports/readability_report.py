"""Reading grades as JSON for machines and as lines for people (CONTRACTS, JSON)."""

from collections.abc import Iterator
from typing import Any

from careloop import __version__
from careloop.domain.readability import HARD_GRADE, LEAST_WORDS, Readability, ReadingResult

__all__ = ["readability_json", "readability_lines"]

_REASONS = {
    "too_short": f"too short to judge (fewer than {LEAST_WORDS} words)",
    "not_english": "not judged: the formula is for English, and this does not look like it",
}


def readability_json(result: ReadingResult) -> dict[str, Any]:
    """The whole answer."""
    return {
        "schema": "careloop/readability/v1",
        "careloop_version": __version__,
        "standards_digest": result.standards_digest,
        "commit": result.commit,
        "dirty": result.dirty,
        "formula": "Flesch-Kincaid grade (Kincaid et al. 1975)",
        "warn_above": HARD_GRADE,
        "documents": [
            {
                "file": one.path,
                "grade": one.grade,
                "reason": one.reason,
                "warn": one.hard,
                "words": one.words,
                "sentences": one.sentences,
                "syllables": one.syllables,
                "hardest": one.hardest,
            }
            for one in result.documents
        ],
        "errors": list(result.unread),
    }


def readability_lines(result: ReadingResult) -> Iterator[tuple[str, str]]:
    """Lines to print, each with a style."""
    for one in result.documents:
        yield from _lines(one)
    judged = [one for one in result.documents if one.grade is not None]
    hard = sum(one.hard for one in judged)
    yield "", ""
    yield (
        "summary",
        (
            f"{len(judged)} of {len(result.documents)} documents judged, {hard} above grade {HARD_GRADE:.0f} "
            "(Flesch-Kincaid, school grades of the United States)"
        ),
    )
    yield "grey", "A formula sees long words and long sentences; whether it is clear, only a reader can say."


def _lines(one: Readability) -> Iterator[tuple[str, str]]:
    if one.grade is None:
        yield "grey", f"  -     {one.path}: {_REASONS[one.reason or '']}"
        return
    warning = f"  above {HARD_GRADE:.0f}" if one.hard else ""
    counts = f"{one.words:,} words, {one.words / one.sentences:.1f} a sentence"
    yield "warn" if one.hard else "good", f"  {one.grade:<5.1f} {one.path}: {counts}{warning}"
    if one.hard and one.hardest:
        yield "grey", f"        hardest: {one.hardest if len(one.hardest) < 200 else one.hardest[:199] + '…'}"
