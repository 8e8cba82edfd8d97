"""JSON text to its value and the place of every key; anything that is not JSON is refused at its line and column.

Python's own reader forgets where it read; findings about a card, a survey or answers need the place.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from json import JSONDecodeError, JSONDecoder

from careloop.domain.place import Pointer
from careloop.errors import InvalidInput

__all__ = ["JsonPlaces", "JsonRefused", "read_json_with_lines", "read_json_with_places"]

_DEEPEST = 100
_SPACE = re.compile(r"[ \t\r\n]*")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?", re.ASCII)
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}
_WORD = re.compile(r"[A-Za-z]+")
_ESCAPE = re.compile(r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[0-9a-fA-F]{4}|u[0-9a-fA-F]{4}|.)")
"""One character of a text, written with a backslash; a pair of surrogates is one."""
_STRINGS = JSONDecoder()
"""Python's own reader, for the texts in double quotes alone."""


class JsonRefused(InvalidInput):
    """Text that is not JSON, and where reading ended, from 1."""

    def __init__(self, what: str, line: int, column: int) -> None:
        super().__init__(f"line {line}, column {column}: {what}", hint="write it as JSON (RFC 8259)")
        self.what = what
        self.line = line
        self.column = column


@dataclass(frozen=True, slots=True)
class JsonPlaces:
    """Where each key, item and value of a JSON text begins."""

    text: str
    keys: Mapping[Pointer, int]
    values: Mapping[Pointer, int]
    starts: tuple[int, ...]
    """Where each line begins."""

    def place_of(self, pointer: Pointer) -> tuple[int, int]:
        """Line and column, from 1, of a key or item; of the deepest part of the path that is there."""
        for end in range(len(pointer), -1, -1):
            if pointer[:end] in self.keys:
                return self._spot(self.keys[pointer[:end]])
        return 1, 1

    def inside(self, pointer: Pointer, offset: int) -> tuple[int, int]:
        """Line and column of a character, counted from 0, of a value that is text."""
        at = self.values.get(pointer)
        if at is None:
            return self.place_of(pointer)
        at += 1
        for _ in range(offset):
            escape = _ESCAPE.match(self.text, at)
            at = escape.end() if escape else at + 1
        return self._spot(at)

    def _spot(self, at: int) -> tuple[int, int]:
        line = bisect_right(self.starts, at)
        return line, at - self.starts[line - 1] + 1


def read_json_with_places(raw: bytes) -> tuple[object, JsonPlaces]:
    """The value, and where everything in it stands. UTF-8, with or without a byte order mark.

    Raises `JsonRefused` with line and column: no JSON, a key twice, NaN, nested deeper than 100.
    """
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        good = raw[: error.start].decode("utf-8-sig", errors="replace")
        raise _refused(good, len(good), "these bytes are not UTF-8") from error
    reader = _Reader(text)
    value = reader.document()
    starts = (0, *(found.end() for found in re.finditer("\n", text)))
    return value, JsonPlaces(text, reader.places, reader.values, starts)


def read_json_with_lines(raw: bytes) -> tuple[object, Callable[[Pointer], int]]:
    """The value, and a function from a path of keys and positions to the line, from 1, of that key or item.

    For a path that is not there the line of the deepest part that is. Raises `JsonRefused` as above.
    """
    value, places = read_json_with_places(raw)
    return value, lambda pointer: places.place_of(pointer)[0]


def _refused(text: str, at: int, what: str) -> JsonRefused:
    return JsonRefused(what, text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))


class _Reader:
    """Reads one JSON document from front to back and notes where each key and item begins."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self.places: dict[Pointer, int] = {}
        self.values: dict[Pointer, int] = {}

    def document(self) -> object:
        """The one value of the text."""
        self._skip()
        self.places[()] = self._at
        value = self._value(())
        self._skip()
        if self._at < len(self._text):
            raise self._wrong("something stands behind the end of the document")
        return value

    def _wrong(self, what: str, at: int | None = None) -> InvalidInput:
        return _refused(self._text, self._at if at is None else at, what)

    def _skip(self) -> None:
        found = _SPACE.match(self._text, self._at)
        self._at = found.end() if found else self._at

    def _next(self) -> str:
        self._skip()
        return self._text[self._at : self._at + 1]

    def _value(self, pointer: Pointer) -> object:
        if len(pointer) > _DEEPEST:
            raise self._wrong(f"the document is nested deeper than {_DEEPEST}")
        mark = self._next()
        self.values[pointer] = self._at
        match mark:
            case "{":
                return self._mapping(pointer)
            case "[":
                return self._list(pointer)
            case '"':
                return self._string()
            case "":
                raise self._wrong("the document ends too early" if pointer or self._at else "the document is empty")
            case _:
                return self._word_or_number()

    def _mapping(self, pointer: Pointer) -> dict[str, object]:
        found: dict[str, object] = {}
        self._at += 1
        if self._next() == "}":
            self._at += 1
            return found
        while True:
            if self._next() != '"':
                raise self._wrong("a key in double quotes is needed here")
            start = self._at
            key = self._string()
            if key in found:
                raise self._wrong(f"the key '{key}' is there twice", start)
            self.places[(*pointer, key)] = start
            if self._next() != ":":
                raise self._wrong("a colon is needed behind the key")
            self._at += 1
            found[key] = self._value((*pointer, key))
            if self._ended("}"):
                return found

    def _list(self, pointer: Pointer) -> list[object]:
        found: list[object] = []
        self._at += 1
        if self._next() == "]":
            self._at += 1
            return found
        while True:
            self._skip()
            self.places[(*pointer, len(found))] = self._at
            found.append(self._value((*pointer, len(found))))
            if self._ended("]"):
                return found

    def _ended(self, close: str) -> bool:
        mark = self._next()
        if mark not in (",", close) or not mark:
            raise self._wrong(f"a comma or {close} is needed here")
        self._at += 1
        return mark == close

    def _string(self) -> str:
        try:
            text, self._at = _STRINGS.raw_decode(self._text, self._at)
        except JSONDecodeError as error:
            raise self._wrong(error.msg.lower(), error.pos) from error
        return str(text)

    def _word_or_number(self) -> object:
        word = _WORD.match(self._text, self._at)
        if word is not None and word[0] in _WORDS:
            self._at = word.end()
            return _WORDS[word[0]]
        number = _NUMBER.match(self._text, self._at)
        if number is None:
            raise self._wrong("a value is needed here: text, a number, true, false, null, { or [")
        if len(number[0]) > 300:
            raise self._wrong("the number is too long")
        value = float(number[0]) if number[1] or number[2] else int(number[0])
        if value in (float("inf"), float("-inf")):
            raise self._wrong("the number is too large")
        self._at = number.end()
        return value
