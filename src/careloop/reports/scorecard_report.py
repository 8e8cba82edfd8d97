"""A scorecard as JSON for machines and as a page that a member of the board can read (CONTRACTS, JSON)."""

from collections.abc import Iterator
from datetime import datetime
from textwrap import wrap
from typing import Any, Final

from careloop import __version__
from careloop.domain.measured import Interval
from careloop.domain.metric import Figure, Metric, MetricState, Movement, Part, Relation, Scorecard, Target, Trend
from careloop.reports.objective_report import objective_json, objective_lines

__all__ = ["scorecard_json", "scorecard_lines"]

_STYLES: Final = {
    MetricState.GREEN: "good",
    MetricState.AMBER: "warn",
    MetricState.RED: "bad",
    MetricState.GREY: "grey",
}
_OURS: Final = "typical, ours"
_SIGNS: Final = {Relation.AT_LEAST: "at least", Relation.AT_MOST: "at most"}
_COLUMN: Final = 9
_WIDTH: Final = 105


def scorecard_json(card: Scorecard) -> dict[str, Any]:
    """The whole answer; metrics in the order of the page."""
    sources = card.sources
    return {
        "schema": "careloop/scorecard/v1",
        "careloop_version": __version__,
        "standards_digest": sources.standards_digest,
        "commit": sources.commit,
        "dirty": sources.dirty,
        "ledger_size": sources.ledger_size,
        "lake_watermark": sources.lake_watermark,
        "now": _instant(card.now),
        "window": {
            "name": card.window.name,
            "from": _instant(card.window.since),
            "until": _instant(card.window.until),
            "time_zone": sources.time_zone,
            "to_date": card.to_date,
        },
        "state": card.state.value,
        "because": card.because,
        "metrics": [_metric_json(metric) for metric in card.metrics],
        "objectives": [objective_json(standing) for standing in card.objectives],
    }


def _metric_json(metric: Metric) -> dict[str, Any]:
    figure = metric.figure
    still_open = figure.open
    return {
        "id": metric.id,
        "title": metric.title,
        "formula": metric.formula,
        "value": figure.value,
        "reason": figure.reason.value if figure.reason else None,
        "because": figure.because,
        "unit": figure.unit,
        "n": figure.n,
        **_interval_json(figure.interval),
        "no_interval": figure.no_interval,
        "p90": figure.p90,
        "open": {
            "count": still_open.count,
            "oldest": still_open.oldest,
            "median_at_least": still_open.median_at_least,
        }
        if still_open
        else None,
        "parts": [_part_json(part) for part in figure.parts],
        "left_out": dict(figure.left_out),
        "newest": _instant(figure.newest) if figure.newest else None,
        "digest": figure.digest,
        "target": _target_json(metric.target) if metric.target else None,
        "trend": _trend_json(metric.trend),
        "state": metric.state.value,
        "state_because": metric.because,
        "owner": metric.owner,
    }


def _interval_json(interval: Interval | None) -> dict[str, Any]:
    if interval is None:
        return {"interval": None, "interval_level": None, "interval_method": None}
    bounds = [interval.low, interval.high]
    return {"interval": bounds, "interval_level": interval.level, "interval_method": interval.method}


def _part_json(part: Part) -> dict[str, Any]:
    return {
        "id": part.id,
        "title": part.title,
        "value": part.value,
        "reason": part.reason.value if part.reason else None,
        "unit": part.unit,
        "n": part.n,
        **_interval_json(part.interval),
    }


def _target_json(target: Target) -> dict[str, Any]:
    return {
        "relation": target.relation.value,
        "value": target.value,
        "unit": target.unit,
        "tolerance": target.tolerance,
        "source": "objective" if target.objective else "typical",
        "objective": target.objective,
    }


def _trend_json(trend: Trend) -> dict[str, Any]:
    return {
        "movement": trend.movement.value if trend.movement else None,
        "points": [
            {
                "window": point.window.name,
                "value": point.value,
                "reason": point.reason.value if point.reason else None,
                "n": point.n,
            }
            for point in trend.points
        ],
    }


def _instant(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")


# --- the page ---------------------------------------------------------------------------------------------------------


def scorecard_lines(card: Scorecard) -> Iterator[tuple[str, str]]:
    """Lines to print, each with a style; a metric takes two lines and more only where there is more to say."""
    until = "so far" if card.to_date else "whole"
    yield "heading", f"Scorecard {card.window.name} ({until}, by the calendar of {card.sources.time_zone})"
    yield "", ""
    title = f"{'state':<{_COLUMN}}{'':<5}{'what':<40}{'value':>16}  {'n':>9}  target"
    yield "heading", title
    for metric in card.metrics:
        figure = metric.figure
        head = f"{metric.state.value:<{_COLUMN}}{metric.id:<5}{metric.title:<40}"
        yield _STYLES[metric.state], f"{head}{_value(figure.value, figure.unit):>16}  {figure.n:>9,}  {_target(metric)}"
        for line in _details(metric):
            yield "grey", " " * (_COLUMN + 5) + line
    yield "", ""
    yield from objective_lines(card.objectives)
    counted = ", ".join(
        f"{sum(metric.state is state for metric in card.metrics)} {state.value}" for state in MetricState
    )
    yield _STYLES[card.state], f"overall {card.state.value}: {counted}"
    yield "grey", _read(card)


def _details(metric: Metric) -> Iterator[str]:
    figure = metric.figure
    yield metric.because
    yield _trend_line(metric.trend, figure.unit)
    if figure.because and figure.because != metric.because:
        yield figure.because
    if figure.interval is not None:
        bounds = f"{_number(figure.interval.low)} and {_value(figure.interval.high, figure.unit)}"
        yield f"true value between {bounds} at {figure.interval.level:.0%} ({figure.interval.method})"
    yield from _open_line(figure)
    shown = [_part(part) for part in figure.parts if part.value and part.id != "passed"]
    yield from wrap("; ".join(shown), width=_WIDTH)
    if figure.left_out:
        counted = ", ".join(f"{count} {why.replace('_', ' ')}" for why, count in figure.left_out.items())
        yield f"left out: {counted}"


def _open_line(figure: Figure) -> Iterator[str]:
    still_open = figure.open
    if still_open is None or not still_open.count or still_open.oldest is None:
        return
    line = f"{still_open.count} still open, the oldest for {_value(still_open.oldest, figure.unit)}"
    if still_open.median_at_least is not None:
        line += f"; with them the median is at least {_value(still_open.median_at_least, figure.unit)}"
    yield line


def _trend_line(trend: Trend, unit: str) -> str:
    points = ", ".join(f"{point.window.name} {_number(point.value)}" for point in trend.points)
    moved = {Movement.BETTER: "; better", Movement.WORSE: "; worse", Movement.LEVEL: "; level"}
    return f"before, in {unit}: {points}{moved[trend.movement] if trend.movement else ''}"


def _part(part: Part) -> str:
    if part.unit == "n":
        return f"{_number(part.value)} {part.title}"
    return f"{part.title} {_value(part.value, part.unit)} (n {part.n:,})"


def _target(metric: Metric) -> str:
    target = metric.target
    if target is None:
        return "none"
    whose = f"objective {target.objective}" if target.objective else _OURS
    if target.value is None:
        return f"falling ({whose})"
    return f"{_SIGNS[target.relation]} {_value(target.value, target.unit)} ({whose})"


def _value(value: float | None, unit: str) -> str:
    return "no value" if value is None else f"{_number(value)} {unit}"


def _number(value: float | None) -> str:
    """At most three digits that matter, and never in powers of ten."""
    if value is None:
        return "-"
    if value == round(value) and abs(value) < 1e15:
        return f"{value:,.0f}"
    if abs(value) >= 100:
        return f"{value:,.1f}"
    return f"{value:.2f}" if abs(value) >= 1 else f"{value:.3g}" if abs(value) >= 1e-4 else f"{value:.6f}"


def _read(card: Scorecard) -> str:
    sources = card.sources
    commit = f"commit {sources.commit[:12]}" if sources.commit else "no commit"
    dirty = ", with uncommitted changes" if sources.dirty else ""
    ledger = "no ledger" if sources.ledger_size is None else f"{sources.ledger_size:,} ledger entries"
    lake = "no lake" if sources.lake_watermark is None else f"lake up to event {sources.lake_watermark:,}"
    return f"read: {commit}{dirty}; {ledger}; {lake}. Grey is no value or no target, and never counts as green."
