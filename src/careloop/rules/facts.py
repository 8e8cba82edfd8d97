"""Turns validated documents into the plain facts that rules read.

What a fact may be was settled by trial, since each shortcut turns a missing fact into a pass:

- a whole number in a decimal field becomes decimal; a number that is not finite is removed, and a list or mapping
  that held one is removed whole, because a rule about "all of them" must not pass on the rest;
- days and instants are full RFC 3339 instants in UTC; ordered words are their rank; tuples and sets are lists;
- null that the author wrote stays null, but an optional field that nobody filled in has no key at all.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import Any, Final

from pydantic import BaseModel

from careloop.domain.tier import OrderedEnum
from careloop.rules.shapes import Kind, Shape, fields_of, is_instant
from careloop.rules.vocabulary import Vocabulary

__all__ = ["LARGEST_WHOLE", "facts_for", "instant_text", "record_facts"]

LARGEST_WHOLE: Final = 2**63 - 1
"""Whole numbers beyond this (or below its negative) cannot be facts and are removed."""

_GONE: Final = object()
_Converter = Callable[[Any], Any]


def facts_for(
    vocabulary: Vocabulary, values: Mapping[str, object], *, known: dict[int, Any] | None = None
) -> dict[str, Any]:
    """Facts for the variables of a vocabulary; a variable without a value is a fact that was not supplied.

    `known` keeps the facts of whole documents between calls, by the identity of the document; the caller keeps the
    documents alive as long as it.

    Raises ValueError for a value whose name the vocabulary does not declare.
    """
    facts: dict[str, Any] = {}
    for name, value in values.items():
        shape = vocabulary.shapes.get(name)
        if shape is None:
            raise ValueError(f"the vocabulary declares no variable '{name}'")
        fact = _variable(shape, value) if known is None else _remembered(shape, value, known)
        if fact is not _GONE:
            facts[name] = fact
    return facts


def _variable(shape: Shape, value: Any) -> Any:
    """An instant that is a variable itself, like `now`, stays an instant; inside a document it is text."""
    if value is None:
        return None if shape.nullable else _GONE
    if is_instant(shape):
        return _aware(value)
    return _converter(shape)(value)


def _remembered(shape: Shape, value: Any, known: dict[int, Any]) -> Any:
    if shape.record is not None and value is not None:
        if id(value) not in known:
            known[id(value)] = _variable(shape, value)
        return known[id(value)]
    if shape.kind is Kind.LIST and value is not None and shape.of[0].record is not None:
        return [_remembered(shape.of[0], item, known) for item in value]
    return _variable(shape, value)


def record_facts(record: object) -> dict[str, Any]:
    """Facts of one validated document (or of a dataclass, whose null is always somebody's choice), by its types."""
    facts: dict[str, Any] = _record_converter(type(record))(record)
    return facts


def instant_text(value: date) -> str:
    """A day or an instant as RFC 3339 text in UTC; a day is its first moment, a time without zone is UTC.

    >>> instant_text(date(2026, 3, 1))
    '2026-03-01T00:00:00Z'
    """
    return f"{_aware(value).replace(tzinfo=None).isoformat()}Z"


def _aware(value: date) -> datetime:
    if not isinstance(value, datetime):
        value = datetime.combine(value, time.min)
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


@lru_cache(maxsize=1024)
def _plan(record: type) -> tuple[tuple[str, str, bool, _Converter], ...]:
    """For each field of a class: its name in facts, its attribute, whether null may be left out, how to convert."""
    return tuple(
        (field.name, field.attribute, field.shape.nullable, _converter(field.shape))
        for field in fields_of(record).values()
    )


def _model(record: BaseModel, declared: type) -> dict[str, Any]:
    values, written = record.__dict__, record.model_fields_set
    facts: dict[str, Any] = {}
    for name, attribute, nullable, convert in _plan(declared):
        value = values.get(attribute, _GONE)
        if value is None:
            if attribute in written or not nullable:
                facts[name] = None
        elif value is not _GONE:
            fact = convert(value)
            if fact is not _GONE:
                facts[name] = fact
    return facts


def _dataclass(record: object, declared: type) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for name, attribute, _, convert in _plan(declared):
        value = getattr(record, attribute)
        fact = None if value is None else convert(value)
        if fact is not _GONE:
            facts[name] = fact
    return facts


@lru_cache(maxsize=4096)
def _converter(shape: Shape) -> _Converter:
    if shape.kind is Kind.RECORD and shape.record is not None:
        return _record_converter(shape.record)
    if shape.kind is Kind.RANK and shape.order is not None:
        return {member: rank for rank, member in enumerate(shape.order)}.__getitem__
    if shape.kind is Kind.LIST:
        return _list_converter(shape.of[0])
    if shape.kind is Kind.MAP:
        return _map_converter(*shape.of)
    return _SIMPLE[shape.kind]


def _record_converter(record: type) -> _Converter:
    read = _model if issubclass(record, BaseModel) else _dataclass
    return lambda value: read(value, record)


def _list_converter(of: Shape) -> _Converter:
    def convert(values: Any) -> Any:
        element = _nullable(of)
        facts = [element(value) for value in values]
        if _GONE in facts:
            return _GONE
        return sorted(facts, key=repr) if isinstance(values, (set, frozenset)) else facts

    return convert


def _map_converter(key: Shape, of: Shape) -> _Converter:
    def convert(values: Any) -> Any:
        name, element = _nullable(key), _nullable(of)
        facts = {name(word): element(value) for word, value in values.items()}
        return _GONE if any(fact is _GONE for pair in facts.items() for fact in pair) else facts

    return convert


def _nullable(shape: Shape) -> _Converter:
    convert = _converter(shape)
    return (lambda value: None if value is None else convert(value)) if shape.nullable else convert


def _whole(value: int) -> Any:
    return int(value) if -LARGEST_WHOLE <= value <= LARGEST_WHOLE else _GONE


def _decimal(value: Any) -> Any:
    number = float(value)
    return number if math.isfinite(number) else _GONE


def _text(value: Any) -> str:
    if type(value) is str:
        return value
    return str(value.value) if isinstance(value, Enum) else str(value)


def _anything(value: Any) -> Any:
    """A fact by the value alone, where the declared type says nothing."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, BaseModel) or is_dataclass(value):
        return record_facts(value)
    if isinstance(value, Enum):
        return value.rank if isinstance(value, OrderedEnum) else _anything(value.value)
    if isinstance(value, Mapping):
        return _map_converter(_ANYTHING, _ANYTHING)(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        return _list_converter(_ANYTHING)(value)
    return instant_text(value) if isinstance(value, date) else _number_or_text(value)


def _number_or_text(value: object) -> Any:
    if isinstance(value, int):
        return _whole(value)
    return _decimal(value) if isinstance(value, (float, Decimal)) else str(value)


_ANYTHING: Final = Shape(Kind.ANYTHING, nullable=True)
_SIMPLE: Final[Mapping[Kind, _Converter]] = {
    Kind.TRUTH: bool,
    Kind.WHOLE: _whole,
    Kind.DECIMAL: _decimal,
    Kind.TEXT: _text,
    Kind.DAY: instant_text,
    Kind.INSTANT: instant_text,
    Kind.ANYTHING: _anything,
}
