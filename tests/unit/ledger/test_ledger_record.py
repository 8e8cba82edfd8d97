"""A record is checked once, sealed into bytes once, and read for ever."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careloop.errors import InvalidInput
from careloop.ledger.canonical import canonical_bytes, read_canonical
from careloop.ledger.record import MAX_BODY, read_entry, reseal, same_content, seal, uuid7
from careloop.ledger.record_types import STANDARD_TYPES, RecordType, registry, upcast
from careloop.ports.ledger import Actor, ActorKind, BlobRef, Json, Record, Subject
from careloop.testing.contracts.ledger import NOON, a_record

TEXT = st.text("abc äß漢🏦", min_size=1, max_size=10).filter(str.strip)
DATA: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
RECORDS = st.builds(
    Record,
    id=st.builds(uuid7, st.integers(0, 2**48 - 1), st.binary(min_size=10, max_size=10)),
    type=st.just("retrain.requested"),
    actor=st.builds(Actor, iss=TEXT, sub=TEXT, kind=st.sampled_from(ActorKind)),
    occurred_at=st.datetimes(timezones=st.just(UTC)),
    data=st.dictionaries(TEXT, DATA, max_size=3).map(lambda d: {**d, "system": "s", "reason": "r"}),
    subject=st.lists(st.builds(Subject, name=TEXT, digest=st.none() | st.just("sha256:" + "0a" * 32)), max_size=2).map(
        tuple
    ),
    controls=st.lists(TEXT, max_size=2).map(tuple),
    refs=st.lists(TEXT, max_size=2).map(tuple),
    redactable=st.dictionaries(TEXT, st.just("sha256:" + "0b" * 32), max_size=2),
    blobs=st.lists(
        st.builds(BlobRef, sha256=st.just("0c" * 32), size=st.integers(0, 2**40), media=st.just("text/plain")),
        max_size=2,
    ).map(tuple),
)


def test_a_uuid7_is_the_one_of_the_standard_and_sorts_by_time() -> None:
    assert uuid7(0x017F22E279B0, bytes.fromhex("fcc3d8c4dc0c0c07398f")) == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"
    assert uuid7(1, b"\xff" * 10) < uuid7(2, b"\x00" * 10)


def test_a_uuid7_outside_its_range_is_refused() -> None:
    for ms, noise in ((-1, bytes(10)), (2**48, bytes(10)), (0, bytes(9))):
        with pytest.raises(InvalidInput):
            uuid7(ms, noise)


@given(RECORDS, st.datetimes(timezones=st.just(UTC)), st.integers(0, 10**9))
def test_a_sealed_record_is_read_back_whole(record: Record, recorded_at: datetime, skew_ms: int) -> None:
    body = seal(record, recorded_at=recorded_at, skew_ms=skew_ms)
    entry = read_entry(3, body)
    assert (entry.record, entry.recorded_at, entry.skew_ms, entry.index) == (record, recorded_at, skew_ms, 3)
    assert read_canonical(body) is not None


@given(RECORDS, st.datetimes(timezones=st.just(UTC)))
def test_resealing_changes_the_time_of_recording_and_nothing_else(record: Record, later: datetime) -> None:
    body = seal(record, recorded_at=NOON)
    again = reseal(body, recorded_at=later, skew_ms=5)
    assert again == seal(record, recorded_at=later, skew_ms=5)
    assert same_content(body, again)


def test_two_records_that_differ_in_a_word_are_not_the_same_content() -> None:
    one = seal(a_record(1), recorded_at=NOON)
    other = seal(replace(a_record(1), controls=()), recorded_at=NOON)
    assert not same_content(one, other)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"id": "017f22e2-79b0-4cc3-98c4-dc0c0c07398f"}, "id:"),
        ({"id": "017F22E2-79B0-7CC3-98C4-DC0C0C07398F"}, "id:"),
        ({"type": "weather.report"}, "type:"),
        ({"v": 2}, "v:"),
        ({"v": 0}, "v:"),
        ({"occurred_at": datetime(2026, 1, 1)}, "occurred_at:"),  # noqa: DTZ001
        ({"data": {"system": "x"}}, "data.severity:"),
        ({"data": {"system": "x", "severity": 0.5}}, "data.severity:"),
        ({"actor": Actor(iss=" ", sub="ada", kind=ActorKind.PERSON)}, "actor.iss:"),
        ({"actor": Actor(iss="i", sub="e\u0301", kind=ActorKind.PERSON)}, "actor.sub:"),
        ({"subject": (Subject(name=""),)}, "subject[0].name:"),
        ({"subject": (Subject(name="m", digest="md5:00"),)}, "subject[0].digest:"),
        ({"subject": (Subject(name="m", digest="sha256:" + "AA" * 32),)}, "subject[0].digest:"),
        ({"controls": ("ok", "")}, "controls[1]:"),
        ({"refs": ("",)}, "refs[0]:"),
        ({"redactable": {"name": "plain text"}}, "redactable.name:"),
        ({"blobs": (BlobRef(sha256="0" * 64, size=-1, media="text/plain"),)}, "blobs[0]:"),
        ({"blobs": (BlobRef(sha256="0" * 64, size=1, media="text"),)}, "blobs[0]:"),
    ],
)
def test_a_record_that_does_not_fit_is_refused_by_the_name_of_its_field(wrong: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        seal(replace(a_record(1), **wrong), recorded_at=NOON)  # type: ignore[arg-type]  # wrong on purpose
    assert f" {field}" in caught.value.message


def test_every_wrong_field_is_named_at_once() -> None:
    wrong = replace(a_record(1), id="x", controls=("",), data={"system": "s", "severity": 1.5})  # type: ignore[dict-item]  # wrong on purpose
    with pytest.raises(InvalidInput) as caught:
        seal(wrong, recorded_at=NOON)
    assert all(field in caught.value.message for field in ("id:", "controls[0]:", "data.severity:"))


def test_a_record_is_recorded_in_utc() -> None:
    with pytest.raises(InvalidInput, match="recorded_at"):
        seal(a_record(1), recorded_at=NOON.replace(tzinfo=None))


def test_a_record_is_as_long_as_a_tile_can_carry_even_when_its_clock_was_behind() -> None:
    def sized(length: int) -> bytes:
        record = a_record(1, data={"system": "s", "severity": "low", "text": "x" * length})
        return seal(record, recorded_at=NOON)

    room = MAX_BODY - len(sized(0)) - 35
    assert len(reseal(sized(room), recorded_at=NOON, skew_ms=10**15)) <= MAX_BODY
    with pytest.raises(InvalidInput, match="at most") as caught:
        sized(room + 1)
    assert "blob" in (caught.value.hint or "")


@pytest.mark.parametrize(
    "change",
    [
        {"extra": 1},
        {"skew_ms": 0},
        {"skew_ms": -5},
        {"skew_ms": True},
        {"recorded_at": "2026-03-31T12:00:00Z"},
        {"actor": {"iss": "i", "sub": "s", "kind": "robot"}},
        {"actor": {"iss": "i", "sub": "s", "kind": "person", "mail": "x"}},
        {"subject": [{"name": "s", "digest": None}]},
        {"blobs": {}},
        {"data": []},
        {"v": "1"},
    ],
)
def test_canonical_json_that_is_not_a_record_is_not_read_as_one(change: dict[str, Json]) -> None:
    value = read_canonical(seal(a_record(1), recorded_at=NOON))
    assert isinstance(value, dict)
    with pytest.raises(InvalidInput):
        read_entry(0, canonical_bytes({**value, **change}))


def test_a_record_with_a_field_missing_is_not_read() -> None:
    value = read_canonical(seal(a_record(1), recorded_at=NOON))
    assert isinstance(value, dict)
    for field in value:
        with pytest.raises(InvalidInput):
            read_entry(0, canonical_bytes({k: v for k, v in value.items() if k != field}))


def test_an_old_version_is_read_through_every_upcaster_in_turn() -> None:
    def to_2(data: object) -> dict[str, Json]:
        assert isinstance(data, dict)
        return {"system": data["name"], "level": data["level"]}

    def to_3(data: object) -> dict[str, Json]:
        assert isinstance(data, dict)
        return {"system": data["system"], "severity": {"1": "low", "2": "high"}[data["level"]]}

    today = RecordType(
        name="incident.opened", version=3, required=frozenset({"severity"}), upcasters={1: to_2, 2: to_3}
    )
    types = registry(today)
    old = a_record(1, data={"name": "credit", "level": "2"})
    assert upcast(old, types) == replace(old, v=3, data={"system": "credit", "severity": "high"})
    second = replace(old, v=2, data={"system": "credit", "level": "1"})
    assert upcast(second, types).data == {"system": "credit", "severity": "low"}
    assert upcast(upcast(old, types), types) == upcast(old, types)


def test_a_version_from_the_future_or_an_unknown_type_is_not_guessed_at() -> None:
    with pytest.raises(InvalidInput, match="newer"):
        upcast(replace(a_record(1), v=2))
    with pytest.raises(InvalidInput, match="not a known record type"):
        upcast(replace(a_record(1), type="weather.report"))


def test_a_type_without_all_its_upcasters_or_with_a_bad_name_cannot_be_made() -> None:
    with pytest.raises(InvalidInput):
        RecordType(name="a.b", version=3, required=frozenset(), upcasters={1: dict})
    with pytest.raises(InvalidInput):
        RecordType(name="Not A Name", required=frozenset())
    with pytest.raises(InvalidInput, match="twice"):
        registry(STANDARD_TYPES["attestation"], STANDARD_TYPES["attestation"])


def test_a_plug_in_adds_its_own_type() -> None:
    types = {**STANDARD_TYPES, "acme.audit": RecordType(name="acme.audit", required=frozenset({"result"}))}
    record = replace(a_record(1), type="acme.audit", data={"result": "ok"})
    assert read_entry(0, seal(record, recorded_at=NOON, types=types)).record == record
    with pytest.raises(InvalidInput, match="type:"):
        seal(record, recorded_at=NOON + timedelta(1))
