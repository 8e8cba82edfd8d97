"""Events in Arrow: a column is checked as a whole; a row that does not fit is told why by the check of single rows.

The columns have the names of the fields of EVENTS; those of a part are one struct column (`features`), or one column
each (`features.age`). Instants are timestamps with a zone, or text as in JSON. An absent value is null.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pyarrow as pa

from careloop.adapters.arrow_bounds import unpacked_bytes
from careloop.adapters.arrow_columns import BAD, read_values, sent_value
from careloop.domain.event import EventKind
from careloop.domain.event_columns import PARTS
from careloop.domain.event_contract import (
    NO_BASIS,
    Admitted,
    EventContract,
    EventTerms,
    Refusal,
    admit,
    finished,
    readers_of,
)
from careloop.domain.event_values import EventValueError, Reader, text
from careloop.errors import InvalidInput, Refused

__all__ = ["MAX_ROWS", "ArrowRows", "read_arrow_stream"]

MAX_ROWS: Final = 100_000
"""Most rows of a batch: rows without a single byte could else be any number."""
_NO_PARTS: Final[Mapping[str, Mapping[str, Reader | None]]] = {}


@dataclass(frozen=True, slots=True)
class _Columns:
    """The columns of a batch by what they are for."""

    plain: dict[str, pa.Array] = field(default_factory=dict)
    parts: dict[str, dict[str, pa.Array]] = field(default_factory=dict)


def read_arrow_stream(body: bytes, *, most_bytes: int, most_rows: int = MAX_ROWS) -> ArrowRows:
    """The rows of an Arrow IPC stream. Raises `InvalidInput` when it is not sound, `Refused` when it is too large."""
    try:
        if unpacked_bytes(body) > most_bytes:
            raise Refused(f"the stream holds more than {most_bytes:,} bytes: send it in parts")
        batches, rows = [], 0
        with pa.ipc.open_stream(pa.py_buffer(body)) as stream:
            for batch in stream:
                rows += batch.num_rows
                if rows > most_rows:
                    raise Refused(f"a batch has at most {most_rows:,} rows: send it in parts")
                batch.validate(full=True)
                batches.append(batch)
        return ArrowRows(batches)
    except (pa.ArrowException, ValueError, OSError, NotImplementedError) as error:
        raise InvalidInput(f"the body is no Arrow IPC stream: {error}") from error


class ArrowRows:
    """`EventRows` of record batches, which must be sound; `first` is the place of their first row."""

    def __init__(self, batches: Sequence[pa.RecordBatch], *, first: int = 0) -> None:
        self._batches = batches
        self._first = first
        self._columns = [_columns_of(batch) for batch in batches]

    def admitted(self, terms: EventTerms) -> Iterator[tuple[int, Admitted | str]]:
        """Each row's place, with its event or the reason why it is refused."""
        first = self._first
        for batch, columns in zip(self._batches, self._columns, strict=True):
            found: list[Admitted | str | None] = [None] * batch.num_rows
            for of, places in _groups(columns, batch.num_rows, terms).items():
                _admit_group(columns, terms, of, places, found)
            for at in range(batch.num_rows):
                told = found[at]
                yield first + at, admit(_row(columns, at), terms) if told is None else told
            first += batch.num_rows


def _columns_of(batch: pa.RecordBatch) -> _Columns:
    found = _Columns()
    names = batch.schema.names
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise InvalidInput(f"the column {sorted(twice)[0]} is there twice")
    for name, column in zip(names, batch.columns, strict=True):
        part, dot, inner = name.partition(".")
        if part not in PARTS:
            found.plain[name] = column
        elif dot:
            _add_field(found, part, inner, column)
        elif pa.types.is_struct(column.type):
            for child, values in zip(column.type, column.flatten(), strict=True):
                _add_field(found, part, child.name, values)
        elif not pa.types.is_null(column.type):
            raise InvalidInput(f"the column {name} is a struct of fields, or one column a field: {name}.FIELD")
    return found


def _add_field(columns: _Columns, part: str, name: str, values: pa.Array) -> None:
    fields = columns.parts.setdefault(part, {})
    if name in fields:
        raise InvalidInput(f"the column {part}.{name} is there twice")
    fields[name] = values


def _groups(columns: _Columns, rows: int, terms: EventTerms) -> dict[tuple[str, EventKind], list[int]]:
    """Places of rows by system and kind, as far as both are known; a row of a system it may not name is not."""
    kinds = {kind.value: kind for kind in EventKind}
    groups: dict[tuple[str, EventKind], list[int]] = {}
    pairs = zip(_texts(columns, "system", rows, terms.system), _texts(columns, "kind", rows, None), strict=True)
    for at, (system, kind) in enumerate(pairs):
        if system in terms.contracts and kind in kinds and terms.system in (None, system):
            groups.setdefault((system, kinds[kind]), []).append(at)
    return groups


def _texts(columns: _Columns, name: str, rows: int, missing: str | None) -> Sequence[Any]:
    if name not in columns.plain:
        return [missing] * rows
    return [missing if value is None else value for value in read_values(columns.plain[name], text)]


@dataclass(frozen=True, slots=True)
class _Group:
    """The values of rows of one system and kind, as they were read; a row is left to the check of single rows when a
    value of it was refused."""

    targets: list[str] = field(default_factory=list)
    values: list[Sequence[Any]] = field(default_factory=list)
    parts: list[tuple[str, list[str], list[Sequence[Any]]]] = field(default_factory=list)
    dropped: list[tuple[str, Sequence[bool]]] = field(default_factory=list)


def _admit_group(
    columns: _Columns,
    terms: EventTerms,
    of: tuple[str, EventKind],
    places: list[int],
    found: list[Admitted | str | None],
) -> None:
    system, kind = of
    rows = None if len(places) == len(found) else pa.array(places, pa.int64())
    group = _read_group(columns, terms.contracts[system], kind, rows)
    _, required = readers_of(kind)
    if any(target not in group.targets for _, target in required):
        return
    spoiled = _spoiled(group, {target for _, target in required})
    dropped = _dropped_names(group, len(places))
    full, sparse = _by_fullness(group)
    names, whole = [name for name, _ in full], list(zip(*(values for _, values in full), strict=True))
    for at, place in enumerate(places):
        if at in spoiled:
            continue
        kept = dict(zip(names, whole[at], strict=True))
        for name, values in sparse:
            if (value := values[at]) is not None:
                kept[name] = value
        kept["system"], kept["kind"] = system, kind
        try:
            found[place] = Admitted(finished(kept, terms), dropped[at])
        except EventValueError as wrong:
            found[place] = Refusal(str(wrong), system)


def _spoiled(group: _Group, required: set[str]) -> set[int]:
    """Rows with a value that was refused, or without one that must be there."""
    found: set[int] = set()
    inner = [values for _, _, fields in group.parts for values in fields]
    for values in [*group.values, *inner]:
        if BAD in values:
            found.update(at for at, value in enumerate(values) if value is BAD)
    for target, values in zip(group.targets, group.values, strict=True):
        if target in required and None in values:
            found.update(at for at, value in enumerate(values) if value is None)
    return found


def _by_fullness(group: _Group) -> tuple[list[tuple[str, Sequence[Any]]], list[tuple[str, Sequence[Any]]]]:
    """The columns and parts that have a value in every row, and those that have one in some."""
    columns = [
        *zip(group.targets, group.values, strict=True),
        *((part, _joined(names, of)) for part, names, of in group.parts),
    ]
    full = [(name, values) for name, values in columns if None not in values]
    there = {name for name, _ in full}
    some = [(name, values) for name, values in columns if name not in there and any(map(_is_there, values))]
    return full, some


def _is_there(value: object) -> bool:
    return value is not None


def _read_group(columns: _Columns, contract: EventContract, kind: EventKind, rows: pa.Array | None) -> _Group:
    readers, _ = readers_of(kind)
    declared = contract.parts if kind is EventKind.INFERENCE else _NO_PARTS
    group = _Group()
    for name, column in columns.plain.items():
        array = column if rows is None else column.take(rows)
        if name in readers:
            target, reader = readers[name]
            group.targets.append(target)
            group.values.append(read_values(array, reader))
        elif name not in ("system", "kind"):
            group.dropped.append((name, array.is_valid().to_pylist()))
    for part, fields in columns.parts.items():
        arrays = {name: column if rows is None else column.take(rows) for name, column in fields.items()}
        if part not in declared:
            group.dropped.append((part, [any(each) for each in zip(*map(_valid, arrays.values()), strict=True)]))
            continue
        _read_part(part, arrays, declared[part], group)
    return group


def _read_part(part: str, arrays: Mapping[str, pa.Array], declared: Mapping[str, Reader | None], group: _Group) -> None:
    kept: list[str] = []
    values: list[Sequence[Any]] = []
    for name, array in arrays.items():
        reader = declared.get(name)
        if reader is not None:
            kept.append(name)
            values.append(read_values(array, reader))
        else:
            told = f"{part}.{name} ({NO_BASIS})" if name in declared else f"{part}.{name}"
            group.dropped.append((told, _valid(array)))
    if kept:
        group.parts.append((part, kept, values))


def _valid(array: pa.Array) -> list[bool]:
    found: list[bool] = array.is_valid().to_pylist()
    return found


def _joined(names: list[str], values: list[Sequence[Any]]) -> list[dict[str, Any]]:
    """The part's fields of each row."""
    if not any(None in each for each in values):
        return [dict(zip(names, row, strict=True)) for row in zip(*values, strict=True)]
    return [
        {name: value for name, value in zip(names, row, strict=True) if value is not None}
        for row in zip(*values, strict=True)
    ]


def _dropped_names(group: _Group, rows: int) -> list[tuple[str, ...]]:
    if not group.dropped:
        return [()] * rows
    names = [name for name, _ in group.dropped]
    masks = zip(*(mask for _, mask in group.dropped), strict=True)
    return [tuple(name for name, there in zip(names, mask, strict=True) if there) for mask in masks]


def _row(columns: _Columns, at: int) -> dict[str, object]:
    """The row as JSON would have it, without what is absent."""
    row = {name: sent_value(column, at) for name, column in columns.plain.items()}
    for part, fields in columns.parts.items():
        inner = {name: sent_value(column, at) for name, column in fields.items()}
        row[part] = {name: value for name, value in inner.items() if value is not None} or None
    return {name: value for name, value in row.items() if value is not None}
