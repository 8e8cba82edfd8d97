"""A batch of events as it was sent: JSON or one JSON object a line; a row that cannot be read spoils no other row."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import msgspec

from careloop.domain.event_contract import Admitted, EventContract, EventTerms, admit, admit_sent
from careloop.errors import InvalidInput

__all__ = [
    "MAX_ROW_BYTES",
    "BatchRow",
    "SentRows",
    "Unreadable",
    "json_batch",
    "line_batch",
    "read_json_events",
    "read_line_events",
]

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


class SentRows:
    """`EventRows` of rows as bytes of JSON, each with its place. Rows that fit their system's declaration to the letter
    are decoded as such, which takes a third of the time; every other is read and judged field by field."""

    def __init__(self, rows: Iterable[tuple[int, Any]], *, max_row_bytes: int = MAX_ROW_BYTES) -> None:
        self._rows = rows
        self._most = max_row_bytes

    def admitted(self, terms: EventTerms) -> Iterator[tuple[int, Admitted | str]]:
        """Each row's place, with its event or the reason why it is refused."""
        contract = terms.contracts.get(terms.system) if terms.system else None
        for at, raw in self._rows:
            if memoryview(raw).nbytes > self._most:
                yield at, f"the row is larger than {self._most:,} bytes"
                continue
            found = None if contract is None else admit_sent(raw, terms, contract)
            if found is None and (named := _contract_of(raw, terms)) is not None and named is not contract:
                contract, found = named, admit_sent(raw, terms, named)
            if found is None:
                row = _row(bytes(raw), self._most)
                found = row.reason if isinstance(row, Unreadable) else admit(row, terms)
            yield at, found


def json_batch(body: bytes, *, max_row_bytes: int = MAX_ROW_BYTES) -> SentRows | list[BatchRow]:
    """The rows of a JSON list, or of a single object. `InvalidInput` when the whole is no JSON of that form."""
    if body.lstrip()[:1] == b"{":
        return SentRows([(0, body.strip())], max_row_bytes=max_row_bytes)
    try:
        return SentRows(list(enumerate(_decode_rows(body))), max_row_bytes=max_row_bytes)
    except _BROKEN:
        return read_json_events(body, max_row_bytes=max_row_bytes)


def line_batch(lines: Iterable[bytes], *, first: int = 0, max_row_bytes: int = MAX_ROW_BYTES) -> SentRows:
    """The rows of newline-delimited JSON; `first` is the index of the first line. Blank lines are no rows."""
    rows = [(at, line) for at, line in enumerate(lines, first) if line and not line.isspace()]
    return SentRows(rows, max_row_bytes=max_row_bytes)


class _Head(msgspec.Struct):
    """As much of a row as says whose it is."""

    system: str = ""


_decode_head: Final = msgspec.json.Decoder(_Head).decode


def _contract_of(raw: Any, terms: EventTerms) -> EventContract | None:
    if terms.system is not None:
        return None
    try:
        return terms.contracts.get(_decode_head(raw).system)
    except _BROKEN:
        return None


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
