"""A batch of events as it was sent: JSON or one JSON object a line; a row that cannot be read spoils no other row."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import msgspec

from careloop.errors import InvalidInput

__all__ = ["MAX_ROW_BYTES", "BatchRow", "Unreadable", "read_json_events", "read_line_events"]

MAX_ROW_BYTES: Final = 65_536
"""Largest row, in bytes of JSON."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A row that is no row, and why."""

    reason: str


class BatchRow(NamedTuple):
    """One row of a batch."""

    at: int
    """Place in the batch from 0: of the item in a list, of the line among all lines."""
    row: object
    """What the JSON says; `Unreadable` when it says nothing."""


_decode_row: Final = msgspec.json.Decoder().decode
_decode_rows: Final = msgspec.json.Decoder(list[msgspec.Raw]).decode
_BROKEN: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def read_json_events(body: bytes, *, max_row_bytes: int = MAX_ROW_BYTES) -> list[BatchRow]:
    """The rows of a JSON list, or of a single object. `InvalidInput` when the whole is no JSON of that form."""
    if body.lstrip()[:1] == b"{":
        return [BatchRow(0, _row(body.strip(), max_row_bytes))]
    try:
        return [BatchRow(i, _row(bytes(raw), max_row_bytes)) for i, raw in enumerate(_decode_rows(body))]
    except _BROKEN as error:
        rows = _read_leniently(body, error)
    sizes = (len(json.dumps(row)) if len(body) > max_row_bytes else 0 for row in rows)
    return [
        BatchRow(i, _or_too_large(row, size, max_row_bytes))
        for i, (row, size) in enumerate(zip(rows, sizes, strict=True))
    ]


def read_line_events(
    lines: Iterable[bytes], *, first: int = 0, max_row_bytes: int = MAX_ROW_BYTES
) -> Iterator[BatchRow]:
    """The rows of newline-delimited JSON; `first` is the index of the first line. Blank lines are no rows."""
    for index, line in enumerate(lines, first):
        if line and not line.isspace():
            yield BatchRow(index, _row(line, max_row_bytes))


def _row(raw: bytes, max_row_bytes: int) -> object:
    if len(raw) > max_row_bytes:
        return _or_too_large(None, len(raw), max_row_bytes)
    try:
        return _decode_row(raw)
    except _BROKEN as error:
        return _with_odd_numbers(raw, error)


def _or_too_large(row: object, size: int, most: int) -> object:
    return Unreadable(f"the row is larger than {most:,} bytes") if size > most else row


def _with_odd_numbers(raw: bytes, error: Exception) -> object:
    """Read NaN, Infinity and 1e999, which are no JSON but are sent, so that their field can be named."""
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return Unreadable(f"the row is not JSON: {error}")


def _read_leniently(body: bytes, error: Exception) -> list[object]:
    try:
        rows = json.loads(body)
    except (ValueError, RecursionError):
        raise InvalidInput(f"the batch is not JSON: {error}") from error
    if not isinstance(rows, list):
        raise InvalidInput("the batch is neither a list of events nor one event")
    return rows
