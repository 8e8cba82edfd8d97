"""Bins counted from Arrow batches are those that DuckDB counts, whatever the file is made of (MEASURES, engines)."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from careloop.adapters.parquet_bins import count_bins, only_bins
from careloop.adapters.row_files import DuckDbRows
from careloop.domain.count_plan import (
    Aggregate,
    CategoryBins,
    Column,
    ColumnKind,
    Compare,
    CountPlan,
    EdgeBins,
    Predicate,
)
from careloop.errors import InvalidInput

pytestmark = pytest.mark.contract

MANY = 150_000
N = (Aggregate(name="n"),)
REAL = {name: Column(name, ColumnKind.REAL) for name in ("features.age", "single", "whole")}
TEXT = {name: Column(name, ColumnKind.TEXT) for name in ("word", "unlike")}
EDGES = (-1.0, -0.0, 0.5, 2.0**53, 1e300)
PLANS = [
    *(CountPlan(monitor=name, aggregates=N, bins=EdgeBins(column, EDGES)) for name, column in REAL.items()),
    CountPlan(monitor="words", aggregates=N, bins=CategoryBins(TEXT["word"], ("a", "", "never"))),
    CountPlan(monitor="unlike", aggregates=N, bins=CategoryBins(TEXT["unlike"], ("7", "8"))),
    CountPlan(monitor="no-edges", aggregates=N, bins=EdgeBins(REAL["single"], ())),
]


def rows(seed: int, count: int = MANY) -> pa.Table:
    dice = np.random.default_rng(seed)
    age = dice.normal(0, 1, count)
    age[::97], age[1::97], age[2::97] = np.nan, np.inf, -np.inf
    gone = dice.random(count) < 0.1
    whole = dice.integers(-(2**54), 2**54, count)
    return pa.table(
        {
            "features.age": pa.array(age, mask=gone),
            "single": pa.array(dice.normal(0, 1, count).astype(np.float32)),
            "whole": pa.array(whole, mask=dice.random(count) < 0.05),
            "word": pa.array(np.array(["a", "", "é", "b"])[dice.integers(0, 4, count)], mask=gone),
            "unlike": pa.array([str(one) for one in dice.integers(0, count, count)]),
        }
    )


def assert_alike(files: Sequence[Path]) -> None:
    with closing(DuckDbRows(files)) as theirs:
        wanted = theirs.count_all(PLANS)
    for plan, one, other in zip(PLANS, count_bins(files, PLANS), wanted, strict=True):
        assert (plan.monitor, one.rows()) == (plan.monitor, other.rows())
        assert one.digest() == other.digest()


@pytest.mark.parametrize("form", [{}, {"use_dictionary": False}, {"row_group_size": 1000}, {"compression": "snappy"}])
def test_any_encoding_of_the_file_gives_duckdbs_tables(tmp_path: Path, form: dict[str, object]) -> None:
    files = [tmp_path / "a.parquet", tmp_path / "b.parquet"]
    pq.write_table(rows(1), files[0], **form)
    pq.write_table(rows(2, 10), files[1])
    assert_alike(files)


def test_a_file_without_rows_counts_nothing_and_what_is_told_ends_at_one(tmp_path: Path) -> None:
    pq.write_table(rows(3, 1).slice(1), tmp_path / "none.parquet")
    assert_alike([tmp_path / "none.parquet"])
    pq.write_table(rows(4), tmp_path / "some.parquet")
    told: list[float] = []
    count_bins([tmp_path / "some.parquet"], PLANS, told.append)
    assert told == sorted(told)
    assert told[-1] == 1


def test_a_file_that_breaks_off_is_named(tmp_path: Path) -> None:
    path = tmp_path / "torn.parquet"
    pq.write_table(rows(5), path)
    raw = bytearray(path.read_bytes())
    raw[1000:90_000] = bytes(89_000)
    path.write_bytes(raw)
    with pytest.raises(InvalidInput, match=r"torn\.parquet cannot be read to its end"):
        count_bins([path], PLANS)


def test_only_plans_of_bins_alone_are_counted_so() -> None:
    assert all(map(only_bins, PLANS))
    bins, sex = EdgeBins(REAL["single"], EDGES), Column("sex", ColumnKind.TEXT)
    others = [
        CountPlan(monitor="m", aggregates=N, bins=bins, group=(sex,)),
        CountPlan(monitor="m", aggregates=N, bins=bins, where=(Predicate(sex, Compare.IS_PRESENT),)),
        CountPlan(monitor="m", aggregates=(*N, Aggregate(name="more")), bins=bins),
        CountPlan(monitor="m", aggregates=N),
    ]
    assert not any(map(only_bins, others))
