"""A value inside a report that knows where it stands, so that every refusal names file, line and field."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NoReturn

from careloop.documents.json_exact import JsonRefused, read_json_with_places
from careloop.domain.place import Pointer
from careloop.errors import InvalidInput

__all__ = ["Node", "read_json"]

_MILLISECONDS = 1000
_LARGEST = 1e300
_MOST_ROWS = 2**53 - 1
"""The largest number that JSON tools agree on (RFC 8259, 6)."""


@dataclass(frozen=True, slots=True)
class _Text:
    """The report that a value is from."""

    name: str
    raw: bytes
    first_line: int


@dataclass(frozen=True, slots=True)
class Node:
    """One value of a report."""

    value: Any
    path: Pointer
    text: _Text

    def __iter__(self) -> Iterator[Node]:
        """Items of a list, or values of a mapping in its order."""
        match self.value:
            case list():
                for place, item in enumerate(self.value):
                    yield Node(item, (*self.path, place), self.text)
            case dict():
                for key in self.value:
                    yield self[key]
            case _:
                self.refuse("a list or an object is needed here")

    def __getitem__(self, key: str) -> Node:
        """The value of a key; refuses an object without it."""
        if not isinstance(self.value, dict):
            self.refuse("an object is needed here")
        if key not in self.value:
            self.refuse(f"'{key}' is missing")
        return Node(self.value[key], (*self.path, key), self.text)

    def get(self, key: str) -> Node | None:
        """The value of a key, null where it is not there or is null."""
        if not isinstance(self.value, dict):
            self.refuse("an object is needed here")
        return self[key] if self.value.get(key) is not None else None

    @property
    def key(self) -> str:
        """The last part of the path."""
        return str(self.path[-1]) if self.path else ""

    def words(self) -> str:
        """The value as text."""
        if not isinstance(self.value, str) or not self.value:
            self.refuse("text is needed here")
        return str(self.value)

    def number(self) -> float | None:
        """The value as a number; null for one that the tool could not compute: null, NaN, an infinity."""
        value = self.value
        if isinstance(value, str) and value in ("NaN", "Infinity", "-Infinity"):
            return None
        if value is None or (isinstance(value, float) and not math.isfinite(value)):
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.refuse("a number is needed here")
        if abs(value) > _LARGEST:
            self.refuse("the number is too large")
        return float(value)

    def count(self) -> int:
        """The value as a count: a whole number, not below zero; 135.0 is one as well."""
        value = self.value
        whole = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= _MOST_ROWS
        if not whole or value != int(value):
            self.refuse("a count is needed here: a whole number, not below zero")
        return int(value)

    def instant(self) -> datetime:
        """The value as an instant: RFC 3339 text that says its zone, or milliseconds since 1970 as a number."""
        value = self.value
        try:
            if isinstance(value, int) and not isinstance(value, bool):
                return datetime.fromtimestamp(value / _MILLISECONDS, UTC)
            found = datetime.fromisoformat(str(value))
        except (ValueError, OverflowError, OSError):
            self.refuse("an instant is needed here, such as 2026-03-31T12:00:00Z")
        if found.tzinfo is None:
            self.refuse("an instant that says its time zone is needed here")
        return found.astimezone(UTC)

    def refuse(self, what: str) -> NoReturn:
        """Raise `InvalidInput` with the file, the line and the field."""
        where = "/".join(map(str, self.path))
        raise InvalidInput(f"{self.text.name}:{self._line()}: {f'{where}: ' if where else ''}{what}")

    def _line(self) -> int:
        try:
            _, places = read_json_with_places(self.text.raw)
        except InvalidInput:  # NaN, which Python's tools write and JSON does not know
            return self.text.first_line
        return places.place_of(self.path)[0] + self.text.first_line - 1


def read_json(raw: bytes, name: str, *, first_line: int = 1) -> Node:
    """A JSON text whose first line is line `first_line` of the file `name`.

    NaN and the infinities, which Python's tools write, are read and count as not computed. Raises `InvalidInput` with
    file and line for anything else that is not JSON, and for a key that is there twice.
    """
    try:
        value = json.loads(raw.decode("utf-8-sig"), object_pairs_hook=_each_key_once)
    except (ValueError, RecursionError) as error:
        raise _refusal(raw, name, first_line, error) from error
    return Node(value, (), _Text(name, raw, first_line))


def _refusal(raw: bytes, name: str, first_line: int, error: Exception) -> InvalidInput:
    try:
        read_json_with_places(raw)
    except JsonRefused as refused:
        return InvalidInput(f"{name}:{refused.line + first_line - 1}:{refused.column}: {refused.what}")
    return InvalidInput(f"{name}:{first_line}: not JSON: {error}")


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key '{key}' is there twice")
        found[key] = value
    return found
