"""Measures that were taken, as lines for people and as JSON: value, interval, n, groups, digest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from careloop.domain.measured import GroupValue, Interval, Measured, Unit
from careloop.measures.catalogue import CATALOGUE
from careloop.measures.exact_catalogue import EXACT
from careloop.measures.exact_kind import ExactKind, TakenExactly
from careloop.measures.measure_kind import MeasureKind
from careloop.measures.taken import TakenMeasure

__all__ = ["catalogue_json", "catalogue_lines", "measure_json", "measure_lines"]


_LONGEST: Final = 110


def measure_json(taken: Sequence[TakenMeasure | TakenExactly]) -> list[dict[str, Any]]:
    """One object a measure."""
    return [
        {
            "measure": one.id,
            "kind": one.kind.id,
            "family": one.kind.family.value,
            "worse": one.kind.worse.value,
            "by": list(one.by),
            "value": one.measured.value,
            "unit": one.measured.unit.value,
            "reason": one.measured.reason,
            "interval": _interval(one.measured.interval),
            "n": one.measured.n,
            "groups": [_group(each) for each in one.measured.groups],
            "note": one.measured.note,
            **_evidence(one),
        }
        for one in taken
    ]


def measure_lines(taken: Sequence[TakenMeasure | TakenExactly]) -> Iterator[tuple[str, str]]:
    """A line a measure, with its groups and the start of its digest below."""
    width = max((len(one.id) for one in taken), default=0)
    for one in taken:
        yield "", f"{one.id:<{width}}  {_told(one.measured)}  n = {one.measured.n:,}"
        for each in one.measured.groups:
            left = "" if each.used and each.reason is None else f"  left out: {each.reason}"
            yield "detail", f"{'':<{width}}    {each.group or '(all)'}  {_number(each.value)}  n = {each.n:,}{left}"
        if one.measured.note:
            yield "detail", f"{'':<{width}}    {_short(one.measured.note)}"
        yield "detail", f"{'':<{width}}    {_short_evidence(one)}"


def catalogue_lines() -> Iterator[tuple[str, str]]:
    """Every measure by family, with what it needs."""
    width = max(len(kind.id) for kind in _all_kinds())
    for family in dict.fromkeys(kind.family for kind in _all_kinds()):
        yield "heading", family.value
        for kind in _all_kinds():
            if kind.family is family:
                needs = ", ".join(sorted(need.value for need in kind.needs))
                sort = "" if isinstance(kind, MeasureKind) else "; estimated" if kind.estimated else "; exact"
                yield "", f"  {kind.id:<{width}}  {kind.tells} (needs {needs}{sort})"


def catalogue_json() -> list[dict[str, Any]]:
    """The same as data."""
    return [
        {
            "measure": kind.id,
            "family": kind.family.value,
            "worse": kind.worse.value,
            "tells": kind.tells,
            "needs": sorted(need.value for need in kind.needs),
            "exact": isinstance(kind, ExactKind),
            "estimated": isinstance(kind, ExactKind) and kind.estimated,
        }
        for kind in _all_kinds()
    ]


def _all_kinds() -> list[MeasureKind | ExactKind]:
    return [*CATALOGUE.values(), *EXACT.values()]


def _evidence(one: TakenMeasure | TakenExactly) -> dict[str, Any]:
    """The digest of the counts; of a measure that has none, how far a second computation may be from the first."""
    if isinstance(one, TakenMeasure):
        return {"digest": one.digest, "reference_digest": one.reference_digest, "edges": list(one.edges) or None}
    return {"digest": None, "exact": True, "estimated": one.kind.estimated, "tolerance": one.kind.tolerance}


def _short_evidence(one: TakenMeasure | TakenExactly) -> str:
    if isinstance(one, TakenMeasure):
        return f"counts {one.digest[:16]}"
    return "estimated: it warns, and decides nothing" if one.kind.estimated else "from the rows: no counts, no digest"


def _told(measured: Measured) -> str:
    if measured.value is None:
        return f"no value: {measured.reason}"
    unit = {Unit.MICROSECONDS: " us", Unit.MILLISECONDS: " ms"}.get(measured.unit, "")
    told = f"{_number(measured.value)}{unit}"
    if measured.interval is not None:
        told += f" [{_number(measured.interval.low)}, {_number(measured.interval.high)}]"
    return told


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:,.4g}" if abs(value) < 10_000 else f"{value:,.0f}"


def _short(note: str) -> str:
    """A note without its many edges; JSON has all of them."""
    return note if len(note) <= _LONGEST else f"{note[: _LONGEST - 40].rstrip()} … {note[-38:].lstrip()}"


def _interval(interval: Interval | None) -> dict[str, Any] | None:
    if interval is None:
        return None
    return {"low": interval.low, "high": interval.high, "level": interval.level, "method": interval.method}


def _group(each: GroupValue) -> dict[str, Any]:
    return {
        "group": each.group,
        "value": each.value,
        "n": each.n,
        "used": each.used,
        "reason": each.reason,
        "interval": _interval(each.interval),
    }
