"""Count in process, with numpy: micro-batches of events as they arrive.

Rows are given as columns of Python values; every number is an exact integer from end to end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from careloop.domain.count_plan import (
    Aggregate,
    CategoryBins,
    Column,
    ColumnKind,
    Compare,
    CountPlan,
    ExponentialBins,
    Literal,
    Predicate,
    WindowBy,
)
from careloop.domain.counts import MISSING, REMAINDER, UNKNOWN_GROUP, CellKey, CountTable, bucket_of
from careloop.errors import InvalidInput

__all__ = ["NumpyCounts"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LOW_BITS: Final = 0xFFFFFFFF

Integers = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Values:
    """One column, read: `values` where `present`. Texts are places in `texts`; an absent one is `MISSING`."""

    values: NDArray[Any]
    present: Mask
    texts: tuple[str, ...] = ()


class NumpyCounts:
    """A batch of rows that can be counted. `columns` maps a name to its values; None is an absent value."""

    def __init__(self, columns: Mapping[str, Sequence[object]]) -> None:
        sizes = {len(values) for values in columns.values()}
        if len(sizes) > 1:
            raise InvalidInput("the columns of a batch must have one length")
        self._columns = columns
        self._size = sizes.pop() if sizes else 0

    @classmethod
    def of_rows(cls, rows: Iterable[Mapping[str, object]], *, names: Iterable[str]) -> NumpyCounts:
        """A batch of dictionaries; a name that a row lacks is an absent value."""
        kept = list(rows)
        return cls({name: [row.get(name) for row in kept] for name in names})

    def count(self, plan: CountPlan) -> CountTable:
        """Count as the plan says. `InvalidInput` when a column is not there or holds another kind."""
        read = {column.name: self._read(column) for column in plan.reads()}
        kept = _all_hold(plan.where, read, self._size)
        if plan.window is not None:
            kept &= read[plan.window.column.name].present
        releases = _texts(plan.release, read, self._size)
        groups = _apart(_groups(plan.group, read, self._size), plan.apart)
        parts = [
            releases.values,
            _windows(plan.window, read, self._size),
            groups.values,
            _bins(plan, read, self._size),
            _buckets(plan.unit, read, self._size),
        ]
        keys = [part[kept] for part in parts]
        place, example = _folded(keys)
        sums = [_aggregate(a, read, kept=kept, place=place, cells=len(example)) for a in plan.aggregates]
        cells = zip(*(key[example].tolist() for key in keys), strict=True)
        rows = (
            (CellKey(plan.monitor, releases.texts[release], window, groups.texts[group], at, bucket), numbers)
            for (release, window, group, at, bucket), numbers in zip(cells, zip(*sums, strict=True), strict=True)
        )
        return CountTable(plan.columns, dict(rows))

    def _read(self, column: Column) -> _Values:
        if column.name not in self._columns:
            raise InvalidInput(f"the rows have no column '{column.name}'")
        given = self._columns[column.name]
        values = given.tolist() if isinstance(given, np.ndarray) and given.dtype.kind in "biufO" else given
        return _READERS[column.kind](values, column)


def _wrong(value: object, column: Column) -> InvalidInput:
    return InvalidInput(f"'{column.name}' is declared {column.kind} and holds {value!r}")


def _read_text(values: Sequence[object], column: Column) -> _Values:
    codes: dict[object, int] = {None: MISSING}
    taken = np.fromiter((codes.setdefault(value, len(codes) - 1) for value in values), np.int64, len(values))
    del codes[None]
    return _Values(taken, taken != MISSING, tuple(_text(value, column) for value in codes))


def _text(value: object, column: Column) -> str:
    if not isinstance(value, str):
        raise _wrong(value, column)
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise _wrong(value, column) from error
    return value


def _read_integer(values: Sequence[object], column: Column) -> _Values:
    def exact(value: object) -> int:
        if value is None:
            return 0
        if not isinstance(value, int) or isinstance(value, bool) or not -(2**63) <= value < 2**63:
            raise _wrong(value, column)
        return value

    return _Values(np.fromiter(map(exact, values), np.int64, len(values)), _present(values))


def _read_real(values: Sequence[object], column: Column) -> _Values:
    def real(value: object) -> float:
        if value is None:
            return np.nan
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise _wrong(value, column)
        return float(value)

    read = np.fromiter(map(real, values), np.float64, len(values))
    return _Values(read, np.isfinite(read))


def _read_flag(values: Sequence[object], column: Column) -> _Values:
    for value in values:
        if value is not None and not isinstance(value, bool):
            raise _wrong(value, column)
    return _Values(np.fromiter((value is True for value in values), np.bool_, len(values)), _present(values))


def _read_instant(values: Sequence[object], column: Column) -> _Values:
    def microseconds(value: object) -> int:
        if value is None:
            return 0
        if not isinstance(value, datetime) or value.tzinfo is None:
            raise _wrong(value, column)
        return (value - _EPOCH) // timedelta(microseconds=1)

    return _Values(np.fromiter(map(microseconds, values), np.int64, len(values)), _present(values))


_READERS: Final[Mapping[ColumnKind, Callable[[Sequence[object], Column], _Values]]] = {
    ColumnKind.TEXT: _read_text,
    ColumnKind.INTEGER: _read_integer,
    ColumnKind.REAL: _read_real,
    ColumnKind.FLAG: _read_flag,
    ColumnKind.INSTANT: _read_instant,
}


def _present(values: Sequence[object]) -> Mask:
    return np.fromiter((value is not None for value in values), np.bool_, len(values))


def _all_hold(tests: tuple[Predicate, ...], read: Mapping[str, _Values], size: int) -> Mask:
    held = np.ones(size, dtype=np.bool_)
    for test in tests:
        held &= _holds(test, read[test.column.name])
    return held


def _holds(test: Predicate, column: _Values) -> Mask:
    if test.compare is Compare.IS_ABSENT:
        return ~column.present
    if test.compare is Compare.IS_PRESENT:
        return column.present
    if test.compare is Compare.IN:
        found: Mask = np.zeros(len(column.present), dtype=np.bool_)
        for value in test.values:
            found |= column.values == _coded(value, column)
        return found & column.present
    value = _coded(test.values[0], column)
    compared: Mask = _COMPARE[test.compare](column.values, value)
    return compared & column.present


def _coded(value: Literal, column: _Values) -> Literal:
    """The number that stands for a literal in this column; a text that never occurs matches nothing."""
    if not isinstance(value, str):
        return value
    return column.texts.index(value) if value in column.texts else MISSING


_COMPARE: Final[Mapping[Compare, np.ufunc]] = {
    Compare.EQ: np.equal,
    Compare.NE: np.not_equal,
    Compare.LT: np.less,
    Compare.LE: np.less_equal,
    Compare.GT: np.greater,
    Compare.GE: np.greater_equal,
}


def _texts(column: Column | None, read: Mapping[str, _Values], size: int) -> _Values:
    """The release of each row, as codes; the empty text where there is none."""
    if column is None:
        return _Values(np.zeros(size, np.int64), np.ones(size, np.bool_), ("",))
    return _canonical(read[column.name].values, [*read[column.name].texts, ""])


def _canonical(codes: NDArray[Any], texts: list[str]) -> _Values:
    """Codes again, but one per distinct text; the last text stands for the code `MISSING`."""
    distinct = {text: i for i, text in enumerate(dict.fromkeys(texts))}
    again = np.array([distinct[text] for text in texts], np.int64)
    taken = again[codes] if len(texts) else codes.astype(np.int64)
    return _Values(taken, np.ones(len(taken), np.bool_), tuple(distinct))


def _folded(keys: list[Integers]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Which distinct combination of keys each row has, and one row that has it."""
    place = np.zeros(len(keys[0]), np.intp)
    example = np.zeros(min(1, len(place)), np.intp)
    for key in keys:
        values, codes = np.unique(key, return_inverse=True)
        if len(values) > 1:
            combined = place * len(values) + codes
            _, example, place = np.unique(combined, return_index=True, return_inverse=True)
    return place, example


def _groups(columns: tuple[Column, ...], read: Mapping[str, _Values], size: int) -> _Values:
    if not columns:
        return _Values(np.zeros(size, np.int64), np.ones(size, np.bool_), ("",))
    codes: list[Integers] = []
    words: list[list[str]] = []
    for column in columns:
        values, place = np.unique(read[column.name].values, return_inverse=True)
        words.append([*(_word(value, read[column.name], column.kind) for value in values.tolist()), ""])
        codes.append(np.where(read[column.name].present, place, len(values)).astype(np.int64))
    place, example = _folded(codes)
    names = [_joined([words[i][code[row]] for i, code in enumerate(codes)]) for row in example.tolist()]
    return _canonical(place, names)


def _apart(groups: _Values, named: tuple[str, ...]) -> _Values:
    """The groups with all that do not stand by themselves as one."""
    if not named:
        return groups
    kept = {*named, UNKNOWN_GROUP}
    return _canonical(groups.values, [text if text in kept else REMAINDER for text in groups.texts])


def _word(value: object, column: _Values, kind: ColumnKind) -> str:
    if kind is ColumnKind.TEXT and isinstance(value, int):
        return column.texts[value] if value != MISSING else ""
    return str(value).lower() if kind is ColumnKind.FLAG else str(value)


def _joined(parts: list[str]) -> str:
    if not all(parts):
        return UNKNOWN_GROUP
    return parts[0] if len(parts) == 1 else " & ".join(part.replace("&", "&&") for part in parts)


def _windows(window: WindowBy | None, read: Mapping[str, _Values], size: int) -> Integers:
    if window is None:
        return np.zeros(size, np.int64)
    starts: Integers = np.floor_divide(read[window.column.name].values, window.seconds * 1_000_000) * window.seconds
    return starts


def _bins(plan: CountPlan, read: Mapping[str, _Values], size: int) -> Integers:
    rule = plan.bins
    if rule is None:
        return np.zeros(size, np.int64)
    column = read[rule.column.name]
    present = column.present
    if isinstance(rule, CategoryBins):
        place = {value: i for i, value in enumerate(rule.values)}
        again = np.array([place.get(text, len(rule.values)) for text in column.texts], np.int64)
        found = again[column.values] if len(again) else np.zeros(size, np.int64)
    elif isinstance(rule, ExponentialBins):
        found = np.searchsorted(np.array(rule.bounds, np.int64), column.values, side="left")
        present = present & (column.values >= 0)
    else:
        found = np.searchsorted(np.array(rule.edges, np.float64), column.values, side="right")
    return np.where(present, found, MISSING).astype(np.int64)


def _buckets(unit: Column | None, read: Mapping[str, _Values], size: int) -> Integers:
    if unit is None:
        return np.zeros(size, np.int64)
    column = read[unit.name]
    hashed = np.array([bucket_of(text) for text in column.texts], np.int64)
    found = hashed[column.values] if len(hashed) else np.zeros(size, np.int64)
    return np.where(column.present, found, MISSING).astype(np.int64)


def _aggregate(
    wanted: Aggregate, read: Mapping[str, _Values], *, kept: Mask, place: NDArray[np.intp], cells: int
) -> list[int]:
    """One exact integer per cell. Sums run on the high and low halves apart, so that none can overflow."""
    counted = _all_hold(wanted.where, read, len(kept))[kept]
    if wanted.sums is None:
        return [int(n) for n in np.bincount(place[counted], minlength=cells)]
    column = read[wanted.sums.name]
    counted &= column.present[kept]
    values = column.values[kept][counted]
    high, low = np.zeros(cells, np.int64), np.zeros(cells, np.int64)
    np.add.at(high, place[counted], values >> 32)
    np.add.at(low, place[counted], values & _LOW_BITS)
    return [(int(h) << 32) + int(part) for h, part in zip(high, low, strict=True)]
