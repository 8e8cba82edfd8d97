"""Coverage by area, as JSON and as lines (R13)."""

from collections.abc import Iterator, Sequence
from typing import Any

from careloop import __version__
from careloop.domain.status import RequirementState
from careloop.status.coverage import AreaCoverage

__all__ = ["coverage_json", "coverage_lines"]


def coverage_json(areas: Sequence[AreaCoverage], *, standards_digest: str, source: dict[str, Any]) -> dict[str, Any]:
    """The whole answer; `source` holds commit, dirty, as_of and in_force_by, ages are in days."""
    return {
        "schema": "careloop/coverage/v1",
        "careloop_version": __version__,
        "standards_digest": standards_digest,
        **source,
        "areas": [
            {
                "area": one.area,
                "controls": one.controls,
                "applicable": one.applicable,
                **{state.value: one.counts[state] for state in RequirementState},
                "evidence_age_days": {"oldest": one.oldest_days, "newest": one.newest_days},
                "undated_evidence": one.undated,
                "gaps": [
                    {
                        "control": gap.control,
                        "title": gap.title,
                        "status": gap.status.value,
                        "lacks": gap.lacks,
                        "remedy": gap.remedy,
                    }
                    for gap in one.gaps
                ],
            }
            for one in areas
        ],
    }


def coverage_lines(areas: Sequence[AreaCoverage]) -> Iterator[tuple[str, str]]:
    """A line an area and a line a gap, each with a style."""
    for one in areas:
        age = "no evidence with a day"
        if one.oldest_days is not None:
            age = f"evidence {one.newest_days} to {one.oldest_days} days old"
        undated = f", {one.undated} undated" if one.undated else ""
        style = "good" if not one.gaps else "heading"
        yield style, f"{one.area:<5}{one.covered} of {one.applicable} controls evidence complete; {age}{undated}"
        for gap in one.gaps:
            yield "should", f"     {gap.control.partition('/')[2]:<9}{gap.status.value}  {gap.title}"
            yield "detail", f"              {gap.lacks}"
    covered, applicable = sum(one.covered for one in areas), sum(one.applicable for one in areas)
    yield "summary", f"{covered} of {applicable} applicable controls in {len(areas)} areas are evidence complete"
