"""The road to certification as a Gantt chart: SVG of our own, for day and night, no script, no other host."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from html import escape
from typing import Final

from careloop.domain.gap import Milestone, PlanStep, Road

__all__ = ["CHART_STYLE", "gantt_svg"]

_LABELS: Final = 330
_PLOT: Final = 700
_RIGHT: Final = 130
_ROW: Final = 24
_TOP: Final = 58
_LONGEST: Final = 40
_GOAL: Final = "stage-2"

CHART_STYLE: Final = """
.gantt{--ink:#1b2430;--soft:#55606e;--line:#d5dae1;--paper:#ffffff;--bar:#3b6ea8;--hot:#b3361f;--wait:#8a6d1d;
--own:#4a7d46;font:13px/1.4 system-ui,"Segoe UI",Roboto,Helvetica,Arial,sans-serif}
@media (prefers-color-scheme:dark){.gantt{--ink:#e8ecf1;--soft:#a9b4c0;--line:#37414d;--paper:#12171d;--bar:#6fa3dd;
--hot:#ff8a73;--wait:#e0bd5a;--own:#8fc98a}}
.gantt .paper{fill:var(--paper)}.gantt text{fill:var(--ink);font-size:13px}.gantt .soft{fill:var(--soft)}
.gantt .grid{stroke:var(--line)}.gantt .bar{fill:var(--bar)}.gantt .beyond{fill:none;stroke:var(--bar);stroke-width:2}
.gantt .hot{fill:var(--hot)}.gantt .own{fill:var(--own)}.gantt .point{fill:var(--ink)}
.gantt .wait{stroke:var(--wait);stroke-width:4;stroke-dasharray:5 3}
.gantt .path{fill:none;stroke:var(--hot);stroke-width:1.5}
"""
"""For the chart, inside a page or alone."""


@dataclass(frozen=True, slots=True)
class _Row:
    """One line of the chart."""

    id: str
    label: str
    note: str
    start: date
    end: date
    """Last day, counted."""
    step: PlanStep | None
    milestone: Milestone | None
    critical: bool


@dataclass(frozen=True, slots=True)
class _Scale:
    first: date
    last: date

    def x(self, day: date) -> float:
        """Where a day begins."""
        whole = max(1, (self.last - self.first).days + 1)
        return round(_LABELS + _PLOT * max(0, (day - self.first).days) / whole, 1)


def gantt_svg(road: Road, *, title: str, alone: bool = True) -> str:
    """The chart; `alone` as a file of its own, else as a part of a page that has `CHART_STYLE` already."""
    rows = _rows(road)
    shown = [row for row in rows if row.end <= _horizon(road)]
    scale = _Scale(road.start, _horizon(road))
    height = _TOP + _ROW * len(rows) + 16
    width = _LABELS + _PLOT + _RIGHT
    name = escape(title)
    described = (
        f"Bars from start to due day, milestones as diamonds; {len(rows)} lines from {road.start} to {scale.last}."
    )
    style = f"<style>{CHART_STYLE}</style>" if alone else ""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="gantt" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" aria-labelledby="gantt-title gantt-text">'
        f'<title id="gantt-title">{name}</title><desc id="gantt-text">{escape(described)}</desc>{style}'
        f'<rect class="paper" width="{width}" height="{height}"/>'
    )
    body = [*_legend(), *_axis(scale, height)]
    body.extend(_path(rows, road, scale))
    for number, row in enumerate(rows):
        body.extend(_line(row, number, scale, inside=row in shown))
    return "\n".join([head, *body, "</svg>"]) + ("\n" if alone else "")


def _horizon(road: Road) -> date:
    """The last day of the axis: renewal is years away and would make all else a dot."""
    goal = next((one.on for one in road.milestones if one.id == _GOAL), road.start)
    return max([goal, *(step.due for step in road.steps)])


def _rows(road: Road) -> Sequence[_Row]:
    on_path = set(road.critical_path)
    found = [
        _Row(
            step.id,
            f"{step.id}: {step.title.rpartition(': ')[0] or step.title}",
            f"{step.owner_title}, due {step.due}",
            step.start,
            step.due,
            step,
            None,
            step.id in on_path,
        )
        for step in road.steps
    ]
    found += [
        _Row(
            one.id,
            one.title,
            "reached" if one.reached else str(one.on),
            one.start,
            one.on,
            None,
            one,
            one.id in on_path and not one.reached,
        )
        for one in road.milestones
    ]
    # A milestone stands below what it waits for and above what waits for it.
    return sorted(found, key=lambda row: (row.end, row.milestone is not None, row.start, row.id))


def _legend() -> Iterator[str]:
    parts = (
        ('<rect class="bar" x="{x}" y="8" width="22" height="12"/>', "work", 80),
        ('<rect class="hot" x="{x}" y="8" width="22" height="12"/>', "* critical: a day lost is lost for stage 2", 290),
        ('<rect class="beyond" x="{x}" y="9" width="20" height="10"/>', "beyond certification (CARE, Annex B)", 270),
        ('<rect class="own" x="{x}" y="8" width="22" height="12"/>', "your own step", 120),
        ('<line class="wait" x1="{x}" y1="14" x2="{x2}" y2="14"/>', "waiting", 80),
        ('<path class="point" d="M{x} 14l6-6 6 6-6 6z"/>', "milestone", 90),
    )
    x = 12
    for shape, word, width in parts:
        yield shape.format(x=x, x2=x + 22)
        yield f'<text x="{x + 28}" y="19">{word}</text>'
        x += width + 40


def _axis(scale: _Scale, height: int) -> Iterator[str]:
    """A line at the first of each month, with a name where there is room for one."""
    month = scale.first.replace(day=1)
    named = -100.0
    while month <= scale.last:
        x = scale.x(month)
        if x > _LABELS or month == scale.first:
            yield f'<line class="grid" x1="{x}" y1="{_TOP - 14}" x2="{x}" y2="{height - 10}"/>'
            if x - named > 62:
                yield f'<text class="soft" x="{x + 3}" y="{_TOP - 4}">{month:%Y-%m}</text>'
                named = x
        month = (month + timedelta(days=32)).replace(day=1)


def _line(row: _Row, number: int, scale: _Scale, *, inside: bool) -> Iterator[str]:
    y = _TOP + _ROW * number
    mark = "* " if row.critical else ""
    label = row.label if len(row.label) <= _LONGEST else row.label[: _LONGEST - 1] + "…"
    yield f'<text x="12" y="{y + 16}">{escape(mark + label)}</text>'
    start, end = scale.x(row.start), scale.x(row.end + timedelta(days=1))
    if not inside:
        yield f'<text class="soft" x="{_LABELS + 4}" y="{y + 16}">later: {escape(row.note)}</text>'
        return
    if row.step is not None:
        yield _bar(row, row.step, start, end, y)
    else:
        if end - start > 14:
            yield f'<line class="wait" x1="{start}" y1="{y + 12}" x2="{end}" y2="{y + 12}"/>'
        shape = "hot" if row.critical else "point"
        yield f'<path class="{shape}" d="M{end - 6} {y + 12}l6-6 6 6-6 6z"/>'
    yield from _note(row, start, end, y)


def _bar(row: _Row, step: PlanStep, start: float, end: float, y: int) -> str:
    shape = "hot" if row.critical else "own" if step.own else "beyond" if step.slack is None else "bar"
    width = max(3.0, round(end - start, 1))
    told = escape(f"{step.id}: {step.title}; {step.start} to {step.due}; {step.owner_title}")
    return f'<rect class="{shape}" x="{start}" y="{y + 5}" width="{width}" height="14"><title>{told}</title></rect>'


def _note(row: _Row, start: float, end: float, y: int) -> Iterator[str]:
    """The day behind the bar, or before it where there is no room behind."""
    note = row.note if row.milestone is not None else f"{row.end:%m-%d}"
    room = _LABELS + _PLOT + _RIGHT - end > 12 + 7 * len(note)
    x, anchor = (end + 10, "start") if room else (start - 6, "end")
    yield f'<text class="soft" x="{round(x, 1)}" y="{y + 16}" text-anchor="{anchor}">{escape(note)}</text>'


def _path(rows: Sequence[_Row], road: Road, scale: _Scale) -> Iterator[str]:
    """A line from each end on the critical path down, and along to the start of what follows."""
    at = {row.id: (row, _TOP + _ROW * number + 12) for number, row in enumerate(rows)}
    for one, other in zip(road.critical_path, road.critical_path[1:], strict=False):
        (before, y1), (after, y2) = at[one], at[other]
        x1 = scale.x(before.end + timedelta(days=1))
        waits = after.milestone is None or after.start != after.end
        x2 = scale.x(after.start) if waits else scale.x(after.end + timedelta(days=1))
        yield f'<path class="path" d="M{x1} {y1}V{y2}H{x2}"/>'
