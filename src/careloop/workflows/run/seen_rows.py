"""Rows of a file as if they had come as events: which column is which field, and what no field is declared for.

They are counted by the very plans that count events, so that what a monitor would make of them is not guessed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from careloop.documents.yaml_scalar import quoted
from careloop.domain.count_plan import Column, ColumnKind
from careloop.domain.event_columns import (
    DRILL,
    FIXED_COLUMNS,
    KIND,
    LABELLED_AT,
    LATENCY_US,
    OCCURRED_AT,
    PARTS,
    RECEIVED_AT,
    RELEASE,
    SYNTHETIC,
    UNIT,
    UNIT_OR_ID,
    column_named,
)
from careloop.domain.event_values import (
    EventValueError,
    answer,
    fixed_point,
    milliseconds,
    moment_of,
    real,
    whole,
)
from careloop.domain.system import EventField, EventSchema, EventType
from careloop.errors import CareloopError, InvalidInput

__all__ = ["SeenRows", "seen_rows"]

_DAY: Final = 86_400
_MOST_VALUES: Final = 20
_PROTECTED: Final = re.compile(
    r"sex|gender|age_?band|age_?group|race|ethnic\w*|nationality|religion|disab\w*|marital\w*|native_country"
)
_READ_AS: Final = ("prediction", "score", "label", "unit", "latency_us", "occurred_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenRows:
    """The rows, by column of an event."""

    columns: Mapping[str, Sequence[object]]
    """All that a window plan reads; None where a row has no value."""
    given: frozenset[str]
    """Columns of events that the file has."""
    timed: bool
    """Whether the rows say when they happened."""
    days: float
    """Calendar days that the rows stand for."""
    rows: int
    undeclared: Mapping[str, tuple[str, str] | None]
    """Columns of the file that no field is declared for, each with the part of `events` and the line that would
    declare it; None where it looks like free text, an id or a moment."""
    unreadable: Mapping[str, int]
    """Values that do not fit what is declared, by column; they count as absent."""

    def values(self, column: str) -> dict[str, int]:
        """How many rows have each value of a column of texts."""
        found: dict[str, int] = {}
        for value in self.columns.get(column, ()):
            if isinstance(value, str):
                found[value] = found.get(value, 0) + 1
        return found

    def known(self, column: str) -> int:
        """Rows with a value in that column."""
        return sum(value is not None for value in self.columns.get(column, ()))


def seen_rows(
    file: Mapping[str, Sequence[object]], schema: EventSchema, *, named: Mapping[str, str], days: float
) -> SeenRows:
    """Read the columns of a file as fields of events.

    `named` says which field a column is where its name does not tell; `days` is how long the rows took to come, where
    they do not say it. Raises `InvalidInput` for a file without rows and for a field that there is not.
    """
    rows = max(map(len, file.values()), default=0)
    if not rows:
        raise InvalidInput("the file has no rows", hint="give rows as they come in operation, some weeks of them")
    if wrong := sorted(set(named) - set(file)):
        raise InvalidInput(f"the file has no column '{wrong[0]}'", hint=f"it has {', '.join(file)}")
    columns: dict[str, Sequence[object]] = {}
    undeclared: dict[str, tuple[str, str] | None] = {}
    unreadable: dict[str, int] = {}
    for name, values in file.items():
        found = _field_of(named.get(name, name), schema, sure=name in named)
        if found is None:
            undeclared[name] = _declaration(name, values)
            continue
        column, reader = found
        read, bad = _read(values, reader)
        columns[column.name] = read
        if bad:
            unreadable[column.name] = bad
    given = frozenset(columns)
    timed = OCCURRED_AT.name in columns and any(value is not None for value in columns[OCCURRED_AT.name])
    return SeenRows(
        columns=columns | _what_events_have(columns, rows=rows, timed=timed),
        given=given,
        timed=timed,
        days=_days(columns[OCCURRED_AT.name]) if timed else days,
        rows=rows,
        undeclared=undeclared,
        unreadable=unreadable,
    )


def _field_of(name: str, schema: EventSchema, *, sure: bool) -> tuple[Column, Callable[[object], object]] | None:
    if name in ("latency_ms", LATENCY_US.name):
        return LATENCY_US, milliseconds if name == "latency_ms" else whole
    if name in FIXED_COLUMNS and name not in _READ_AS and not sure:
        return None
    try:
        column = column_named(name, schema)
    except CareloopError:
        if sure:
            raise
        return None
    if column.name in FIXED_COLUMNS and column.name not in _READ_AS:
        raise InvalidInput(f"'{name}' is not read from a file", hint=f"these are: {', '.join(_READ_AS)}, latency_ms")
    if column.name == OCCURRED_AT.name:
        return column, _moment
    part, _, field = column.name.partition(".")
    declared: EventField | None = getattr(schema, part).get(field) if part in PARTS else None
    return column, _reader(column, declared)


def _reader(column: Column, field: EventField | None) -> Callable[[object], object]:
    if column.kind is ColumnKind.TEXT:
        allowed = frozenset(field.values) if field is not None else frozenset()
        return _among(allowed) if allowed else answer
    if column.kind is ColumnKind.FLAG:
        return _flag
    if field is not None and field.type is EventType.NUMBER and column.kind is ColumnKind.INTEGER:
        return fixed_point
    return whole if column.kind is ColumnKind.INTEGER else real


def _among(allowed: frozenset[str]) -> Callable[[object], object]:
    def read(value: object) -> str:
        text = answer(value)
        if text not in allowed:
            raise EventValueError("not one of the declared values")
        return text

    return read


def _flag(value: object) -> bool:
    """True and false, and how files without such a type write them."""
    found = {"true": True, "false": False, "1": True, "0": False}.get(answer(value).lower())
    if found is None:
        raise EventValueError("true or false is wanted")
    return found


def _moment(value: object) -> datetime:
    """An instant; one without a time zone is taken as UTC."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError as error:
            raise EventValueError("no RFC 3339 instant") from error
    if not isinstance(value, datetime):
        raise EventValueError("no instant")
    return value if value.tzinfo is not None else value.replace(tzinfo=UTC)


def _read(values: Sequence[object], reader: Callable[[object], object]) -> tuple[list[object], int]:
    found: list[object] = []
    bad = 0
    for value in values:
        absent = value is None or value == "" or (isinstance(value, float) and math.isnan(value))
        try:
            found.append(None if absent else reader(value))
        except EventValueError:
            found.append(None)
            bad += 1
    return found, bad


def _what_events_have(columns: Mapping[str, Sequence[object]], *, rows: int, timed: bool) -> dict[str, list[object]]:
    """What every event has and a file need not have."""
    at: list[object] = list(columns[OCCURRED_AT.name]) if timed else [moment_of(0)] * rows
    units = columns.get(UNIT.name, [None] * rows)
    return {
        KIND.name: ["inference"] * rows,
        DRILL.name: [False] * rows,
        SYNTHETIC.name: [False] * rows,
        RELEASE.name: ["seen"] * rows,
        UNIT_OR_ID.name: [str(row) if unit is None else unit for row, unit in enumerate(units)],
        OCCURRED_AT.name: at,
        RECEIVED_AT.name: at,
        LABELLED_AT.name: at,
    }


def _days(moments: Sequence[object]) -> float:
    """From the first row to the last, and at least an hour."""
    known = [moment.timestamp() for moment in moments if isinstance(moment, datetime)]
    return max(3600.0, max(known) - min(known)) / _DAY


def _declaration(name: str, values: Sequence[object]) -> tuple[str, str] | None:
    """The part of `events` and the line in it for a column."""
    some = [value for value in values if value is not None]
    try:
        distinct = {answer(value) for value in some if not isinstance(value, float) or math.isfinite(value)}
    except EventValueError:
        return None
    slug = re.sub(r"[^a-z0-9._-]+", "_", name.lower()).strip("_.-")
    kind = _type_of(some, distinct)
    if not slug or kind is None or len(distinct) < 2:
        return None
    return "groups" if _PROTECTED.fullmatch(slug) else "features", f"{slug}: {{{kind}, personal: true}}"


def _type_of(some: Sequence[object], distinct: set[str]) -> str | None:
    if all(isinstance(value, bool) for value in some):
        return "type: boolean"
    if all(isinstance(value, int | float) for value in some):
        return f"type: {'integer' if all(isinstance(value, int) for value in some) else 'number'}"
    if len(distinct) <= _MOST_VALUES and all(isinstance(value, str) for value in some):
        return f"type: category, values: [{', '.join(quoted(value) for value in sorted(distinct))}]"
    return None
