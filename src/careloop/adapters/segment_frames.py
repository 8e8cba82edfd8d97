"""The bytes of a segment: events as JSON lines, in frames that say how long they are and what they must add up to.

A frame is one header line of fixed width, beginning with `#`, and its rows; `grep -v '^#'` leaves the rows. A frame
without rows is a fence: it only says that nothing after it was received before its instant.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import msgspec

from careloop.domain.event import Event, StoredEvent

__all__ = [
    "HEADER_BYTES",
    "MAGIC",
    "Frame",
    "Head",
    "decode_events",
    "decode_events_of",
    "decode_heads",
    "encode_frame",
    "encode_lines",
    "frames_in",
]

MAGIC: Final = b"#care1 "
HEADER_BYTES: Final = 78
_FIELDS: Final = ((7, 27), (28, 36), (37, 47), (48, 68))
_SUM: Final = slice(69, 77)


@dataclass(frozen=True, slots=True)
class Frame:
    """Events that were made durable together."""

    first_seq: int
    """`ingest_seq` of the first row; of a fence, that of the next row to come."""
    rows: int
    received_us: int
    payload: bytes
    """One JSON object a line."""

    @property
    def next_seq(self) -> int:
        """`ingest_seq` of the first event after this frame."""
        return self.first_seq + self.rows


class Head(msgspec.Struct, frozen=True, gc=False):
    """As much of an event as tells it apart from every other."""

    id: str
    system: str


_encode_lines: Final = msgspec.json.Encoder().encode_lines
_decoder: Final = msgspec.json.Decoder(Event)
_decode_lines: Final = _decoder.decode_lines
_decode_heads: Final = msgspec.json.Decoder(Head).decode_lines


def encode_lines(events: list[Event]) -> bytes:
    """Events as JSON lines."""
    return _encode_lines(events)


def decode_events(frame: Frame) -> list[StoredEvent]:
    """The events of a frame in their order."""
    events = _decode_lines(frame.payload)
    return [StoredEvent(seq, frame.received_us, event) for seq, event in enumerate(events, frame.first_seq)]


def decode_heads(frame: Frame) -> list[Head]:
    """Which events a frame holds, in their order: a sixth of the time that all of each takes."""
    return _decode_heads(frame.payload)


def decode_events_of(frame: Frame, system: str) -> list[StoredEvent]:
    """The events of one system, in their order; lines that cannot be its are not decoded."""
    named, payload = b'"system":' + msgspec.json.encode(system), frame.payload
    found: list[StoredEvent] = []
    seq, start = frame.first_seq, 0
    while (at := payload.find(named, start)) >= 0:
        seq += payload.count(b"\n", start, at)
        line, start = payload.rfind(b"\n", 0, at) + 1, payload.find(b"\n", at)
        found.append(StoredEvent(seq, frame.received_us, _decoder.decode(payload[line:start])))
    return [stored for stored in found if stored.event.system == system]


def encode_frame(frame: Frame) -> bytes:
    """The frame as it stands in a segment."""
    head = b"%s%020d %08d %010d %020d " % (MAGIC, frame.first_seq, frame.rows, len(frame.payload), frame.received_us)
    return b"%s%08x\n%s" % (head, zlib.crc32(frame.payload, zlib.crc32(head)), frame.payload)


def frames_in(content: bytes, start: int = 0) -> Iterator[tuple[Frame, int]]:
    """The sound frames from `start` on, each with the place where it ends; stops before the first that is not."""
    while (found := _frame_at(content, start)) is not None:
        start += HEADER_BYTES + len(found.payload)
        yield found, start


def _frame_at(content: bytes, start: int) -> Frame | None:
    header = content[start : start + HEADER_BYTES]
    if len(header) < HEADER_BYTES or not header.startswith(MAGIC):
        return None
    try:
        first_seq, rows, length, received_us = (int(header[a:b]) for a, b in _FIELDS)
        wanted = int(header[_SUM], 16)
    except ValueError:
        return None
    payload = content[start + HEADER_BYTES : start + HEADER_BYTES + length]
    if len(payload) < length or zlib.crc32(payload, zlib.crc32(header[:69])) != wanted:
        return None
    return Frame(first_seq, rows, received_us, payload)
