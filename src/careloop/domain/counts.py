"""Integer counts: what every measure and every monitor is made of (MEASURES, "Everything that watches")."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from types import MappingProxyType
from typing import Final, NamedTuple

from careloop.errors import InvalidInput

__all__ = [
    "BUCKETS",
    "MISSING",
    "REMAINDER",
    "UNKNOWN_GROUP",
    "Agreement",
    "CellKey",
    "CountTable",
    "GroupedTallies",
    "GrowingTable",
    "Tally",
    "bucket_of",
]

BUCKETS: Final = 64
"""Number of buckets that units (people, accounts) are spread over."""

MISSING: Final = -1
"""Bin or bucket of a row whose value is absent, NaN or infinite."""

UNKNOWN_GROUP: Final = "(unknown)"
"""Group of a row that does not say its group: counted, never compared."""

REMAINDER: Final = "(remainder)"
"""Group of every row whose own group is not told apart by itself (`CountPlan.apart`): counted, and named as such."""


class Tally(NamedTuple):
    """So many out of so many: `hits` of `n`."""

    hits: int
    n: int

    def checked(self) -> Tally:
        """Return itself if 0 ≤ hits ≤ n; else raise `InvalidInput`."""
        if not 0 <= self.hits <= self.n:
            raise InvalidInput(f"{self.hits} of {self.n} is not a count of hits among rows")
        return self

    def pooled(self, other: Tally) -> Tally:
        """Both tallies as one."""
        return Tally(self.hits + other.hits, self.n + other.n)


class Agreement(NamedTuple):
    """How rows stand to those of a trusted copy."""

    rows: int
    found: int
    """Rows that have one to be held against; 0 where keys of the trusted copy repeat."""
    alike: int
    """Of those, rows with the same value; absent on both sides is the same."""
    trusted: int
    """Rows of the trusted copy."""
    repeated: int = 0
    """Rows of the trusted copy whose key another one has before them."""


GroupedTallies = Mapping[str, Tally]
"""Tally of each group, by the group's name."""


class CellKey(NamedTuple):
    """Which cell of a count table: everything that two rows must share to be counted together."""

    monitor: str
    release: str
    window: int
    """Start of the window in whole seconds since 1970-01-01T00:00Z; 0 when the plan has no windows."""
    group: str
    bin: int
    bucket: int


def bucket_of(unit: str) -> int:
    """The bucket of a unit: the low six bits of the first byte of SHA-256 of its UTF-8 text.

    Every engine can compute it to the bit; six bits identify nobody.

    >>> bucket_of("customer-1")
    40
    """
    return hashlib.sha256(unit.encode()).digest()[0] % BUCKETS


@dataclass(frozen=True, slots=True)
class CountTable:
    """Counts and sums per cell; adding two tables is all there is to merging them.

    A commutative monoid: the order of merging never matters and `CountTable(columns, {})` changes nothing. A cell whose
    numbers are all zero is the same as no cell and is not kept. Counts are of any size and exact.

    >>> a = CountTable(("n",), {CellKey("m", "v1", 0, "", 0, 0): (2,)})
    >>> a.merge(a).total()
    (4,)
    """

    columns: tuple[str, ...]
    """Names of the integers in each cell, in their order."""
    cells: Mapping[CellKey, tuple[int, ...]]

    def __post_init__(self) -> None:
        width = len(self.columns)
        if len(set(self.columns)) != width:
            raise InvalidInput(f"a count table names a column twice: {', '.join(self.columns)}")
        if any(len(values) != width for values in self.cells.values()):
            raise InvalidInput(f"a cell does not have the {width} numbers of its table: {', '.join(self.columns)}")
        kept = {key: values for key, values in self.cells.items() if any(values)}
        object.__setattr__(self, "cells", MappingProxyType(kept))

    @classmethod
    def of_rows(cls, columns: tuple[str, ...], rows: Iterable[tuple[CellKey, tuple[int, ...]]]) -> CountTable:
        """A table of rows that may name one cell several times; such rows are added."""
        cells: dict[CellKey, tuple[int, ...]] = {}
        for key, values in rows:
            old = cells.get(key)
            cells[key] = values if old is None else tuple(map(int.__add__, old, values))
        return cls(columns, cells)

    @classmethod
    def merged(cls, tables: Iterable[CountTable], *, columns: tuple[str, ...]) -> CountTable:
        """All tables added; with none, the empty table of these columns."""
        return reduce(cls.merge, tables, cls(columns, {}))

    def merge(self, other: CountTable) -> CountTable:
        """Both tables added, cell by cell. `InvalidInput` when they do not count the same things.

        A small table is added to a copy of the large one; `GrowingTable` needs no copy.
        """
        small, large = sorted((self, other), key=lambda table: len(table.cells))
        growing = GrowingTable(large)
        growing.add(small)
        return growing.table

    @classmethod
    def _of_sound(cls, columns: tuple[str, ...], cells: dict[CellKey, tuple[int, ...]]) -> CountTable:
        """A table of cells that need no check, because they come from tables."""
        table = object.__new__(cls)
        object.__setattr__(table, "columns", columns)
        object.__setattr__(table, "cells", MappingProxyType(cells))
        return table

    def rows(self) -> list[tuple[CellKey, tuple[int, ...]]]:
        """The cells in canonical order: sorted by key, texts by code point."""
        return sorted(self.cells.items())

    def digest(self) -> str:
        """SHA-256, in hex, of the canonical table: evidence that another engine must reproduce.

        One JSON line with the columns, then one per cell `[monitor, release, window, group, bin, bucket, *numbers]`,
        ASCII, no spaces, each ended by a newline.
        """
        lines = [json.dumps(["careloop/counts/v1", *self.columns], separators=(",", ":"))]
        lines += [json.dumps([*key, *values], separators=(",", ":")) for key, values in self.rows()]
        return hashlib.sha256("".join(line + "\n" for line in lines).encode()).hexdigest()

    def total(self, *, unknown: bool = True) -> tuple[int, ...]:
        """Each column summed over all cells; `unknown=False` leaves the unknown group out."""
        cells = [v for k, v in self.cells.items() if unknown or k.group != UNKNOWN_GROUP]
        return tuple(sum(column) for column in zip(*cells, strict=True)) if cells else (0,) * len(self.columns)

    def by_group(self) -> dict[str, tuple[int, ...]]:
        """Each column summed per group, in the order of the groups' names."""
        return {str(k): v for k, v in self._summed("group").items()}

    def by_bin(self) -> dict[int, tuple[int, ...]]:
        """Each column summed per bin, in the order of the bins; `MISSING` first."""
        return {int(k): v for k, v in self._summed("bin").items()}

    def tallies(self, hits: str = "hits", n: str = "n") -> dict[str, Tally]:
        """Hits and rows per group, taken from two columns."""
        at, of = self._position(hits), self._position(n)
        return {group: Tally(values[at], values[of]).checked() for group, values in self.by_group().items()}

    def select(self, *, release: str | None = None, since: int | None = None, until: int | None = None) -> CountTable:
        """Only the cells of this release whose window starts at or after `since` and before `until` (seconds)."""
        kept = {
            key: values
            for key, values in self.cells.items()
            if (release is None or key.release == release)
            and (since is None or key.window >= since)
            and (until is None or key.window < until)
        }
        return CountTable(self.columns, kept)

    def _summed(self, part: str) -> dict[str | int, tuple[int, ...]]:
        at = CellKey._fields.index(part)
        sums: dict[str | int, tuple[int, ...]] = {}
        for key, values in self.rows():
            old = sums.get(key[at])
            sums[key[at]] = values if old is None else tuple(map(int.__add__, old, values))
        return dict(sorted(sums.items()))

    def _position(self, column: str) -> int:
        if column not in self.columns:
            raise InvalidInput(f"the table has no column '{column}'; it has {', '.join(self.columns)}")
        return self.columns.index(column)


class GrowingTable:
    """A table that others are added to in the time that those take, however large it has become.

    `table` always shows what has been added so far: whoever keeps it sees it grow, and must not read it in one thread
    while another adds.
    """

    def __init__(self, table: CountTable) -> None:
        self._cells = dict(table.cells)
        self.table = CountTable._of_sound(table.columns, self._cells)

    def add(self, other: CountTable) -> None:
        """Add the other's cells. `InvalidInput` when the two do not count the same things."""
        if self.table.columns != other.columns:
            raise InvalidInput(f"tables of {self.table.columns} and {other.columns} count different things")
        for key, values in other.cells.items():
            old = self._cells.get(key)
            added = values if old is None else tuple(map(int.__add__, old, values))
            if any(added):
                self._cells[key] = added
            else:
                del self._cells[key]
