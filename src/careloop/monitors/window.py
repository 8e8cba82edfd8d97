"""Closed windows: what a detector is fed, once each and in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from careloop.domain.counts import CountTable, Tally

__all__ = ["Cell", "WindowCounts", "hour_of_day", "hour_of_week", "one_slot", "pooled", "windows_of"]

_HOUR = 3600


class Cell(NamedTuple):
    """Hits among rows of one group in one bucket of units, and in one bin where those are told apart."""

    group: str
    bucket: int
    tally: Tally
    bin: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowCounts:
    """One closed window of one release. No cells, or cells without rows: nothing was seen."""

    window: int
    """Start in seconds since 1970; a later window has a higher number."""
    release: str
    cells: tuple[Cell, ...]
    slot: int = 0
    """Which season's reference it is compared with, such as its hour of the day."""
    event: str | None = None
    """The known event because of which nobody judges it; it then has no cells."""

    @property
    def tally(self) -> Tally:
        """All rows of the window."""
        return pooled(cell.tally for cell in self.cells)

    def by_bucket(self) -> dict[int, Tally]:
        """The rows of each bucket that has any."""
        found: dict[int, Tally] = {}
        for cell in self.cells:
            if cell.tally.n:
                old = found.get(cell.bucket)
                found[cell.bucket] = cell.tally if old is None else old.pooled(cell.tally)
        return found

    def mixtures(self) -> dict[int, dict[int, int]]:
        """Rows per bin of each bucket that has any."""
        found: dict[int, dict[int, int]] = {}
        for cell in self.cells:
            if cell.tally.n:
                bins = found.setdefault(cell.bucket, {})
                bins[cell.bin] = bins.get(cell.bin, 0) + cell.tally.n
        return found


def pooled(tallies: Iterable[Tally]) -> Tally:
    """All tallies as one."""
    hits = n = 0
    for tally in tallies:
        hits += tally.hits
        n += tally.n
    return Tally(hits, n)


def one_slot(window: int) -> int:
    """No season: every window has the same reference."""
    del window
    return 0


def hour_of_day(window: int) -> int:
    """The hour 0-23 in UTC in which the window starts."""
    return window // _HOUR % 24


def hour_of_week(window: int) -> int:
    """The hour 0-167 in UTC since the last Thursday began; 1970 started on a Thursday."""
    return window // _HOUR % 168


def windows_of(
    table: CountTable,
    *,
    hits: str = "hits",
    n: str = "n",
    slot_of: Callable[[int], int] = one_slot,
    by_bin: bool = False,
) -> tuple[WindowCounts, ...]:
    """The windows of a count table, earliest first and within that by release; without cells that have no rows.

    Monitors are added up, and so are bins unless `by_bin`.

    The table must hold closed windows only: by ingest, where nothing late can come (EVENTS, "Windows").
    """
    at, of = table.columns.index(hits), table.columns.index(n)
    found: dict[tuple[int, str], dict[tuple[str, int, int], Tally]] = {}
    for key, values in table.rows():
        cells = found.setdefault((key.window, key.release), {})
        if not values[of]:
            continue
        cell = Tally(values[at], values[of]).checked()
        place = (key.group, key.bucket, key.bin if by_bin else 0)
        old = cells.get(place)
        cells[place] = cell if old is None else old.pooled(cell)
    return tuple(
        WindowCounts(
            window=window,
            release=release,
            slot=slot_of(window),
            cells=tuple(Cell(group, bucket, tally, bin_) for (group, bucket, bin_), tally in cells.items()),
        )
        for (window, release), cells in sorted(found.items())
    )
