"""A gap assessment as Markdown, for a wiki, an issue or a reader without git."""

from collections.abc import Iterable, Iterator

from careloop.domain.gap import GapResult, Road
from careloop.reports.gap_words import (
    CAVEATS,
    KIND_WORDS,
    MISSING_HEADINGS,
    answer,
    counted_states,
    coverage_words,
    days_words,
    grouped,
    maturity_words,
    milestone_reason,
    milestone_state,
    missing_of,
    owner_words,
    road_words,
    short_id,
    shortened,
    source_words,
)

__all__ = ["gap_markdown"]

_SPECIAL = str.maketrans({char: f"\\{char}" for char in "\\`*_{}[]<>|#"})


def gap_markdown(result: GapResult) -> str:
    """The whole assessment as one document, ended by a line feed."""
    return "\n".join(_lines(result)) + "\n"


def _plain(text: object) -> str:
    """Text that no Markdown reader takes for a mark, on one line."""
    return " ".join(str(text).split()).translate(_SPECIAL)


def _table(heads: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{'|'.join(' --- ' for _ in heads)}|"
    for row in rows:
        yield f"| {' | '.join(_plain(cell) for cell in row)} |"
    yield ""


def _lines(result: GapResult) -> Iterator[str]:
    found = result.assessment
    yield f"# Gap assessment: {_plain(result.organisation or 'unnamed organisation')}"
    yield from ("", _plain(answer(result)), "", _plain(source_words(result)), "")
    if found.problems:
        yield from ("## Errors in the plan", "")
        yield from _table(
            ("Place", "What is wrong", "What mends it"),
            ((str(one.place), one.message, one.remedy) for one in found.problems),
        )
    if found.urgent:
        yield from ("## High-risk systems that need action first", "")
        yield from _table(
            ("System", "Tier", "Stage", "Owner", "Open", "First"),
            (
                (one.name, one.tier.value, one.lifecycle.value, one.owner, len(one.open), one.open[0].remedy)
                for one in found.urgent
            ),
        )
    if found.road is not None:
        yield from _road(found.road)
    for kind, heading in MISSING_HEADINGS.items():
        items = missing_of(found.missing, kind)
        if items:
            yield from (f"## {heading}", "")
            yield from _table(
                ("What", "Why", "What mends it"), ((one.title, shortened(one.because), one.remedy) for one in items)
            )
    yield from _rows(result)


def _road(road: Road) -> Iterator[str]:
    yield from ("## The road to certification", "", _plain(road_words(road)) + ".", "")
    yield from _table(
        ("Milestone", "Day", "Why"),
        ((one.title, milestone_state(one), milestone_reason(one)) for one in road.milestones),
    )
    yield from ("## Actions", "")
    yield from _table(
        ("Action", "Owner", "Effort", "Start", "Due", "After", "Critical"),
        (
            (
                f"{step.id}: {step.title}",
                owner_words(step),
                days_words(step.days),
                step.start,
                step.due,
                ", ".join(step.after) or "-",
                "yes" if step.critical else "no" if step.slack is not None else "not needed for certification",
            )
            for step in road.steps
        ),
    )
    yield from (f"Critical path: {_plain(' > '.join(road.critical_path))}", "")


def _rows(result: GapResult) -> Iterator[str]:
    found = result.assessment
    for heading, rows in grouped(found.rows):
        yield from (f"## {heading}", "", f"{counted_states(rows)}.", "")
        yield from _table(
            ("Id", "Title", "Status", "Weight", "Claims held", "Oldest evidence", "Why", "First thing open"),
            (
                (
                    short_id(row.requirement.id),
                    row.requirement.title,
                    row.status.value if row.level is None else f"level {row.level}",
                    KIND_WORDS[row.kind],
                    f"{row.held} of {row.total}",
                    row.oldest or "-",
                    row.because or "-",
                    row.open[0].text if row.open else "-",
                )
                for row in rows
            ),
        )
    yield from ("## CARE maturity", "", "0 absent, 1 written, 2 running, 3 measured, 4 improving.", "")
    yield from (f"- {one.phase.value}: {maturity_words(one)}" for one in found.maturity)
    yield from ("", "## What shows what", "")
    yield from (f"- {_plain(coverage_words(one))}" for one in found.coverage)
    yield from ("", *CAVEATS)
