"""How large an Arrow IPC stream becomes once its buffers are unpacked, told from its headers before any is.

The headers are FlatBuffers, of which this reads the few fields it needs: `Message.header`, `RecordBatch.buffers` and
`RecordBatch.compression`. Source: the Arrow columnar format 1.5, `Message.fbs`; a compressed buffer begins with its
unpacked length as a little-endian 64-bit integer, -1 where it was left as it is.
"""

from __future__ import annotations

import struct
from typing import Any, Final

import pyarrow as pa

__all__ = ["unpacked_bytes"]

_HEADER, _DATA_OF_DICTIONARY, _BUFFERS, _COMPRESSION = 2, 1, 2, 3
_WITH_DATA: Final = {"record batch": False, "dictionary": True}


def unpacked_bytes(body: bytes) -> int:
    """Bytes of all buffers, unpacked. Raises `ValueError` or an Arrow error when the stream is not sound."""
    total = 0
    for message in pa.ipc.MessageReader.open_stream(pa.py_buffer(body)):
        if message.type not in _WITH_DATA:
            continue
        try:
            total += _of_message(message)
        except struct.error as error:
            raise ValueError("a message's header is cut short") from error
    return total


def _of_message(message: Any) -> int:
    head = message.metadata.to_pybytes()
    table = _table_at(head, _root(head), _HEADER)
    if table is not None and _WITH_DATA[message.type]:
        table = _table_at(head, table, _DATA_OF_DICTIONARY)
    if table is None:
        raise ValueError("a message without its header")
    body = b"" if message.body is None else memoryview(message.body)
    if _slot(head, table, _COMPRESSION) is None:
        return len(body)
    place = _table_at(head, table, _BUFFERS)
    if place is None:
        return 0
    count = _number("<I", head, place)
    return sum(_buffer(body, head, place + 4 + 16 * at) for at in range(count))


def _buffer(body: Any, head: bytes, place: int) -> int:
    offset, length = struct.unpack_from("<qq", head, place)
    if length == 0:
        return 0
    if offset < 0 or length < 8:
        raise ValueError("a packed buffer without its length")
    (unpacked,) = struct.unpack_from("<q", body, offset)
    return length if unpacked == -1 else abs(int(unpacked))


def _root(head: bytes) -> int:
    return _number("<I", head, 0)


def _number(form: str, head: bytes, place: int) -> int:
    if place < 0:
        raise ValueError("a header that points outside itself")
    (found,) = struct.unpack_from(form, head, place)
    return int(found)


def _slot(head: bytes, table: int, field: int) -> int | None:
    """Where a table's field lies; None when it is not set."""
    described = table - _number("<i", head, table)
    at = 4 + 2 * field
    if at >= _number("<H", head, described):
        return None
    offset = _number("<H", head, described + at)
    return table + offset if offset else None


def _table_at(head: bytes, table: int, field: int) -> int | None:
    """Where the table or vector that a field points to begins."""
    slot = _slot(head, table, field)
    return None if slot is None else slot + _number("<I", head, slot)
