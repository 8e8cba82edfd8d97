"""A picture of a replay: what each detector had reached after every window, its threshold, and its alarms."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Final

from careloop.monitors.known_events import EventSpan

__all__ = ["ReplayedDetector", "replay_svg"]

_WIDTH: Final = 760
_LEFT: Final = 60
_RIGHT: Final = 20
_ROW: Final = 130
_BAND: Final = 80
"""Height of the curve."""
_HEAD: Final = 34


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayedDetector:
    """One detector's way through the past."""

    name: str
    told: str
    """What came of it, in words."""
    threshold: float
    trace: tuple[tuple[int, float], ...]
    """Start of each window, in seconds since 1970, and what the detector had reached after it."""
    alarms: tuple[int, ...]
    """Starts of the windows with an alarm."""
    events: tuple[EventSpan, ...] = ()
    """Windows that known events left out."""


def replay_svg(system: str, detectors: Sequence[ReplayedDetector]) -> str:
    """A picture that needs nothing else. The scale is logarithmic; every alarm has its day as text beside its mark."""
    height = _HEAD + _ROW * max(1, len(detectors))
    title = f"{system}: evidence for a change after each window (dashed: alarm)"
    drawn = "".join(_detector(each, _HEAD + _ROW * place) for place, each in enumerate(detectors))
    if not detectors:
        drawn = _text(8, _HEAD + 20, "no detector ran")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" viewBox="0 0 {_WIDTH} {height}" '
        f'role="img" aria-label="{escape(title)}" font-family="sans-serif" font-size="12">'
        f'<rect width="100%" height="100%" fill="#fff"/>{_text(8, 20, title, bold=True)}{drawn}</svg>\n'
    )


def _detector(each: ReplayedDetector, y: int) -> str:
    parts = [_text(8, y + 14, each.name, bold=True), _text(8, y + _ROW - 6, each.told, grey=True)]
    if not each.trace:
        return "".join([*parts, _text(_LEFT, y + 50, "no windows to replay")])
    first, last = each.trace[0][0], each.trace[-1][0]
    top = math.log10(max(each.threshold, *(1 + value for _, value in each.trace))) or 1.0
    base = y + 22 + _BAND

    def across(window: int) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * ((window - first) / (last - first) if last > first else 0.5)

    def up(value: float) -> float:
        return base - _BAND * math.log10(max(1.0, value)) / top

    for event in (one for one in each.events if one.until > first and one.since <= last):
        left, right = across(max(first, event.since)), across(min(last, event.until))
        parts.append(
            f'<rect x="{left:.1f}" y="{base - _BAND}" width="{right - left:.1f}" height="{_BAND}" fill="#ddd"/>'
        )
        parts.append(_text(min(left + 2, _WIDTH - 160), base - 4, f"{event.event}: not judged", grey=True))
    points = " ".join(f"{across(window):.1f},{up(1 + value):.1f}" for window, value in each.trace)
    limit = up(each.threshold)
    parts += [
        f'<path d="M{_LEFT} {base}H{_WIDTH - _RIGHT}" stroke="#999"/>',
        f'<path d="M{_LEFT} {limit:.1f}H{_WIDTH - _RIGHT}" stroke="#b00020" stroke-dasharray="5 3"/>',
        f'<polyline points="{points}" fill="none" stroke="#1f6f54" stroke-width="1.5"/>',
        _text(4, limit + 4, f"{each.threshold:,.0f}"),
        _text(4, base + 4, "1"),
        _text(_LEFT, base + 14, _day(first), grey=True),
        _text(_WIDTH - _RIGHT - 66, base + 14, _day(last), grey=True),
    ]
    for window in each.alarms:
        x = across(window)
        parts.append(f'<path d="M{x:.1f} {base}V{base - _BAND}" stroke="#b00020" stroke-width="2"/>')
        parts.append(_text(min(x + 3, _WIDTH - 110), base - _BAND + 10, f"alarm {_day(window)}"))
    return "".join(parts)


def _day(window: int) -> str:
    return datetime.fromtimestamp(window, UTC).date().isoformat()


def _text(x: float, y: float, words: str, *, bold: bool = False, grey: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x:g}" y="{y:g}"{weight} fill="{"#555" if grey else "#111"}">{escape(words)}</text>'
