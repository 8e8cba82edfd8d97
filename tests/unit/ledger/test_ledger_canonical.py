"""One value, one sequence of bytes."""

from datetime import UTC, datetime, timedelta, timezone
from types import MappingProxyType

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from careloop.errors import InvalidInput
from careloop.ledger.canonical import canonical_bytes, instant_text, problems_of_value, read_canonical, read_instant
from careloop.ports.ledger import Json

TEXT = st.text(st.characters(codec="utf-8"), max_size=8)
LEAVES = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXT
VALUES: st.SearchStrategy[Json] = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4), max_leaves=12
)


@given(VALUES)
def test_the_bytes_are_those_of_rfc_8785(value: Json) -> None:
    plain: dict[str, Json] = {"value": value}
    assert canonical_bytes(plain) == rfc8785.dumps(plain)


@given(VALUES)
def test_what_is_written_is_read_back_the_same(value: Json) -> None:
    if not problems_of_value(value, "$"):
        assert read_canonical(canonical_bytes(value)) == value


def test_keys_beyond_the_basic_plane_are_ordered_by_their_utf_16_units() -> None:
    assert canonical_bytes({"\ufb33": 1, "\U0001f600": 2}) == '{"\U0001f600":2,"\ufb33":1}'.encode()


def test_any_kind_of_mapping_and_sequence_is_written_as_object_and_list() -> None:
    frozen: Json = MappingProxyType({"ü": (1, MappingProxyType({"a": "ö"}))})
    assert canonical_bytes(frozen) == '{"ü":[1,{"a":"ö"}]}'.encode()
    assert canonical_bytes(MappingProxyType({"a": (1,)})) == b'{"a":[1]}'


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ({"score": 0.5}, "data.score: a decimal"),
        ({"rows": [1, float("nan")]}, "data.rows[1]: a decimal"),
        ({"n": 2**53}, "data.n: an integer"),
        ({"deep": {"n": -(2**53)}}, "data.deep.n: an integer"),
        ({"name": "e\u0301"}, "data.name: text is not in Unicode NFC"),
        ({"e\u0301": 1}, "data: key"),
        ({"name": "\ud800"}, "data.name: half of a surrogate pair"),
        ({1: 2}, "data: the key 1 is not text"),
        ({"when": datetime(2026, 1, 1, tzinfo=UTC)}, "data.when: datetime"),
        ({"raw": b"bytes"}, "data.raw: bytes"),
    ],
)
def test_what_has_no_place_in_a_record_is_named_by_its_field(value: object, field: str) -> None:
    (problem,) = problems_of_value(value, "data")
    assert problem.startswith(field)


def test_all_problems_are_told_at_once() -> None:
    assert len(problems_of_value({"a": 0.1, "b": [0.2, 2**60]}, "data")) == 3


def test_nesting_has_a_bottom() -> None:
    value: Json = 1
    for _ in range(40):
        value = [value]
    assert "levels deep" in problems_of_value(value, "data")[0]


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": 1}',
        b'{"b":1,"a":2}',
        b'{"a":1,"a":1}',
        b'{"a":1.0}',
        b'{"a":1e3}',
        b'{"a":NaN}',
        b'{"a":-0}',
        b'{"a":"\\u0041"}',
        b'\xef\xbb\xbf{"a":1}',
        b'{"a":"\xff"}',
        b"[" * 60_000,
        b"",
    ],
)
def test_only_the_canonical_form_is_read(body: bytes) -> None:
    with pytest.raises(InvalidInput):
        read_canonical(body)


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_instants_sort_as_text_as_they_do_in_time(one: datetime, other: datetime) -> None:
    assert read_instant(instant_text(one)) == one
    assert (instant_text(one) < instant_text(other)) == (one < other)


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-31T12:00:00Z",
        "2026-03-31T12:00:00.000000",
        "2026-03-31 12:00:00.000000Z",
        "2026-13-31T12:00:00.000000Z",
        "2026-03-31T12:00+00:00:00Z",
        "2026-03-31T12:00:00,000000Z",
        "２026-03-31T12:00:00.00000Z",
        7,
        None,
    ],
)
def test_an_instant_has_one_form_only(text: Json) -> None:
    with pytest.raises(InvalidInput):
        read_instant(text)


def test_an_instant_that_is_not_in_utc_is_refused() -> None:
    for instant in (datetime(2026, 1, 1), datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=1)))):  # noqa: DTZ001
        with pytest.raises(InvalidInput):
            instant_text(instant)
