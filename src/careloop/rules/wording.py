"""Writes a value as a reader of an explanation wants to see it: short, and ordered values with their word."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from careloop.rules.facts import instant_text
from careloop.rules.shapes import Kind, Shape

__all__ = ["shown"]

_LONGEST: Final = 80


def shown(value: Any, shape: Shape | None = None) -> str:
    """A value in at most eighty characters.

    >>> shown(["a", None, True, 0.5])
    '["a", null, true, 0.5]'
    """
    order = shape.order if shape is not None else None
    if order is not None and isinstance(value, int) and 0 <= value < len(order):
        return f"{value} ({list(order)[value]})"
    if shape is not None and shape.kind in (Kind.DAY, Kind.INSTANT) and isinstance(value, str):
        return value.removesuffix("T00:00:00Z") if shape.kind is Kind.DAY else value
    text = _plain(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, timedelta):
        return f"{value.total_seconds():g} s"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_plain(key)}: {_plain(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_plain(item) for item in value) + "]"
    if value is None or isinstance(value, (bool, int, float, str)):
        return json.dumps(value, ensure_ascii=False)
    return str(value)
