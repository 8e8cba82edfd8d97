"""A batch is read row by row: what is no row is said to be none, and spoils no other."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careloop.documents.event_batch import Unreadable, read_json_events, read_line_events
from careloop.errors import InvalidInput


def test_a_list_and_a_single_object_are_batches() -> None:
    assert [tuple(row) for row in read_json_events(b' [{"id": "a"}, 7] ')] == [(0, {"id": "a"}), (1, 7)]
    assert [tuple(row) for row in read_json_events(b'\n{"id": "a"}\n')] == [(0, {"id": "a"})]
    assert read_json_events(b"[]") == []


@pytest.mark.parametrize("body", [b"", b"nothing", b"[1", b'"text"', b"[1,]", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_json_of_that_form_is_refused_as_a_whole(body: bytes) -> None:
    with pytest.raises(InvalidInput, match="batch"):
        read_json_events(body)


def test_nan_in_one_row_is_left_to_be_refused_with_its_field() -> None:
    rows = read_json_events(b'[{"score": NaN}, {"score": 1e999}, {"score": 0.5}]')
    values = [row.row["score"] for row in rows if isinstance(row.row, dict)]
    assert math.isnan(values[0])
    assert values[1:] == [math.inf, 0.5]


def test_lines_are_numbered_blank_ones_too_and_a_bad_one_stands_alone() -> None:
    body = b'{"id": "a"}\n\n{"id": \n  \r\n{"id": "b", "score": NaN}\n'
    rows = list(read_line_events(body.split(b"\n"), first=100))
    assert [row.at for row in rows] == [100, 102, 104]
    assert rows[0].row == {"id": "a"}
    assert isinstance(rows[1].row, Unreadable)
    assert isinstance(rows[2].row, dict)


def test_a_row_that_is_too_large_is_refused_alone() -> None:
    large = json.dumps({"id": "x" * 500})
    for body in (f'[{large}, {{"id": "b"}}]', f'[{large}, {{"id": "b"}}, NaN]'):
        rows = read_json_events(body.encode(), max_row_bytes=300)
        assert rows[0].row == Unreadable("the row is larger than 300 bytes")
        assert rows[1].row == {"id": "b"}
    (row,) = read_line_events([large.encode()], max_row_bytes=300)
    assert isinstance(row.row, Unreadable)


def test_a_row_nested_too_deep_is_refused_alone_among_lines() -> None:
    deep = b'{"a":' + b"[" * 5_000 + b"]" * 5_000 + b"}"
    first, second = read_line_events([deep, b'{"id": "b"}'])
    assert isinstance(first.row, Unreadable)
    assert second.row == {"id": "b"}


@given(st.lists(st.dictionaries(st.text(max_size=5), st.floats() | st.text(max_size=5) | st.integers(), max_size=3)))
def test_both_forms_say_the_same_rows(rows: list[dict[str, object]]) -> None:
    as_list = [row.row for row in read_json_events(json.dumps(rows).encode())]
    as_lines = [row.row for row in read_line_events([json.dumps(row).encode() for row in rows])]
    assert repr(as_list) == repr(as_lines) == repr(rows)
