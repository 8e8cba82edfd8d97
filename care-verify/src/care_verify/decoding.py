"""Strict decoding: each value has one way to be written, and whatever is written in another is refused.

Sources: RFC 4648 section 4 (base64), RFC 8785 (canonical JSON, without fractions).
"""

import base64
import binascii
import json
from typing import Any, Final

__all__ = ["Malformed", "base64_bytes", "canonical", "read_canonical", "read_json"]

MAX_INTEGER: Final = 2**53 - 1


class Malformed(ValueError):
    """Bytes that are not the one way in which anything is written here."""


def base64_bytes(text: str) -> bytes:
    """The bytes of standard base64 in canonical form; raises `Malformed`."""
    try:
        value = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed(f"not base64: {error}") from error
    if base64.b64encode(value).decode() != text:
        raise Malformed("base64 in a form other than the canonical one")
    return value


def canonical(value: Any) -> bytes:
    """The RFC 8785 bytes of a JSON value without fractions."""
    text = _ENCODER.encode(value)
    if not text.isascii():  # keys beyond U+FFFF sort by UTF-16 code units, as Python's text does not
        text = json.dumps(_sorted(value), ensure_ascii=False, separators=(",", ":"))
    return text.encode()


def read_json(body: bytes) -> Any:
    """A JSON value without fractions, large integers or a key twice; raises `Malformed`."""
    try:
        return json.loads(
            body.decode(), parse_float=_refuse, parse_constant=_refuse, parse_int=_integer, object_pairs_hook=_object
        )
    except (ValueError, RecursionError) as error:
        raise Malformed(f"not JSON as it is written here: {error}") from error


def read_canonical(body: bytes) -> Any:
    """A JSON value whose bytes are its canonical form; raises `Malformed`."""
    try:
        value = _DECODER.decode(body.decode())
        same = canonical(value) == body
    except (ValueError, RecursionError) as error:
        raise Malformed(f"not JSON as it is written here: {error}") from error
    if not same:
        raise Malformed("not in canonical form (RFC 8785)")
    return value


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value, key=lambda key: key.encode("utf-16-be"))}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _integer(text: str) -> int:
    value = int(text)
    if abs(value) > MAX_INTEGER:
        raise ValueError(f"{text} is beyond 2^53 - 1")
    return value


def _refuse(text: str) -> Any:
    raise ValueError(f"{text} is a fraction")


_DECODER: Final = json.JSONDecoder(parse_float=_refuse, parse_constant=_refuse, parse_int=_integer)
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))
