"""Events in Arrow are judged as the same rows in JSON are, whatever stands in them; and what is unsound is refused."""

from __future__ import annotations

import contextlib
import io
import json
import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from careloop.adapters.arrow_events import ArrowRows, read_arrow_stream
from careloop.adapters.arrow_files import read_arrow_file
from careloop.documents.event_batch import SentRows, json_batch, line_batch
from careloop.domain.event_contract import Admitted, EventContract, EventTerms, admit
from careloop.domain.event_values import microseconds
from careloop.errors import InvalidInput, Refused
from careloop.testing.event_builders import NOON, ReleasesFake, a_label_row, a_row, a_schema

MOST = 8 * 2**20
Row = dict[str, Any]


def terms(*, system: str | None = None) -> EventTerms:
    return EventTerms(
        contracts={name: EventContract.of(name, a_schema()) for name in ("credit", "shop")},
        release_of=ReleasesFake().resolve,
        latest_us=microseconds(NOON + timedelta(minutes=5)),
        system=system,
    )


def stream_of(table: pa.Table, **options: Any) -> bytes:
    content = io.BytesIO()
    with pa.ipc.new_stream(content, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(table)
    return content.getvalue()


def judged(table: pa.Table, *, system: str | None = None, **options: Any) -> list[Admitted | str]:
    found = list(read_arrow_stream(stream_of(table, **options), most_bytes=MOST).admitted(terms(system=system)))
    assert [at for at, _ in found] == list(range(len(table)))
    return [each for _, each in found]


def without_null(row: Row) -> Row:
    """The row as a sender of JSON would write it."""
    kept = {name: without_null(value) if isinstance(value, dict) else value for name, value in row.items()}
    return {name: value for name, value in kept.items() if value is not None and value != {}}


def judged_as_sent(rows: Sequence[Row], *, system: str | None = None) -> list[Admitted | str]:
    """What becomes of the rows as bytes of JSON, in a list and as lines."""
    lines = [json.dumps(row).encode() for row in rows]
    found = list(line_batch(lines).admitted(terms(system=system)))
    assert [at for at, _ in found] == list(range(len(rows)))
    whole = json_batch(b"[" + b",".join(lines) + b"]")
    if isinstance(whole, SentRows):
        assert list(whole.admitted(terms(system=system))) == found
    return [each for _, each in found]


def _in_order(found: Admitted | str) -> Admitted | str:
    """With the names of what was left out in order: columns have another one than fields."""
    return found if isinstance(found, str) else Admitted(found.event, tuple(sorted(found.dropped)))


def same_as_json(rows: Sequence[Row], table: pa.Table, **options: Any) -> list[Admitted | str]:
    expected = [admit(without_null(row), terms(**options)) for row in rows]
    found = judged(table, **options)
    assert [_in_order(each) for each in found] == [_in_order(each) for each in expected]
    assert judged_as_sent([without_null(row) for row in rows], **options) == expected
    return found


FULL = a_row(
    1,
    features={"age": 30, "hours": 7.5, "job": "clerk", "owner": True, "note": "é"},
    groups={"sex": "female"},
    segment={"region": "north"},
    business={"amount": -12.5},
    score=0.25,
    unit="u-1",
    latency_ms=3.5,
    sample_rate=0.1,
    drill=False,
)


def test_a_batch_of_whole_rows_gives_the_same_events_as_json() -> None:
    rows = [{**FULL, "id": f"e-{n}", "score": n / 7} for n in range(100)]
    found = same_as_json(rows, pa.Table.from_pylist(rows))
    assert all(isinstance(each, Admitted) for each in found)


def test_kinds_and_systems_are_mixed_and_each_bad_row_is_refused_alone() -> None:
    rows = [
        {**FULL, "id": "a"},
        a_label_row(1, value=0.5),
        a_row(2, system="shop", score=math.nan),
        a_row(3, kind="census", source="s", seq=1, served=10, prediction=None),
        a_row(4, kind="nonsense"),
        a_row(5, system="unheard-of"),
        a_row(6, release="v9"),
        a_row(7, occurred_at=(NOON + timedelta(hours=1)).isoformat()),
        a_row(8, occurred_at="2026-03-31T09:30:00"),
        {**FULL, "id": "b", "features": {"age": 30, "job": "baker"}},
        a_row(9, kind="guard", checkpoint="input", verdict="block", rules=["r-1"], prediction=None),
        a_row(10, id="x" * 300),
        a_row(11, id=""),
        a_row(12, id=None),
        a_row(13, kind="label", prediction=None),
        a_row(14, mood="good", sample_rate=0.0),
    ]
    found = same_as_json(rows, pa.Table.from_pylist([{**dict.fromkeys(_names(rows)), **row} for row in rows]))
    assert sum(isinstance(each, str) for each in found) == 12


def test_what_is_not_declared_is_left_out_and_named_by_row() -> None:
    rows = [{**FULL, "id": f"e-{n}", "mood": None if n else "good", "features": {"shoe": n or None}} for n in range(3)]
    found = same_as_json(rows, pa.Table.from_pylist(rows))
    assert [each.dropped for each in found if isinstance(each, Admitted)] == [
        ("mood",),
        ("features.shoe",),
        ("features.shoe",),
    ]
    label = {**a_label_row(1), "features": {"age": 3}}
    assert [each.dropped for each in same_as_json([label], pa.Table.from_pylist([label])) if isinstance(each, Admitted)]


def test_a_group_without_a_basis_is_left_out_and_said_so() -> None:
    table = pa.Table.from_pylist([FULL])
    contract = EventContract.of("credit", a_schema(protected_basis=None))
    asked = EventTerms(contracts={"credit": contract}, release_of=ReleasesFake().resolve, latest_us=2**62)
    ((_, found),) = read_arrow_stream(stream_of(table), most_bytes=MOST).admitted(asked)
    assert found == admit(FULL, asked)
    assert isinstance(found, Admitted)
    assert found.dropped == ("groups.sex (no basis for protected attributes)",)


def test_the_batch_of_one_system_may_leave_it_out_and_name_no_other() -> None:
    rows = [{**FULL, "system": None}, {**FULL, "id": "b", "system": "shop"}]
    found = same_as_json(rows, pa.Table.from_pylist(rows), system="credit")
    assert [isinstance(each, Admitted) for each in found] == [True, False]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_instants_are_taken_in_every_unit_with_a_zone_only(unit: str) -> None:
    moments = [datetime(2026, 3, 31, 11, 59, 30, tzinfo=UTC), datetime(1969, 12, 31, tzinfo=UTC)]
    rows = [{**FULL, "id": str(n)} for n in range(2)]
    for zone in ("UTC", "Europe/Berlin", None):
        column = pa.array([each.replace(tzinfo=None) for each in moments], pa.timestamp(unit))
        column = column if zone is None else column.cast(pa.int64()).cast(pa.timestamp(unit, zone))
        table = pa.Table.from_pylist(rows)
        place = table.schema.get_field_index("occurred_at")
        good, early = judged(table.set_column(place, "occurred_at", column))
        assert early == (
            "occurred_at: lies before 1970" if zone else "occurred_at: has no offset from UTC: end it with Z or +01:00"
        )
        if zone is None:
            assert isinstance(good, str)
        else:
            assert isinstance(good, Admitted)
            assert good.event.occurred_us == microseconds(moments[0])


def test_an_instant_far_beyond_any_day_is_refused_and_not_wrapped_round() -> None:
    table = pa.Table.from_pylist([{**FULL, "id": str(n)} for n in range(2)])
    place = table.schema.get_field_index("occurred_at")
    column = pa.array([2**62, 1_700_000_000], pa.timestamp("s", "UTC"))
    far, good = judged(table.set_column(place, "occurred_at", column))
    assert far == "occurred_at: something else where text is wanted"
    assert isinstance(good, Admitted)


def test_dictionaries_large_texts_narrow_numbers_and_columns_per_field_are_taken() -> None:
    rows = [{**FULL, "id": f"e-{n}"} for n in range(4)]
    table = pa.Table.from_pylist([{k: v for k, v in row.items() if k != "features"} for row in rows])
    for name in ("kind", "release", "prediction"):
        place = table.schema.get_field_index(name)
        table = table.set_column(place, name, table[name].combine_chunks().dictionary_encode())
    place = table.schema.get_field_index("id")
    table = table.set_column(place, "id", table["id"].cast(pa.large_string()))
    table = table.append_column("features.age", pa.array([30] * 4, pa.uint8()))
    table = table.append_column("features.hours", pa.array([7.5] * 4, pa.float32()))
    rows = [{**row, "features": {"age": 30, "hours": 7.5}} for row in rows]
    assert all(isinstance(each, Admitted) for each in same_as_json(rows, table))


def test_sorts_that_events_have_not_are_refused_by_the_field() -> None:
    for values in (pa.array([b"1"]), pa.array([datetime(2026, 1, 1, tzinfo=UTC).date()]), pa.array([[1.0]])):
        (found,) = judged(pa.Table.from_pylist([a_row(1)]).append_column("score", values))
        assert found == "score: something else where a number is wanted"


values = st.one_of(
    st.none(), st.text(max_size=5), st.booleans(), st.integers(-(2**40), 2**40), st.floats(width=64), st.just("clerk")
)


@given(
    st.lists(st.fixed_dictionaries({}, optional={name: st.integers(0, 9) for name in ("n", "m")}), max_size=3),
    st.data(),
)
def test_every_row_is_judged_as_json_is(shape: list[Row], data: st.DataObject) -> None:
    """One type a column, as Arrow has it; any type in any column."""
    names = data.draw(st.lists(st.sampled_from(_SENT), unique=True))
    kinds = {name: data.draw(st.sampled_from(_SORTS)) for name in names}
    rows = []
    for n in range(len(shape) + 1):
        row = a_row(n, kind=data.draw(st.sampled_from(["inference", "label", "heartbeat", "odd"])))
        for name in names:
            value = data.draw(st.none() | kinds[name])
            part, dot, inner = name.partition(".")
            if dot:
                row.setdefault(part, {})[inner] = value
            else:
                row[name] = value
        rows.append(row)
    every = [{**dict.fromkeys(_names(rows)), **row} for row in rows]
    found = judged(pa.Table.from_pylist(every))
    for one, row in zip(found, rows, strict=True):
        expected = admit(without_null(row), terms())
        if isinstance(expected, Admitted):
            assert _in_order(one) == _in_order(expected)
        else:
            assert isinstance(one, str), "of several wrong fields, another may be told"


@given(st.data())
def test_bytes_of_json_are_judged_as_the_row_they_say(data: st.DataObject) -> None:
    """Any type in any field of any row, with nulls and numbers that are none, however it is decoded."""
    rows = []
    for n in range(data.draw(st.integers(1, 3))):
        row = dict(
            data.draw(st.sampled_from([FULL, a_row(n), a_label_row(n), a_row(n, kind="heartbeat", source="s", seq=n)]))
        )
        for name in data.draw(st.lists(st.sampled_from(_SENT + _FIXED), unique=True, max_size=3)):
            value = data.draw(st.none() | st.one_of(_SORTS) | st.sampled_from(_ODD))
            part, dot, inner = name.partition(".")
            if dot:
                known = row.get(part)
                row[part] = {**(known if isinstance(known, dict) else {}), inner: value}
            else:
                row[name] = value
        rows.append(row)
    for system in (None, "credit"):
        assert judged_as_sent(rows, system=system) == [admit(row, terms(system=system)) for row in rows]


_FIXED = ["id", "system", "release", "occurred_at", "kind", "features", "groups", "business", "matured_at", "purpose"]
_ODD = [
    {},
    [],
    "",
    "x" * 201,
    "x" * 4001,
    "\ud800",
    2**63,
    -(2**63),
    2**64,
    7.0,
    1e300,
    -0.0,
    "credit",
    "shop",
    "label",
]
_ODD += [
    "2026-03-31T11:00:00Z",
    "2026-03-31 11:00:00+02:00",
    "2027-01-01T00:00:00Z",
    "v1",
    math.inf,
    math.nan,
    2**1024,
    1e-9,
]
_SORTS = [
    st.text(max_size=5),
    st.booleans(),
    st.integers(-(2**60), 2**60),
    st.floats(),
    st.sampled_from(["clerk", "x"]),
]
_SENT = [
    "features.age",
    "features.hours",
    "features.job",
    "features.owner",
    "features.shoe",
    "groups.sex",
    "segment.region",
]
_SENT += [
    "business.amount",
    "score",
    "prediction",
    "latency_ms",
    "sample_rate",
    "drill",
    "unit",
    "mood",
    "inference_id",
]
_SENT += ["label", "value", "source", "seq"]


def _names(rows: Sequence[Row]) -> dict[str, None]:
    return dict.fromkeys(name for row in rows for name in row)


def test_a_stream_that_is_cut_or_no_stream_is_refused_as_a_whole() -> None:
    whole = stream_of(pa.Table.from_pylist([{**FULL, "id": str(n)} for n in range(50)]))
    for body in (b"", b"nothing at all", whole[: len(whole) // 2], json.dumps([FULL]).encode(), b"\xff" * 40):
        with pytest.raises(InvalidInput, match="Arrow IPC stream"):
            read_arrow_stream(body, most_bytes=MOST)


@given(st.integers(0, 2_000), st.integers(0, 255))
def test_a_stream_with_an_altered_byte_is_judged_or_refused_and_nothing_worse(place: int, byte: int) -> None:
    whole = bytearray(stream_of(pa.Table.from_pylist([{**FULL, "id": str(n)} for n in range(3)])))
    whole[place % len(whole)] = byte
    judged_rows: list[object] = []
    with contextlib.suppress(InvalidInput, Refused):
        judged_rows = list(read_arrow_stream(bytes(whole), most_bytes=MOST).admitted(terms()))
    assert len(judged_rows) <= 3, "no altered byte makes a row of nothing"


@pytest.mark.parametrize("packed", ["zstd", "lz4"])
def test_buffers_that_unpack_to_very_much_are_refused_before_they_are_unpacked(packed: str) -> None:
    table = pa.table({"id": ["x" * 1000] * 60_000})
    body = stream_of(table, compression=packed)
    assert len(body) < 1_000_000
    with pytest.raises(Refused, match="8,388,608 bytes"):
        read_arrow_stream(body, most_bytes=MOST)
    rows = [{**FULL, "id": f"e-{n}"} for n in range(50)]
    small = pa.Table.from_pylist(rows)
    assert judged(small, compression=packed) == judged(small)


def test_rows_without_bytes_are_bounded_as_well() -> None:
    with pytest.raises(Refused, match="100,000 rows"):
        read_arrow_stream(stream_of(pa.table({"id": pa.nulls(100_001)})), most_bytes=MOST)


def test_a_column_that_is_there_twice_or_a_part_that_is_no_struct_is_refused() -> None:
    twice = pa.table([pa.array(["a"]), pa.array(["b"])], names=["id", "id"])
    both = pa.table({"features": [{"age": 1}], "features.age": [1]})
    for table, told in (
        (twice, "the column id is"),
        (both, "features.age is there twice"),
        (pa.table({"features": [1]}), "struct"),
    ):
        with pytest.raises(InvalidInput, match=told):
            read_arrow_stream(stream_of(table), most_bytes=MOST)


def test_files_of_arrow_and_parquet_are_read_in_parts_with_their_places() -> None:
    rows = [{**FULL, "id": f"e-{n}"} for n in range(12_000)]
    table = pa.Table.from_pylist(rows)
    feather, parquet = io.BytesIO(), io.BytesIO()
    with pa.ipc.new_file(feather, table.schema) as writer:
        writer.write_table(table)
    pq.write_table(table, parquet)
    for content in (feather.getvalue(), parquet.getvalue(), stream_of(table)):
        parts = list(read_arrow_file(io.BufferedReader(io.BytesIO(content))))
        assert len(parts) == 3
        assert all(isinstance(part, ArrowRows) for part in parts)
        found = [each for part in parts for each in part.admitted(terms())]
        assert [at for at, _ in found] == list(range(12_000))
        assert [each.event.id for _, each in found if isinstance(each, Admitted)] == [row["id"] for row in rows]
