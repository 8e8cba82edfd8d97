"""Rows that come twice, and rows against a trusted copy: in bounded memory, what comparing each pair gives (R57)."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from careloop.adapters.polars_rows import PolarsRows
from careloop.adapters.row_files import DuckDbRows, StreamedRows
from careloop.domain.count_plan import Column, ColumnKind, Compare, Predicate
from careloop.domain.counts import Agreement, Tally
from careloop.errors import InvalidInput

Columns = dict[str, tuple[str, list[Any]]]
"""For each name the type of its column, and the values."""

NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)
TYPES: dict[str, pa.DataType] = {
    "whole": pa.int64(),
    "small": pa.int32(),
    "huge": pa.uint64(),
    "real": pa.float64(),
    "single": pa.float32(),
    "word": pa.string(),
    "coded": pa.dictionary(pa.int32(), pa.string()),
    "flag": pa.bool_(),
    "at": pa.timestamp("us", tz="UTC"),
}
KIND_OF = {
    **dict.fromkeys(("whole", "small", "huge"), ColumnKind.INTEGER),
    **dict.fromkeys(("real", "single"), ColumnKind.REAL),
    **dict.fromkeys(("word", "coded"), ColumnKind.TEXT),
    "flag": ColumnKind.FLAG,
    "at": ColumnKind.INSTANT,
}
WORDS = st.sampled_from(["", "a", "b", "1", "true", "number 1", "é", "NULL", "a\x00b"])
REALS = st.sampled_from([0.0, -0.0, 1.0, 0.5, math.inf, -math.inf, math.nan, 2.0**53, 2.0**63, 1e300, 5e-324])
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "whole": st.sampled_from([-(2**63), 2**63 - 1, 2**53, 2**53 + 1, 0, 1]),
    "small": st.integers(-1, 2),
    "huge": st.sampled_from([0, 1, 2**64 - 1, 2**63, 2**53 + 1]),
    "real": REALS,
    "single": st.sampled_from([0.0, 1.0, 0.5, math.nan, math.inf]),
    "word": WORDS,
    "coded": WORDS,
    "flag": st.booleans(),
    "at": st.sampled_from([NOON, NOON + timedelta(microseconds=1), datetime(1969, 12, 31, tzinfo=UTC)]),
}


@st.composite
def columns(
    draw: st.DrawFn, names: Sequence[str], *, types: Sequence[str] | None = None
) -> dict[str, tuple[str, list[Any]]]:
    """For each name the type that its column has, and values, some of them absent; all of one length."""
    rows = draw(st.integers(0, 12))
    found = {}
    for name in names:
        of = draw(st.sampled_from(list(types or TYPES)))
        values = draw(st.lists(st.one_of(st.none(), VALUES[of]), min_size=rows, max_size=rows))
        found[name] = (of, values)
    return found


NUMBERS = count()


def written(folder: Path, given_columns: Columns, *, parts: int = 1) -> list[Path]:
    table = pa.table({name: pa.array(values, TYPES[of]) for name, (of, values) in given_columns.items()})
    files = []
    cut = max(1, math.ceil(table.num_rows / parts))
    for part in range(parts):
        suffix = "parquet" if part % 2 == 0 else "arrow"
        path = folder / f"{next(NUMBERS)}.{suffix}"
        rows = table.slice(part * cut, cut)
        if suffix == "parquet":
            pq.write_table(rows, path)
        else:
            with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, rows.schema) as writer:
                writer.write_table(rows)
        files.append(path)
    return files


def same(ours: object, theirs: object) -> bool:
    """The definition, for one pair of values: absent is absent, NaN too, and true is not 1."""
    absent = [one is None or (isinstance(one, float) and math.isnan(one)) for one in (ours, theirs)]
    if any(absent):
        return all(absent)
    if isinstance(ours, bool) is not isinstance(theirs, bool):
        return False
    return ours == theirs


def rows_of(given_columns: Columns, names: Sequence[str]) -> list[tuple[Any, ...]]:
    read = {
        name: pa.array(values, TYPES[of]).to_pylist() for name, (of, values) in given_columns.items() if name in names
    }
    return list(zip(*(read[name] for name in names), strict=True))


def alike(ours: tuple[Any, ...], theirs: tuple[Any, ...]) -> bool:
    return all(same(one, other) for one, other in zip(ours, theirs, strict=True))


def slow_distinct(rows: list[tuple[Any, ...]]) -> Tally:
    first = [row for place, row in enumerate(rows) if not any(alike(row, before) for before in rows[:place])]
    return Tally(len(first), len(rows))


@settings(max_examples=30, deadline=None)
@given(data=columns(["a", "b"]), parts=st.integers(1, 3))
def test_rows_are_of_their_like_as_pair_by_pair(
    tmp_path_factory: pytest.TempPathFactory, data: Columns, parts: int
) -> None:
    rows = StreamedRows(written(tmp_path_factory.mktemp("rows"), data, parts=parts))
    assert rows.distinct(["a", "b"]) == slow_distinct(rows_of(data, ["a", "b"]))
    assert rows.distinct(["b"]) == slow_distinct(rows_of(data, ["b"]))


@settings(max_examples=40, deadline=None)
@given(ours=columns(["key", "of"]), theirs=columns(["key", "of"]), parts=st.integers(1, 2))
def test_rows_agree_with_the_trusted_copy_as_pair_by_pair(
    tmp_path_factory: pytest.TempPathFactory,
    ours: Columns,
    theirs: Columns,
    parts: int,
) -> None:
    """Also where the two sides hold another kind under one name."""
    folder = tmp_path_factory.mktemp("rows")
    mine, copy = StreamedRows(written(folder, ours, parts=parts)), StreamedRows(written(folder, theirs))
    left, right = rows_of(ours, ["key", "of"]), rows_of(theirs, ["key", "of"])
    found = mine.agreement(copy, of="of", key=["key"])
    distinct = slow_distinct([(key,) for key, _ in right]).hits
    if distinct != len(right):
        assert found == Agreement(len(left), 0, 0, len(right), len(right) - distinct)
    else:
        known = [(value, other) for key, value in left for theirs_key, other in right if same(key, theirs_key)]
        agreeing = sum(same(*pair) for pair in known)
        assert found == Agreement(rows=len(left), found=len(known), alike=agreeing, trusted=len(right))
    in_order = mine.agreement(copy, of="of", key=[])
    paired = [same(one, other) for (_, one), (_, other) in zip(left, right, strict=False)]
    assert in_order == Agreement(len(left), len(paired), sum(paired), len(right))


@settings(max_examples=30, deadline=None)
@given(data=columns(["a", "b"], types=["whole", "word", "flag", "real"]), some=st.data())
def test_only_rows_that_are_meant_are_compared(
    tmp_path_factory: pytest.TempPathFactory, data: Columns, some: st.DataObject
) -> None:
    of, values = data["b"]
    meant = some.draw(
        st.lists(VALUES[of].filter(lambda one: not isinstance(one, float) or math.isfinite(one)), max_size=3)
    )
    test = Predicate(Column("b", KIND_OF[of]), Compare.IN, tuple(meant))
    rows = StreamedRows(written(tmp_path_factory.mktemp("rows"), data))
    kept = [
        row for row, value in zip(rows_of(data, ["a"]), values, strict=True) if value is not None and value in meant
    ]
    assert rows.distinct(["a"], [test]) == slow_distinct(kept)
    assert rows.agreement(rows, of="a", key=[], where=[test]) == Agreement(len(kept), len(kept), len(kept), len(kept))


@pytest.mark.parametrize("engine", [DuckDbRows, PolarsRows, StreamedRows])
def test_every_engine_compares_and_csv_as_well(tmp_path: Path, engine: Any) -> None:
    table = pa.table({"id": [1, 2, 2, 3], "city": ["x", None, None, "y"]})
    pa.csv.write_csv(table, tmp_path / "rows.csv")
    rows = engine([tmp_path / "rows.csv"])
    assert rows.distinct(["id", "city"]) == Tally(3, 4)
    assert rows.distinct([]) == Tally(0, 0)
    assert rows.agreement(rows, of="city", key=["id"]) == Agreement(4, 0, 0, 4, repeated=1)
    assert rows.agreement(rows, of="city", key=[]) == Agreement(4, 4, 4, 4)
    rows.close()


def test_a_column_that_one_side_lacks_is_named(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1], "b": [2]}), tmp_path / "ours.parquet")
    pq.write_table(pa.table({"a": [1]}), tmp_path / "theirs.parquet")
    ours, theirs = StreamedRows([tmp_path / "ours.parquet"]), StreamedRows([tmp_path / "theirs.parquet"])
    with pytest.raises(InvalidInput, match="no column 'b'"):
        ours.agreement(theirs, of="b", key=["a"])
    with pytest.raises(InvalidInput, match="no column 'c'"):
        ours.distinct(["c"])


_LARGE = """
import resource, sys
from pathlib import Path
from careloop.adapters.row_files import DuckDbRows
rows = DuckDbRows([Path(sys.argv[1])])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
keyed, in_order = (rows.agreement(rows, of="word", key=key) for key in (["id"], []))
print(rows.distinct(["id", "word"]), keyed, in_order)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_memory_has_a_bound_however_many_rows_there_are(tmp_path: Path) -> None:
    """As Python lists these rows and their set would take more than a gigabyte."""
    path, rows = tmp_path / "large.parquet", 1_500_000
    with pq.ParquetWriter(path, pa.schema([("id", pa.int64()), ("word", pa.string())])) as writer:
        for start in range(0, rows, 250_000):
            ids = range(start, start + 250_000)
            writer.write_table(pa.table({"id": list(ids), "word": [f"customer-{n}-of-a-long-name" for n in ids]}))
    run = subprocess.run([sys.executable, "-c", _LARGE, str(path)], capture_output=True, text=True, check=True)
    told, grown_mb = run.stdout.splitlines()
    whole = Agreement(rows, rows, rows, rows)
    assert told == f"{Tally(rows, rows)} {whole} {whole}"
    assert int(grown_mb) < 750
