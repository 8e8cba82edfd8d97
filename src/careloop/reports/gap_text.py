"""A gap assessment as lines for a terminal: the answer first, then what to do, then the detail."""

from collections.abc import Iterator

from careloop.domain.gap import GapKind, GapResult, GapRow, Milestone, MissingKind, PlanStep, Road
from careloop.reports.gap_words import (
    CAVEATS,
    KIND_WORDS,
    MISSING_HEADINGS,
    age_words,
    answer,
    counted_states,
    coverage_words,
    days_words,
    grouped,
    maturity_words,
    milestone_state,
    missing_of,
    owner_words,
    road_words,
    short_id,
    shortened,
    source_words,
)

__all__ = ["gap_lines"]

_STYLES = {
    GapKind.NONCONFORMITY: "bad",
    GapKind.GAP: "warn",
    GapKind.IMPROVEMENT: "summary",
    GapKind.NONE: "grey",
}
_MOST_STEPS = 12
_MOST_CLAIMS = 5
_MOST_ITEMS = 12


def gap_lines(result: GapResult, *, everything: bool = False) -> Iterator[tuple[str, str]]:
    """Lines to print, each with a style; long lists are cut with a count unless `everything` is asked for."""
    found = result.assessment
    yield "summary", answer(result)
    yield "grey", source_words(result)
    for problem in found.problems:
        yield "error", f"{problem.place}  error  {problem.message}   [{problem.rule}]"
        yield "detail", f"    mend: {problem.remedy}"
    yield from _systems(result)
    if found.road is not None:
        yield from _road(found.road, everything=everything)
    yield from _missing(result, everything=everything)
    yield from _rows(result)
    yield from _levels(result)
    yield "", ""
    yield from (("grey", line) for line in CAVEATS)


def _systems(result: GapResult) -> Iterator[tuple[str, str]]:
    urgent = result.assessment.urgent
    if not urgent:
        return
    yield "", ""
    yield "heading", f"High-risk systems that need action first: {len(urgent)}"
    for system in urgent:
        line = f"  {system.id}: {system.tier.value}, {system.lifecycle.value}, owner {system.owner}"
        yield "bad", f"{line}; {len(system.open)} open"
        for claim in system.open[:_MOST_CLAIMS]:
            yield "", f"    {claim.text}"
            yield "grey", f"      next: {claim.remedy}"
        if len(system.open) > _MOST_CLAIMS:
            yield "grey", f"    and {len(system.open) - _MOST_CLAIMS} more"


def _road(road: Road, *, everything: bool) -> Iterator[tuple[str, str]]:
    yield "", ""
    yield "heading", "The road to certification"
    yield "", f"  {road_words(road)}"
    for milestone in road.milestones:
        yield _milestone(milestone)
    if unsure := sorted({str(one.source) for one in road.milestones if not one.verified}):
        yield "grey", f"  not verified: nobody has held {', '.join(unsure)} against its text yet"
    yield "", ""
    shown = road.steps if everything else road.steps[:_MOST_STEPS]
    yield "heading", f"Actions, in order: {len(road.steps)}"
    for step in shown:
        yield from _step(step)
    if len(shown) < len(road.steps):
        yield "grey", f"  and {len(road.steps) - len(shown)} more: `care gap --all`, or --format html"
    yield "", ""
    yield "heading", "Critical path: a day lost on it is a day lost for the certificate"
    yield "", f"  {' > '.join(road.critical_path)}"


def _milestone(milestone: Milestone) -> tuple[str, str]:
    style = "good" if milestone.reached else "warn" if milestone.critical else ""
    unsure = "" if milestone.verified else "  [not verified]"
    why = shortened(milestone.because, 90 - len(unsure))
    return style, f"  {milestone_state(milestone):<22} {milestone.title:<24} {why}{unsure}"


def _step(step: PlanStep) -> Iterator[tuple[str, str]]:
    mark = "*" if step.critical else " "
    slack = "" if step.slack is None else "; critical" if step.critical else f"; {step.slack} days of slack"
    yield "warn" if step.critical else "", f" {mark} {step.id:<18} due {step.due}  {step.title}"
    after = f"; after {', '.join(step.after)}" if step.after else ""
    yield "grey", f"     {owner_words(step)}; {days_words(step.days)} from {step.start}{slack}{after}"
    for remedy in step.remedies[:1]:
        more = f" (and {len(step.remedies) - 1} more)" if len(step.remedies) > 1 else ""
        yield "grey", f"     first: {remedy}{more}"


def _missing(result: GapResult, *, everything: bool) -> Iterator[tuple[str, str]]:
    for kind, heading in MISSING_HEADINGS.items():
        items = missing_of(result.assessment.missing, MissingKind(kind))
        if not items:
            continue
        yield "", ""
        yield "heading", f"{heading}: {len(items)}"
        shown = items if everything else items[:_MOST_ITEMS]
        for item in shown:
            yield "", f"  {item.title}: {shortened(item.because, 100)}"
        if len(shown) < len(items):
            yield "grey", f"  and {len(items) - len(shown)} more: `care gap --all`"


def _rows(result: GapResult) -> Iterator[tuple[str, str]]:
    for heading, rows in grouped(result.assessment.rows):
        yield "", ""
        yield "heading", f"{heading}: {counted_states(rows)}"
        for row in rows:
            yield from _row(row, result)


def _row(row: GapRow, result: GapResult) -> Iterator[tuple[str, str]]:
    status = row.status.value if row.level is None else f"level {row.level}"
    head = f"  {short_id(row.requirement.id):<9} {status:<9} {KIND_WORDS[row.kind]:<14}"
    yield _STYLES[row.kind], f"{head} {row.held:>2}/{row.total:<2} claims  {row.requirement.title}"
    if row.because:
        yield "grey", f"    {row.because}; {age_words(row, result.assessment.on)}"


def _levels(result: GapResult) -> Iterator[tuple[str, str]]:
    yield "", ""
    yield "heading", "CARE maturity: 0 absent, 1 written, 2 running, 3 measured, 4 improving"
    for one in result.assessment.maturity:
        yield "", f"  {one.phase.value:<7} {maturity_words(one)}"
    yield "", ""
    yield "heading", "What shows what: nothing is dropped because a tool cannot see it"
    for cover in result.assessment.coverage:
        yield "", f"  {coverage_words(cover)}"
    outside = [one.title for one in result.assessment.road.milestones if one.outside] if result.assessment.road else []
    if outside:
        yield "", f"  {len(outside)} milestones are decided by others: {', '.join(outside)}"
