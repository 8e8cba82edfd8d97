"""What a simulation of monitors found: as a table, as JSON, and as a picture of false alarms and delays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Any, Final

from careloop.domain.monitor import Monitor
from careloop.monitors.simulate import CaseResult

__all__ = ["simulation_json", "simulation_lines", "simulation_svg"]

Row = tuple[Monitor, Sequence[CaseResult], str | None]
_WIDTH: Final = 760
_LEFT: Final = 300
_BAR: Final = 18
_HEAD: Final = 34


def simulation_lines(rows: Iterable[Row]) -> Iterator[tuple[str, str]]:
    """Lines with their style: per monitor a head, and a line a case."""
    for monitor, cases, why in rows:
        yield "bold", f"{monitor.id} ({monitor.measure}, tolerance {monitor.tolerance:g})"
        if why is not None:
            yield "grey", f"  not simulated: {why}"
        for found in cases:
            yield "green" if found.kept else "red", f"  {_line(found)}"


def _line(found: CaseResult) -> str:
    hits, n = found.false_alarms
    said = f"{found.case.name:<31} false alarms {hits}/{n} runs = {hits / n:.1%}, "
    said += f"95 % interval {found.interval.low:.1%} to {found.interval.high:.1%}, promised {found.promised:.0%}"
    if found.naive is not None:
        said += f"; z-test a window {found.naive.hits / found.naive.n:.0%}"
    return f"{said}; {_late(found)}"


def _late(found: CaseResult) -> str:
    if found.noticed.n == 0:
        return "no quiet run to time a change in"
    if found.delay is None:
        return f"change noticed in {found.noticed.hits} of {found.noticed.n} runs"
    return f"change noticed after {found.delay:g} windows ({found.noticed.hits} of {found.noticed.n} runs)"


def simulation_json(system: str, rows: Iterable[Row]) -> dict[str, Any]:
    """The same for machines."""
    return {
        "system": system,
        "monitors": [
            {
                "monitor": monitor.id,
                "measure": monitor.measure,
                "not_simulated": why,
                "cases": [_case_json(found) for found in cases],
            }
            for monitor, cases, why in rows
        ],
    }


def _case_json(found: CaseResult) -> dict[str, Any]:
    return {
        "case": found.case.name,
        "runs": found.false_alarms.n,
        "false_alarms": found.false_alarms.hits,
        "low": found.interval.low,
        "high": found.interval.high,
        "promised": found.promised,
        "kept": found.kept,
        "naive_false_alarms": None if found.naive is None else found.naive.hits,
        "noticed": found.noticed.hits,
        "timed": found.noticed.n,
        "median_delay_windows": found.delay,
    }


def simulation_svg(system: str, rows: Iterable[Row]) -> str:
    """A picture that needs nothing else: per case the share of runs with a false alarm, its interval, and a z-test's.

    Each bar has its numbers as text, so nothing is told by colour alone.
    """
    parts: list[str] = []
    y = _HEAD
    for monitor, cases, why in rows:
        parts.append(_text(8, y + 16, f"{monitor.id} — {monitor.measure}", bold=True))
        y += 26
        if why is not None:
            parts.append(_text(20, y + 13, f"not simulated: {why}"))
            y += 24
        for found in cases:
            parts += _bars(found, y)
            y += 2 * _BAR + 10
        y += 10
    title = f"{system}: share of runs with a false alarm (line: what was promised)"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{y}" viewBox="0 0 {_WIDTH} {y}" '
        f'role="img" aria-label="{escape(title)}" font-family="sans-serif" font-size="12">'
        f'<rect width="100%" height="100%" fill="#fff"/>{_text(8, 20, title, bold=True)}{"".join(parts)}</svg>\n'
    )


def _bars(found: CaseResult, y: int) -> list[str]:
    span = _WIDTH - _LEFT - 150
    ours, low, high = (
        _LEFT + span * share
        for share in (found.false_alarms.hits / found.false_alarms.n, found.interval.low, found.interval.high)
    )
    mark = _LEFT + span * found.promised
    middle = y + _BAR / 2
    hits, n = found.false_alarms
    drawn = [
        _text(20, y + 13, found.case.name),
        f'<rect x="{_LEFT}" y="{y}" width="{max(1.0, ours - _LEFT):.1f}" height="{_BAR - 4}" fill="#1f6f54"/>',
        f'<path d="M{low:.1f} {middle - 2:.1f}H{high:.1f}" stroke="#111" stroke-width="2"/>',
        f'<path d="M{mark:.1f} {y - 2}v{2 * _BAR}" stroke="#b00020" stroke-dasharray="3 2"/>',
        _text(_WIDTH - 140, y + 12, f"careloop {hits}/{n}"),
    ]
    if found.naive is not None:
        naive = span * found.naive.hits / found.naive.n
        drawn += [
            f'<rect x="{_LEFT}" y="{y + _BAR}" width="{max(1.0, naive):.1f}" height="{_BAR - 4}" fill="#b9b9b9"/>',
            _text(_WIDTH - 140, y + _BAR + 12, f"z-test {found.naive.hits}/{found.naive.n}"),
        ]
    return [*drawn, _text(20, y + _BAR + 12, _late(found), grey=True)]


def _text(x: float, y: float, words: str, *, bold: bool = False, grey: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x:g}" y="{y:g}"{weight} fill="{"#555" if grey else "#111"}">{escape(words)}</text>'
