"""A gap assessment as a page that stands alone: the answer, what to do, the chart with its table, every requirement."""

from collections.abc import Iterable, Iterator
from html import escape

from careloop.domain.gap import GapKind, GapResult, GapRow, OpenClaim, PlanStep, Road, UrgentSystem
from careloop.reports.gap_chart import CHART_STYLE, gantt_svg
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
    milestone_reason,
    milestone_state,
    missing_of,
    owner_words,
    road_words,
    short_id,
    shortened,
    source_words,
)
from careloop.reports.page_frame import page

__all__ = ["gap_page"]

_CLASSES = {GapKind.NONCONFORMITY: "bad", GapKind.GAP: "warn", GapKind.IMPROVEMENT: "warn", GapKind.NONE: "good"}
_MOST_OPEN = 12


def gap_page(result: GapResult) -> str:
    """The whole assessment as HTML."""
    title = f"Gap assessment: {result.organisation or 'unnamed organisation'}"
    return page(title, "\n".join(_body(result, title)), style=CHART_STYLE)


def _body(result: GapResult, title: str) -> Iterator[str]:
    found = result.assessment
    yield f'<h1>{escape(title)}</h1>\n<p class="answer">{escape(answer(result))}</p>'
    yield f'<p class="soft">{escape(source_words(result))}</p>'
    if found.problems:
        yield '<h2>Errors in the plan</h2><ul class="errors">'
        yield from (
            f'<li><code>{escape(str(one.place))}</code> <span class="bad">{escape(one.message)}</span> '
            f"Mend: {escape(one.remedy)}.</li>"
            for one in found.problems
        )
        yield "</ul>"
    if found.urgent:
        yield "<h2>High-risk systems that need action first</h2>"
        yield from (_system(system) for system in found.urgent)
    if found.road is not None:
        yield from _road(found.road, result.organisation)
    for kind, heading in MISSING_HEADINGS.items():
        items = missing_of(found.missing, kind)
        if items:
            yield f"<h2>{heading}</h2>"
            rows = ((one.title, shortened(one.because), one.remedy) for one in items)
            yield _table(f"{heading}: {len(items)}", ("What", "Why", "What mends it"), rows)
    yield from _requirements(result)
    yield f'<p class="soft">{escape(" ".join(CAVEATS))}</p>'


def _table(caption: str, heads: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    """A table that scrolls by itself on a narrow screen; the first cell of a row is its heading."""
    lines = [f'<th scope="col">{escape(head)}</th>' for head in heads]
    body = []
    for first, *rest in rows:
        cells = "".join(cell if isinstance(cell, _Html) else f"<td>{escape(str(cell))}</td>" for cell in rest)
        body.append(f'<tr><th scope="row">{escape(str(first))}</th>{cells}</tr>')
    return (
        f'<div class="wide" role="region" tabindex="0" aria-label="{escape(caption)}"><table>'
        f"<caption>{escape(caption)}</caption><thead><tr>{''.join(lines)}</tr></thead>"
        f"<tbody>{''.join(body)}</tbody></table></div>"
    )


class _Html(str):
    """A cell that is HTML already."""

    __slots__ = ()


def _system(system: UrgentSystem) -> str:
    head = f"{system.name}: {system.tier.value.replace('_', ' ')}, {system.lifecycle.value}"
    rows = ((claim.text, shortened(claim.because), claim.remedy) for claim in system.open)
    owner = f'<p class="soft">Owner: {escape(system.owner)}; {len(system.open)} open, the heaviest first.</p>'
    return f"<h3>{escape(head)}</h3>{owner}" + _table(head, ("What must hold", "Why it does not", "Next"), rows)


def _road(road: Road, organisation: str) -> Iterator[str]:
    yield f"<h2>The road to certification</h2><p>{escape(road_words(road))}.</p>"
    rows = ((one.title, _day(milestone_state(one)), milestone_reason(one)) for one in road.milestones)
    yield _table("Milestones", ("Milestone", "Day", "Why"), rows)
    title = f"The road to certification{f' of {organisation}' if organisation else ''}"
    yield (
        f'<figure class="wide" role="region" tabindex="0" aria-label="Chart of the road">'
        f"{gantt_svg(road, title=title, alone=False)}"
        "<figcaption>The same as in the table below.</figcaption></figure>"
    )
    yield _table(
        "Actions, in the order of the calendar",
        ("Action", "What", "Owner", "Effort", "Start", "Due", "After", "Critical", "Begin with"),
        (_step(step) for step in road.steps),
    )
    yield f"<p>Critical path: {escape(' → '.join(road.critical_path))}</p>"


def _step(step: PlanStep) -> tuple[object, ...]:
    word = "yes" if step.critical else f"no, {step.slack} days of slack" if step.slack is not None else "not needed"
    return (
        step.id,
        step.title,
        owner_words(step),
        days_words(step.days),
        _day(str(step.start)),
        _day(str(step.due)),
        ", ".join(step.after) or "nothing",
        _Html(f'<td class="{"bad" if step.critical else "soft"}">{escape(word)}</td>'),
        step.remedies[0] if step.remedies else "-",
    )


def _day(text: str) -> _Html:
    return _Html(f'<td class="day">{escape(text)}</td>')


def _requirements(result: GapResult) -> Iterator[str]:
    found = result.assessment
    for heading, rows in grouped(found.rows):
        yield f"<h2>{heading}</h2><p>{escape(counted_states(rows))}.</p>"
        heads = ("Id", "Title", "Status", "Weight", "Claims held", "Why", "What is open")
        yield _table(heading, heads, (_row(row, result) for row in rows))
    yield "<h2>CARE maturity</h2><p>0 absent, 1 written, 2 running, 3 measured, 4 improving.</p><ul>"
    yield from (f"<li>{escape(one.phase.value)}: {escape(maturity_words(one))}</li>" for one in found.maturity)
    yield "</ul><h2>What shows what</h2><p>Nothing is dropped because a tool cannot see it.</p><ul>"
    yield from (f"<li>{escape(coverage_words(one))}</li>" for one in found.coverage)
    yield "</ul>"


def _row(row: GapRow, result: GapResult) -> tuple[object, ...]:
    words = "; ".join(part for part in (row.because, age_words(row, result.assessment.on)) if part)
    still_open = "".join(_open_item(claim) for claim in row.open[:_MOST_OPEN])
    return (
        short_id(row.requirement.id),
        row.requirement.title,
        row.status.value if row.level is None else f"level {row.level}",
        _Html(f'<td class="{_CLASSES[row.kind]}">{KIND_WORDS[row.kind]}</td>'),
        f"{row.held} of {row.total}",
        words,
        _Html(f"<td>{f'<ul>{still_open}</ul>' if still_open else 'nothing'}</td>"),
    )


def _open_item(claim: OpenClaim) -> str:
    there = f" There, and no evidence yet: {', '.join(claim.there[:3])}." if claim.there else ""
    reason = shortened(claim.because)
    return f'<li>{escape(claim.text)} <span class="soft">{escape(reason)}.{escape(there)}</span></li>'
