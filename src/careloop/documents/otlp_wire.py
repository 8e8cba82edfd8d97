"""Exports of OpenTelemetry (OTLP 1.x) as bytes: protobuf read into the shape that OTLP has in JSON.

Only what careloop uses is read; other fields are passed over, as protobuf asks. Numbers of fields: `trace.proto`,
`metrics.proto`, `common.proto` of opentelemetry-proto. Ids become lower-case hex, as OTLP's JSON has them; 64-bit
numbers stay numbers.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from careloop.errors import InvalidInput

__all__ = ["partial_success", "read_metrics", "read_traces"]

_MOST_DEEP: Final = 16
_Read = Callable[[Any, int], Any]
_Fields = Mapping[int, tuple[str, _Read, bool]]
"""Number -> name, how it is read, and whether it may come more than once."""


def read_traces(body: bytes) -> dict[str, Any]:
    """`ExportTraceServiceRequest`. Raises `InvalidInput` when the bytes are no protobuf of that form."""
    return _whole(body, _TRACES)


def read_metrics(body: bytes) -> dict[str, Any]:
    """`ExportMetricsServiceRequest`. Raises `InvalidInput` when the bytes are no protobuf of that form."""
    return _whole(body, _METRICS)


def partial_success(rejected: int, why: str) -> bytes:
    """`ExportTraceServiceResponse` or the one of metrics: empty bytes when nothing was rejected."""
    if not rejected:
        return b""
    said = why.encode()
    inner = b"\x08" + _varint(rejected) + b"\x12" + _varint(len(said)) + said
    return b"\x0a" + _varint(len(inner)) + inner


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def _whole(body: bytes, fields: _Fields) -> dict[str, Any]:
    try:
        return _message(memoryview(body), fields, 0)
    except (ValueError, IndexError, struct.error, UnicodeDecodeError) as error:
        raise InvalidInput(f"the body is no OTLP export in protobuf: {error}") from error


def _message(content: Any, fields: _Fields, depth: int) -> dict[str, Any]:
    if depth > _MOST_DEEP:
        raise ValueError("nested too deep")
    found: dict[str, Any] = {}
    for number, value in _parts(content):
        if number not in fields:
            continue
        name, read, many = fields[number]
        told = read(value, depth + 1)
        if many:
            found.setdefault(name, []).append(told)
        else:
            found[name] = told
    return found


def _parts(content: Any) -> Iterator[tuple[int, Any]]:
    """Number of each field with its value: a whole number, or the bytes of it."""
    at, end = 0, len(content)
    while at < end:
        key, at = _number(content, at)
        kind = key & 7
        if kind == 0:
            value, at = _number(content, at)
        else:
            length, at = _number(content, at) if kind == 2 else ({1: 8, 5: 4}.get(kind, -1), at)
            if length < 0 or at + length > end:
                raise ValueError(f"byte {at} does not continue a message")
            value, at = content[at : at + length], at + length
        yield key >> 3, value


def _number(content: Any, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = content[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number & 0xFFFF_FFFF_FFFF_FFFF, at
        shift += 7
        if shift > 63:
            raise ValueError("a number of more than 64 bits")


def _of(fields: _Fields) -> _Read:
    def read(value: Any, depth: int) -> dict[str, Any]:
        return _message(_bytes(value), fields, depth)

    return read


def _bytes(value: Any) -> Any:
    if isinstance(value, int):
        raise ValueError("a number where bytes are wanted")
    return value


def _text(value: Any, depth: int) -> str:
    return bytes(_bytes(value)).decode()


def _hex(value: Any, depth: int) -> str:
    return bytes(_bytes(value)).hex()


def _fixed(value: Any, depth: int) -> int:
    return int(struct.unpack("<Q", _bytes(value))[0])


def _signed_fixed(value: Any, depth: int) -> int:
    return int(struct.unpack("<q", _bytes(value))[0])


def _double(value: Any, depth: int) -> float:
    return float(struct.unpack("<d", _bytes(value))[0])


def _signed(value: Any, depth: int) -> int:
    if not isinstance(value, int):
        raise ValueError("bytes where a number is wanted")
    return value - (1 << 64) if value >= 1 << 63 else value


def _flag(value: Any, depth: int) -> bool:
    return bool(_signed(value, depth))


def _any(value: Any, depth: int) -> dict[str, Any]:
    return _message(_bytes(value), _ANY, depth)


def _one(name: str, read: _Read) -> tuple[str, _Read, bool]:
    return name, read, False


def _many(name: str, read: _Read) -> tuple[str, _Read, bool]:
    return name, read, True


_PAIR: Final[_Fields] = {1: _one("key", _text), 2: _one("value", _any)}
_ANY: Final[_Fields] = {
    1: _one("stringValue", _text),
    2: _one("boolValue", _flag),
    3: _one("intValue", _signed),
    4: _one("doubleValue", _double),
    5: _one("arrayValue", _of({1: _many("values", _any)})),
    6: _one("kvlistValue", _of({1: _many("values", _of(_PAIR))})),
    7: _one("bytesValue", _hex),
}
_ATTRIBUTES: Final = _many("attributes", _of(_PAIR))
_RESOURCE: Final = _one("resource", _of({1: _ATTRIBUTES}))
_SPAN: Final[_Fields] = {
    1: _one("traceId", _hex),
    2: _one("spanId", _hex),
    5: _one("name", _text),
    7: _one("startTimeUnixNano", _fixed),
    8: _one("endTimeUnixNano", _fixed),
    9: _ATTRIBUTES,
}
_TRACES: Final[_Fields] = {
    1: _many(
        "resourceSpans",
        _of({1: _RESOURCE, 2: _many("scopeSpans", _of({2: _many("spans", _of(_SPAN))}))}),
    )
}
_POINT: Final[_Fields] = {
    9: _ATTRIBUTES,
    2: _one("startTimeUnixNano", _fixed),
    3: _one("timeUnixNano", _fixed),
    4: _one("count", _fixed),
}
_HISTOGRAM: Final[_Fields] = {1: _many("dataPoints", _of(_POINT)), 2: _one("aggregationTemporality", _signed)}
_EXPONENTIAL: Final[_Fields] = {
    1: _many("dataPoints", _of({**{n: f for n, f in _POINT.items() if n != 9}, 1: _ATTRIBUTES})),
    2: _one("aggregationTemporality", _signed),
}
_METRIC: Final[_Fields] = {
    1: _one("name", _text),
    9: _one("histogram", _of(_HISTOGRAM)),
    10: _one("exponentialHistogram", _of(_EXPONENTIAL)),
}
_METRICS: Final[_Fields] = {
    1: _many(
        "resourceMetrics",
        _of({1: _RESOURCE, 2: _many("scopeMetrics", _of({2: _many("metrics", _of(_METRIC))}))}),
    )
}
