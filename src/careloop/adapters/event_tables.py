"""Events as Arrow tables, for Parquet files and for DuckDB; and back.

A declared field becomes the column `<part>.<field>`. Admission has made its values of one type, so the type of the
column is that of its values, the same in every file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any, Final

import pyarrow as pa

from careloop.domain.count_plan import Column, ColumnKind
from careloop.domain.event import Event, EventKind, StoredEvent
from careloop.domain.event_columns import PARTS

__all__ = ["absent_columns", "categorical", "events_of", "table_of"]

_INSTANT: Final = pa.timestamp("us", tz="UTC")
_STORED: Final[Mapping[str, pa.DataType]] = {"ingest_seq": pa.int64(), "received_at": _INSTANT}
_OF_EVENT: Final[Mapping[str, tuple[str, pa.DataType]]] = {
    "id": ("id", pa.string()),
    "system": ("system", pa.string()),
    "kind": ("kind", pa.string()),
    "release": ("release", pa.string()),
    "occurred_at": ("occurred_us", _INSTANT),
    "bucket": ("bucket", pa.int8()),
    "drill": ("drill", pa.bool_()),
    "synthetic": ("synthetic", pa.bool_()),
    "prediction": ("prediction", pa.string()),
    "score": ("score", pa.float64()),
    "unit": ("unit", pa.string()),
    "latency_us": ("latency_us", pa.int64()),
    "weight": ("weight", pa.int64()),
    "purpose": ("purpose", pa.string()),
    "user_role": ("user_role", pa.string()),
    "inference_id": ("inference_id", pa.string()),
    "label": ("label", pa.string()),
    "value": ("value", pa.float64()),
    "matured_at": ("matured_us", _INSTANT),
    "checkpoint": ("checkpoint", pa.string()),
    "verdict": ("verdict", pa.string()),
    "rules": ("rules", pa.list_(pa.string())),
    "added_us": ("added_us", pa.int64()),
    "bundle": ("bundle", pa.string()),
    "source": ("source", pa.string()),
    "source_seq": ("source_seq", pa.int64()),
    "served": ("served", pa.int64()),
}
"""Column -> field of `Event`, and its type."""
_FIXED: Final = attrgetter(*(field for field, _ in _OF_EVENT.values()))
_NOT_CATEGORICAL: Final = frozenset({"id", "unit", "inference_id"})
_KIND_TYPES: Final = {
    ColumnKind.TEXT: pa.string(),
    ColumnKind.INTEGER: pa.int64(),
    ColumnKind.REAL: pa.float64(),
    ColumnKind.FLAG: pa.bool_(),
    ColumnKind.INSTANT: _INSTANT,
}


def table_of(stored: Sequence[StoredEvent]) -> pa.Table:
    """The events, a row each, in their order; fixed columns are always there."""
    events = [each.event for each in stored]
    columns: dict[str, pa.Array] = {
        "ingest_seq": pa.array([each.seq for each in stored], pa.int64()),
        "received_at": pa.array([each.received_us for each in stored], pa.int64()).cast(_INSTANT),
    }
    rows = zip(*map(_FIXED, events), strict=True) if events else iter([()] * len(_OF_EVENT))
    for (name, (_, kind)), values in zip(_OF_EVENT.items(), rows, strict=True):
        columns[name] = pa.array(values, pa.int64()).cast(kind) if kind == _INSTANT else pa.array(values, kind)
    for part in PARTS:
        given: list[dict[str, Any]] = [getattr(event, part) for event in events]
        for name in sorted(set().union(*given)):
            columns[f"{part}.{name}"] = _array([each.get(name) for each in given])
    return pa.table(columns)


def _array(values: list[Any]) -> pa.Array:
    """One type for all values; as text where the declaration, and so the type, changed between them."""
    types = set(map(type, values)) - {type(None)}
    if types == {int, float}:
        return pa.array(values, pa.float64())
    if len(types) > 1:
        return pa.array([value if value is None else str(value) for value in values], pa.string())
    return pa.array(values)


def absent_columns(table: pa.Table, wanted: Sequence[Column]) -> pa.Table:
    """The table with every wanted column that it lacks, all values absent."""
    for column in wanted:
        if column.name not in table.column_names:
            table = table.append_column(column.name, pa.nulls(len(table), _KIND_TYPES[column.kind]))
    return table


def categorical(table: pa.Table) -> list[str]:
    """The columns of few distinct texts, which a dictionary shortens."""
    return [f.name for f in table.schema if pa.types.is_string(f.type) and f.name not in _NOT_CATEGORICAL]


def events_of(table: pa.Table) -> Iterator[StoredEvent]:
    """The events that a table says, in its order."""
    instants = [f.name for f in table.schema if f.type == _INSTANT]
    for name in instants:
        at = table.column_names.index(name)
        table = table.set_column(at, name, table[name].cast(pa.int64()))
    fixed = {name: field for name, (field, _) in _OF_EVENT.items() if name in table.column_names}
    declared = [name for name in table.column_names if name.partition(".")[0] in PARTS]
    for batch in table.to_batches(max_chunksize=10_000):
        for row in batch.to_pylist():
            kept = {field: row[name] for name, field in fixed.items() if row[name] is not None}
            for name in declared:
                if row[name] is not None:
                    part, _, field = name.partition(".")
                    kept.setdefault(part, {})[field] = row[name]
            kept["kind"] = EventKind(kept["kind"])
            kept["rules"] = tuple(kept.get("rules", ()))
            yield StoredEvent(row["ingest_seq"], row["received_at"], Event(**kept))
