"""Columns of Arrow as the values of events: read once for each distinct value where that is sooner."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from careloop.domain.event_values import EventValueError, Reader, instant, moment_of, real

__all__ = ["BAD", "read_values", "sent_value"]

BAD: Final = object()
"""Stands for a value that its reader refused."""
_OPAQUE: Final = object()
"""Stands for a value of a sort that no event has, such as a date or bytes; it is never looked at."""
_FEW: Final = 32
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def read_values(array: pa.Array, reader: Reader) -> Sequence[Any]:
    """The values of a column as `reader` gives them: None where there is none, `BAD` where it refused."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        distinct = read_values(array.dictionary, reader)
        return [None if at is None else distinct[at] for at in array.indices.to_pylist()]
    if _is_text(kind) and len(array) > _FEW:
        coded = array.dictionary_encode()
        if len(coded.dictionary) * 2 < len(array):
            return read_values(coded, reader)
    if pa.types.is_timestamp(kind) and reader is instant:
        return _instants(array)
    if pa.types.is_floating(kind) and reader is real and pc.all(pc.is_finite(array)).as_py() is not False:
        return _list(array.cast(pa.float64()))
    return [value if value is None else _read(value, reader) for value in _plain(array)]


def sent_value(array: pa.Array, at: int) -> object:
    """One value as the same row in JSON would have it; a sort that JSON has not is an object that no reader takes."""
    return _plain(array.slice(at, 1))[0]


def _read(value: object, reader: Reader) -> object:
    try:
        return reader(value)
    except EventValueError:
        return BAD


def _plain(array: pa.Array) -> list[Any]:
    kind = array.type
    if pa.types.is_dictionary(kind):
        distinct = _plain(array.dictionary)
        return [None if at is None else distinct[at] for at in array.indices.to_pylist()]
    if pa.types.is_timestamp(kind):
        return [value if value is None else _told(value, kind.tz is not None) for value in _since_1970(array)]
    if _is_scalar(kind) or (pa.types.is_list(kind) and _is_text(kind.value_type)):
        return _list(array)
    return [_OPAQUE if valid else None for valid in array.is_valid().to_pylist()]


def _list(array: pa.Array) -> list[Any]:
    found: list[Any] = array.to_pylist()
    return found


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _is_scalar(kind: pa.DataType) -> bool:
    of = pa.types
    return bool(
        _is_text(kind) or of.is_boolean(kind) or of.is_integer(kind) or of.is_floating(kind) or of.is_null(kind)
    )


def _since_1970(array: pa.Array) -> list[Any]:
    """Microseconds; finer instants are cut. What does not fit into 64 bits is far from any day: it stands for none."""
    try:
        whole = array.cast(pa.timestamp("us", array.type.tz), safe=array.type.unit != "ns")
    except pa.ArrowInvalid:
        return [_OPAQUE if valid else None for valid in array.is_valid().to_pylist()]
    return _list(whole.cast(pa.int64()))


def _instants(array: pa.Array) -> list[Any]:
    if array.type.tz is None:
        return [BAD if valid else None for valid in array.is_valid().to_pylist()]
    return [value if value is None or (value is not _OPAQUE and value >= 0) else BAD for value in _since_1970(array)]


def _told(value: Any, zoned: bool) -> object:
    if value is _OPAQUE:
        return _OPAQUE
    try:
        return (
            moment_of(value).isoformat() if zoned else (_EPOCH + value * _MICROSECOND).replace(tzinfo=None).isoformat()
        )
    except OverflowError:
        return _OPAQUE
