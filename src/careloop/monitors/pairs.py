"""Two sides of a window, cut into parts that hold rows of both, so that their means can be compared part by part."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from careloop.domain.counts import BUCKETS, Tally

__all__ = ["paired"]

_ENOUGH: Final = 0.8
"""Share of the smaller side's rows that must have a counterpart in their part of the window."""


def paired(inside: Mapping[int, Tally], outside: Mapping[int, Tally]) -> list[tuple[Tally, Tally]]:
    """Both sides of each part of the window, in as many parts as leave most rows of the smaller side a counterpart.

    A part holds whole buckets, so that one unit's rows stay together; how many parts depends on row numbers alone.
    """
    smaller, larger = sorted((inside, outside), key=lambda side: sum(tally.n for tally in side.values()))
    rows = sum(tally.n for tally in smaller.values())
    parts = BUCKETS
    while parts > 1:
        there = {bucket % parts for bucket in larger}
        if sum(tally.n for bucket, tally in smaller.items() if bucket % parts in there) >= _ENOUGH * rows:
            break
        parts //= 2
    ours, theirs = _parted(inside, parts), _parted(outside, parts)
    return [(ours[part], theirs[part]) for part in ours if part in theirs]


def _parted(side: Mapping[int, Tally], parts: int) -> dict[int, Tally]:
    found: dict[int, Tally] = {}
    for bucket, tally in side.items():
        old = found.get(bucket % parts)
        found[bucket % parts] = tally if old is None else old.pooled(tally)
    return found
