"""One way to write a value down: canonical JSON, so that the same fact always has the same bytes.

Source: RFC 8785, narrowed: no fractions at all, integers within ±(2^53 - 1), NFC text, at most 32 levels.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from unicodedata import is_normalized

import msgspec
import rfc8785

from careloop.errors import InvalidInput
from careloop.ports.ledger import Json

__all__ = [
    "MAX_INTEGER",
    "canonical_bytes",
    "instant_text",
    "is_simple",
    "problems_of_value",
    "read_canonical",
    "read_instant",
]

MAX_INTEGER: Final = 2**53 - 1
MAX_DEPTH: Final = 32
_UTC: Final = "+00:00"
_ASTRAL: Final = re.compile(rb"[\xf0-\xf4]")
_INSTANT_WIDTH: Final = len("2026-01-31T23:59:59.000000Z")


def canonical_bytes(value: Json) -> bytes:
    """The RFC 8785 bytes of a value that `problems_of_value` finds no fault with.

    msgspec's encoder writes the same bytes as `rfc8785`, a hundred times sooner, with one difference: it orders keys by
    code point and RFC 8785 by UTF-16 unit. The two orders are one while no character lies beyond U+FFFF; where one
    does, `rfc8785` writes.
    """
    body = _ENCODER.encode(value)
    return body if body.isascii() or not _ASTRAL.search(body) else rfc8785.dumps(_plain(value))


def problems_of_value(value: object, field: str, depth: int = 0) -> list[str]:
    """What keeps a value out of a record, each sentence beginning with the field's path."""
    if is_simple(value, depth):  # nearly always, and then there is nothing to find
        return []
    if depth > MAX_DEPTH:
        return [f"{field}: nested more than {MAX_DEPTH} levels deep"]
    match value:
        case None | bool():
            return []
        case int():
            return [] if abs(value) <= MAX_INTEGER else [f"{field}: an integer beyond ±(2^53 - 1); write it as text"]
        case str():
            return _problems_of_text(value, field)
        case Mapping():
            return [p for k, v in value.items() for p in _problems_of_item(k, v, field, depth)]
        case list() | tuple():
            return [p for i, v in enumerate(value) for p in problems_of_value(v, f"{field}[{i}]", depth + 1)]
        case float():
            return [f"{field}: a decimal must be written as a string, not as a number"]
        case _:
            return [f"{field}: {type(value).__name__} has no place in a record"]


def read_canonical(body: bytes) -> Json:
    """The value that canonical bytes say; raises `InvalidInput` when they are not the canonical form of anything."""
    try:
        value: Json = msgspec.json.decode(body)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"not JSON of a record: {error}") from error
    if problems := problems_of_value(value, "$"):
        raise InvalidInput("; ".join(problems))
    if canonical_bytes(value) != body:
        raise InvalidInput("not in canonical form (RFC 8785)")
    return value


def is_simple(value: object, depth: int = 0, *, text_too: bool = True) -> bool:
    """Whether a value surely fits: small integers, ASCII text, plain containers of them, found the shortest way.

    False says nothing. With `text_too` off, text is not looked at: the caller does so, over all of it at once.
    """
    kind = type(value)
    if kind is str:
        return not text_too or value.isascii()  # type: ignore[attr-defined]  # it is a str
    if kind is int:
        return -MAX_INTEGER <= value <= MAX_INTEGER  # type: ignore[operator]  # it is an int
    if kind is dict:
        items: Mapping[object, object] = value  # type: ignore[assignment]  # it is a dict
        return depth <= MAX_DEPTH and all(
            type(key) is str and (not text_too or key.isascii()) and is_simple(item, depth + 1, text_too=text_too)
            for key, item in items.items()
        )
    if kind is list or kind is tuple:
        items_of: Sequence[object] = value  # type: ignore[assignment]  # it is one of the two
        return depth <= MAX_DEPTH and all(is_simple(item, depth + 1, text_too=text_too) for item in items_of)
    return value is None or kind is bool


def instant_text(instant: datetime) -> str:
    """An aware UTC instant as RFC 3339 with six decimals and `Z`, so that text order is time order.

    >>> from datetime import UTC
    >>> instant_text(datetime(2026, 3, 31, 12, tzinfo=UTC))
    '2026-03-31T12:00:00.000000Z'
    """
    text = instant.isoformat(timespec="microseconds")
    if not text.endswith(_UTC) or len(text) != _INSTANT_WIDTH - 1 + len(_UTC):
        raise InvalidInput(f"{text} is not an instant in UTC")
    return f"{text[: -len(_UTC)]}Z"


def read_instant(text: Json) -> datetime:
    """The instant written by `instant_text`, and by nothing else; raises `InvalidInput`."""
    if not isinstance(text, str) or len(text) != _INSTANT_WIDTH or not text.endswith("Z") or not text.isascii():
        raise InvalidInput(f"{text!r} is not an instant like 2026-03-31T12:00:00.000000Z")
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(f"{text!r} is not an instant: {error}") from error
    if instant_text(instant) != text:
        raise InvalidInput(f"{text!r} is not an instant like 2026-03-31T12:00:00.000000Z")
    return instant


def _problems_of_item(key: object, value: object, field: str, depth: int) -> list[str]:
    if not isinstance(key, str):
        return [f"{field}: the key {key!r} is not text"]
    problems = [] if key.isascii() else _problems_of_text(key, f"{field}: key {key!r}")
    return problems + problems_of_value(value, f"{field}.{key}", depth + 1)


def _problems_of_text(text: str, field: str) -> list[str]:
    if text.isascii():  # nearly always, and then there is nothing to find
        return []
    if any("\ud800" <= c <= "\udfff" for c in text):
        return [f"{field}: half of a surrogate pair is not text"]
    return [] if is_normalized("NFC", text) else [f"{field}: text is not in Unicode NFC"]


def _simpler(value: object) -> object:
    """What msgspec does not know, in a form that it does."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, Sequence):
        return list(value)
    raise InvalidInput(f"{type(value).__name__} has no place in a record")


def _plain(value: Json) -> Any:
    """The same value in the built-in containers, which are all that `rfc8785` takes; it does not export its type."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(item) for item in value]
    return value


_ENCODER: Final = msgspec.json.Encoder(order="sorted", enc_hook=_simpler)
