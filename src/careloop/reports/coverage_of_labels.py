"""How many of the answers that a monitor judges have a label, as lines and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from careloop.domain.alarm import LabelCoverage

__all__ = ["coverage_json", "coverage_lines"]

_FEW: Final = 0.5
"""Below this share of labelled answers the others could tell another story."""


def coverage_lines(found: Sequence[LabelCoverage]) -> Iterator[tuple[str, str]]:
    """Style and text, a line a monitor; amber where fewer than half have a label."""
    for one in found:
        if one.newest is None:
            yield "warn", f"labels: {one.monitor}: no answer's time for labels is over yet"
            continue
        share = one.labelled / one.answers if one.answers else 0.0
        newest = datetime.fromtimestamp(one.newest, UTC)
        yield (
            "warn" if share < _FEW else "grey",
            f"labels: {one.monitor}: {one.labelled:,} of {one.answers:,} answers ({share:.0%}) in cohorts up to "
            f"{newest:%Y-%m-%d %H:%MZ}; of that one {one.newest_labelled:,} of {one.newest_answers:,}",
        )


def coverage_json(found: Sequence[LabelCoverage]) -> list[dict[str, Any]]:
    """The same for machines."""
    return [
        {
            "monitor": one.monitor,
            "labelled": one.labelled,
            "answers": one.answers,
            "newest_cohort": None if one.newest is None else datetime.fromtimestamp(one.newest, UTC).isoformat(),
            "newest_labelled": one.newest_labelled,
            "newest_answers": one.newest_answers,
        }
        for one in found
    ]
