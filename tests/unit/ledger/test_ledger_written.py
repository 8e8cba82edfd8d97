"""The short way between record and bytes never differs from the long one (RFC 8785 by its own library)."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st
from test_ledger_record import RECORDS

from careloop.errors import InvalidInput
from careloop.ledger.canonical import instant_text, problems_of_value, read_canonical
from careloop.ledger.record import read_entry, seal
from careloop.ledger.record_types import STANDARD_TYPES
from careloop.ledger.written import WrittenRecord, read_shortly, record_of, seal_shortly, written_of
from careloop.ports.ledger import Record
from careloop.testing.contracts.ledger import NOON, a_record

INSTANTS = st.datetimes(timezones=st.just(UTC))


def plainly(body: bytes) -> dict[str, Any]:
    value = msgspec.json.decode(body)
    assert isinstance(value, dict)
    return value


@given(RECORDS, INSTANTS, st.integers(0, 10**9))
def test_what_is_sealed_shortly_is_what_rfc_8785_writes(record: Record, at: datetime, skew_ms: int) -> None:
    body = seal_shortly(record, instant_text(at), skew_ms, STANDARD_TYPES)
    if body is None:  # characters beyond U+FFFF go the long way
        assert not seal(record, recorded_at=at, skew_ms=skew_ms).isascii()
        return
    assert body == rfc8785.dumps(plainly(body)) == seal(record, recorded_at=at, skew_ms=skew_ms)


@given(RECORDS, INSTANTS)
def test_what_is_read_shortly_is_the_record(record: Record, at: datetime) -> None:
    body = seal(record, recorded_at=at)
    written = read_shortly(body)
    assert written is None or (record_of(written), written.recorded_at) == (record, instant_text(at))
    assert written is None or written == written_of(read_entry(0, body))


@given(st.data())
def test_bytes_with_anything_changed_are_read_shortly_only_if_the_long_way_reads_them(data: st.DataObject) -> None:
    body = bytearray(
        seal(a_record(1, data={"system": "ü", "severity": "low", "n": [1, {"a": None}]}), recorded_at=NOON)
    )
    at = data.draw(st.integers(0, len(body) - 1))
    body[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=3) | st.sampled_from(EDITS))
    written = read_shortly(bytes(body))
    if written is not None:
        value = read_canonical(bytes(body))
        assert rfc8785.dumps(value) == bytes(body)
        assert problems_of_value(value, "$") == []


EDITS = [b"1.0", b"1e3", b" ", b'"', b"\\u0041", b"\xc3\xbc", b"u\xcc\x88", b"9007199254740993", b"-0", b"null", b"{}"]


@pytest.mark.parametrize(
    "change",
    [
        {"id": "017F22E2-79B0-7CC3-98C4-DC0C0C07398F"},
        {"v": 0},
        {"v": True},
        {"skew_ms": -1},
        {"skew_ms": 0},
        {"recorded_at": "2026-03-31T24:00:00.000000Z"},
        {"recorded_at": "2026-02-30T12:00:00.000000Z"},
        {"occurred_at": "2026-03-31T12:00:00Z"},
        {"data": {"n": 0.5}},
        {"data": {"n": 2**53}},
        {"data": {"text": "e\u0301"}},
        {"subject": [{"name": " "}]},
        {"subject": [{"name": "m", "digest": None}]},
        {"subject": [{"name": "m", "digest": "md5:00"}]},
        {"actor": {"iss": "i", "sub": "s", "kind": "robot"}},
        {"redactable": {"name": "plain"}},
        {"blobs": [{"sha256": "0" * 64, "size": -1, "media": "text/plain"}]},
        {"blobs": [{"sha256": "0" * 64, "size": 1, "media": "text"}]},
        {"controls": [""]},
        {"more": 1},
    ],
)
def test_neither_way_reads_what_no_record_looks_like(change: dict[str, object]) -> None:
    body = msgspec.json.encode(plainly(seal(a_record(1), recorded_at=NOON)) | change, order="sorted")
    assert read_shortly(body) is None
    with pytest.raises(InvalidInput):
        read_entry(0, body)


def test_deep_data_is_left_to_the_long_way() -> None:
    value: object = 1
    for _ in range(40):
        value = [value]
    written = msgspec.json.decode(seal(a_record(1), recorded_at=NOON), type=WrittenRecord)
    written.data["deep"] = value
    assert read_shortly(msgspec.json.encode(written, order="sorted")) is None
