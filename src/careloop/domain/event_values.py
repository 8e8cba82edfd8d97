"""How each value of an event is read: as it will be kept, or refused with a reason that never repeats the value."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from careloop.domain.event import MILLIONTHS
from careloop.domain.system import EventField, EventType

__all__ = [
    "MAX_DECLARED_TEXT",
    "MAX_TEXT",
    "EventValueError",
    "Reader",
    "answer",
    "count",
    "fixed_point",
    "flag",
    "instant",
    "long_text",
    "microseconds",
    "milliseconds",
    "moment_of",
    "reader_of",
    "real",
    "rule_ids",
    "sort_of",
    "text",
    "weight",
    "whole",
]

MAX_TEXT: Final = 200
"""Characters of an id, a name or an answer; an answer's full text is not kept here."""
MAX_DECLARED_TEXT: Final = 4_000
"""Characters of a text that a system declares."""
_MAX_RULES: Final = 100
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)

Reader = Callable[[object], object]
"""Turns a value as sent into the value as kept; raises `EventValueError`."""


class EventValueError(Exception):
    """The reason why a value, and so its row, is refused. It never repeats the value, which may be personal."""


def microseconds(moment: datetime) -> int:
    """Whole microseconds from 1970-01-01T00:00Z to a moment that has a time zone."""
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def moment_of(moment_us: int) -> datetime:
    """The aware UTC moment of microseconds since 1970."""
    return _EPOCH + moment_us * _MICROSECOND


def sort_of(value: object) -> str:
    """What sort of value it is, in JSON's words, without the value."""
    names = {bool: "true or false", str: "text", dict: "an object", list: "a list", type(None): "null"}
    return names.get(type(value), "a number" if isinstance(value, int | float) else "something else")


def text(value: object, *, most: int = MAX_TEXT) -> str:
    """An id, a name, a word."""
    if type(value) is str and 0 < len(value) <= most and value.isascii():
        return value
    if not isinstance(value, str):
        raise EventValueError(f"{sort_of(value)} where text is wanted")
    if not 0 < len(value) <= most:
        raise EventValueError(f"text of 1 to {most} characters is wanted, not of {len(value)}")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise EventValueError("the text is not Unicode") from None
    return value


def long_text(value: object) -> str:
    """A text that the system declares as such; it may be longer."""
    return text(value, most=MAX_DECLARED_TEXT)


def real(value: object) -> float:
    """A finite number; always a float, so that 5 and 5.0 are of one type in every file."""
    if type(value) is float and math.isfinite(value):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise EventValueError(f"{sort_of(value)} where a number is wanted")
    if not math.isfinite(value) if isinstance(value, float) else abs(value) >= 1 << 1000:
        raise EventValueError("not a finite number")
    return float(value)


def whole(value: object) -> int:
    """Whole numbers as JSON Schema has them: 7.0 is one."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        real(value)
        raise EventValueError("a whole number is wanted")
    if not -(2**63) <= value < 2**63:
        raise EventValueError("does not fit 64 bits")
    return value


def count(value: object) -> int:
    """A whole number that is not negative."""
    number = whole(value)
    if number < 0:
        raise EventValueError("is below 0")
    return number


def flag(value: object) -> bool:
    """True or false; 0 and 1 are numbers."""
    if not isinstance(value, bool):
        raise EventValueError(f"{sort_of(value)} where true or false is wanted")
    return value


def fixed_point(value: object) -> int:
    """A number in whole `MILLIONTHS`, rounded to the nearest."""
    number = real(value) * MILLIONTHS
    if not math.isfinite(number):
        raise EventValueError("does not fit 64 bits")
    return whole(round(number))


def answer(value: object) -> str:
    """A class or number as canonical text, so that 1 and 1.0 are the same answer on every engine."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    number = real(value)
    return str(int(number)) if number.is_integer() and abs(number) < 2**53 else repr(value)


def milliseconds(value: object) -> int:
    """A latency in milliseconds, to whole microseconds."""
    latency_us = real(value) * 1000
    if not 0 <= latency_us < 2**53:
        raise EventValueError("no latency is below 0 or that long")
    return round(latency_us)


def weight(value: object) -> int:
    """A sample rate, to the answers that the event stands for in `MILLIONTHS`."""
    rate = real(value)
    if not 1 / MILLIONTHS <= rate <= 1:
        raise EventValueError("a sample rate lies above 0, at most 1, and at least a millionth")
    return round(MILLIONTHS / rate)


def instant(value: object) -> int:
    """An RFC 3339 text with its offset, to microseconds since 1970."""
    try:
        moment = datetime.fromisoformat(text(value))
    except ValueError:
        raise EventValueError("no RFC 3339 instant such as 2026-03-31T09:30:00Z") from None
    if moment.tzinfo is None:
        raise EventValueError("has no offset from UTC: end it with Z or +01:00")
    occurred_us = microseconds(moment)
    if occurred_us < 0:
        raise EventValueError("lies before 1970")
    return occurred_us


def rule_ids(value: object) -> tuple[str, ...]:
    """Ids of the rules that the guard applied."""
    if not isinstance(value, list) or len(value) > _MAX_RULES:
        raise EventValueError(f"a list of at most {_MAX_RULES} rule ids is wanted")
    return tuple(map(text, value))


def reader_of(field: EventField, *, fixed: bool = False) -> Reader:
    """How values of a declared field are read; `fixed` numbers become fixed point."""
    if field.type is EventType.CATEGORY and field.values:
        return _one_of(frozenset(field.values))
    readers: dict[EventType, Reader] = {
        EventType.NUMBER: fixed_point if fixed else real,
        EventType.INTEGER: whole,
        EventType.BOOLEAN: flag,
        EventType.CATEGORY: text,
        EventType.TEXT: long_text,
    }
    return readers[field.type]


def _one_of(values: frozenset[str]) -> Reader:
    def read(value: object) -> str:
        if not isinstance(value, str) or value not in values:
            raise EventValueError("not one of the declared values")
        return value

    return read
