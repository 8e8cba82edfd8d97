"""Reads the facts of a rule's case as their author wrote them: YAML words, days and numbers, and only some keys.

A key that is left out is a fact that was not supplied. A key that the type does not have, or a value of another type,
is a problem at its place: a case with a slip of the pen must not test something else than it says.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final

from careloop.domain.place import Pointer
from careloop.rules.diagnosis import closest
from careloop.rules.facts import LARGEST_WHOLE, facts_for, instant_text
from careloop.rules.shapes import Kind, Shape, fields_of, is_instant
from careloop.rules.vocabulary import Vocabulary

__all__ = ["FactProblem", "case_facts"]


@dataclass(frozen=True, slots=True)
class FactProblem:
    """What is wrong with a fact of a case, and where below `facts`."""

    pointer: Pointer
    message: str
    suggestion: str | None = None


def case_facts(vocabulary: Vocabulary, written: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[FactProblem, ...]]:
    """The facts that a case describes, and everything in it that does not fit the declared types."""
    reader = _Reader([])
    facts: dict[str, Any] = {}
    for name, value in written.items():
        shape = vocabulary.shapes.get(name)
        if shape is None:
            reader.refuse((name,), f"there is no variable `{name}` here", closest(name, vocabulary.shapes))
        elif is_instant(shape):
            text = reader.value(shape, value, (name,))
            if text is not None:
                facts |= facts_for(vocabulary, {name: datetime.fromisoformat(text)})
        else:
            facts[name] = reader.value(shape, value, (name,))
    return facts, tuple(reader.problems)


@dataclass(frozen=True, slots=True)
class _Reader:
    problems: list[FactProblem]

    def refuse(self, pointer: Pointer, message: str, suggestion: str | None = None) -> None:
        self.problems.append(FactProblem(pointer, message, suggestion))

    def value(self, shape: Shape, value: Any, pointer: Pointer) -> Any:
        if value is None:
            if not shape.nullable:
                self.refuse(pointer, f"null is not a {shape.kind.value}", "leave the key out if the fact is missing")
            return None
        if shape.record is not None:
            return self._record(shape, value, pointer)
        if shape.kind is Kind.LIST:
            return self._list(shape.of[0], value, pointer)
        if shape.kind is Kind.MAP:
            return self._map(shape, value, pointer)
        if shape.order is not None:
            return self._rank(shape, value, pointer)
        return self._scalar(shape, value, pointer)

    def _record(self, shape: Shape, value: Any, pointer: Pointer) -> dict[str, Any]:
        known = fields_of(shape.record) if shape.record is not None else {}
        facts = {}
        for name, item in self._items(value, pointer):
            if name in known:
                facts[name] = self.value(known[name].shape, item, (*pointer, name))
            else:
                record = shape.record.__name__ if shape.record is not None else "this"
                self.refuse((*pointer, str(name)), f"`{name}` is not a field of {record}", closest(str(name), known))
        return facts

    def _items(self, value: Any, pointer: Pointer) -> list[tuple[Any, Any]]:
        if isinstance(value, Mapping):
            return list(value.items())
        self.refuse(pointer, f"{_said(value)} where a record or mapping is wanted")
        return []

    def _list(self, of: Shape, value: Any, pointer: Pointer) -> list[Any]:
        if isinstance(value, (list, tuple)):
            return [self.value(of, item, (*pointer, position)) for position, item in enumerate(value)]
        self.refuse(pointer, f"{_said(value)} where a list is wanted")
        return []

    def _map(self, shape: Shape, value: Any, pointer: Pointer) -> dict[Any, Any]:
        key, of = shape.of
        return {
            self.value(key, name, (*pointer, str(name))): self.value(of, item, (*pointer, str(name)))
            for name, item in self._items(value, pointer)
        }

    def _rank(self, shape: Shape, value: Any, pointer: Pointer) -> int | None:
        words = [str(member) for member in shape.order] if shape.order is not None else []
        if isinstance(value, str) and value in words:
            return words.index(value)
        self.refuse(pointer, f"{_said(value)} is not one of {', '.join(words)}", closest(str(value), words))
        return None

    def _scalar(self, shape: Shape, value: Any, pointer: Pointer) -> Any:
        fact = _READ[shape.kind](value)
        if fact is None:
            self.refuse(pointer, f"{_said(value)} is not a {shape.kind.value}")
        elif shape.words and fact not in shape.words:
            self.refuse(pointer, f"{_said(value)} is not one of {', '.join(shape.words)}", closest(fact, shape.words))
        return fact


def _said(value: Any) -> str:
    return f"`{value}`" if isinstance(value, (str, int, float)) else f"a {type(value).__name__}"


def _whole(value: Any) -> int | None:
    fits = isinstance(value, int) and not isinstance(value, bool) and abs(value) <= LARGEST_WHOLE
    return value if fits else None


def _decimal(value: Any) -> float | None:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if is_number and math.isfinite(value) else None


def _day(value: Any) -> str | None:
    """An instant counts as a day only when it is the day's first moment."""
    instant = _instant(value)
    return instant if instant is not None and instant.endswith("T00:00:00Z") else None


def _instant(value: Any) -> str | None:
    if isinstance(value, date):
        return instant_text(value)
    if not isinstance(value, str):
        return None
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        return None
    is_day = len(value) <= len("2026-01-01") and parsed.time() == time.min
    return instant_text(parsed) if is_day or parsed.tzinfo is not None else None


def _anything(value: Any) -> Any:
    """A value of no declared type, as it stands; days and instants in it become texts."""
    if isinstance(value, date):
        return instant_text(value)
    if isinstance(value, Mapping):
        return {str(name): _anything(item) for name, item in value.items()}
    return [_anything(item) for item in value] if isinstance(value, (list, tuple)) else value


_READ: Final[Mapping[Kind, Callable[[Any], Any]]] = {
    Kind.TRUTH: lambda value: value if isinstance(value, bool) else None,
    Kind.WHOLE: _whole,
    Kind.DECIMAL: _decimal,
    Kind.TEXT: lambda value: value if isinstance(value, str) else None,
    Kind.DAY: _day,
    Kind.INSTANT: _instant,
    Kind.ANYTHING: _anything,
}
