"""Spark on this machine gives the tables, and so the digests, that DuckDB gives of the same files (R42–R46)."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from itertools import chain, count
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from acme_releases import care
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from test_count_engines import AMOUNT, APPROVED, AT, PLANS, RELEASE, ROWS, SCORE, SEX, UNIT, Row, a_row
from test_row_counts import OfFiles
from test_row_files import PLAIN, N, written

from careloop.adapters.row_files import DuckDbRows
from careloop.adapters.spark_query import CountQuery
from careloop.adapters.spark_rows import SparkRows
from careloop.domain.count_plan import (
    Aggregate,
    CategoryBins,
    Column,
    ColumnKind,
    Compare,
    CountPlan,
    EdgeBins,
    ExponentialBins,
    Predicate,
    WindowBy,
)
from careloop.domain.counts import CountTable
from careloop.errors import InvalidInput, NotFound, UsageError
from careloop.measures.drift import quantile_edges
from careloop.ports.row_files import RowFiles
from careloop.wiring.rows import row_files

pytestmark = pytest.mark.usefixtures("spark")

WHOLE = Column("whole", ColumnKind.INTEGER)
LATENCY = Column("latency_us", ColumnKind.INTEGER)
MANY = 2_000_000

numbers = count()


def counted(rows: RowFiles, plans: Sequence[CountPlan]) -> list[CountTable]:
    with closing(rows):
        return rows.count_all(plans)


def assert_alike(files: Sequence[Path], plans: Sequence[CountPlan]) -> list[CountTable]:
    ours, theirs = counted(SparkRows(files), plans), counted(DuckDbRows(files), plans)
    for plan, one, other in zip(plans, ours, theirs, strict=True):
        assert (plan.monitor, one.rows()) == (plan.monitor, other.rows())
        assert one.digest() == other.digest()
    return ours


class TestCountingFilesBySpark(OfFiles):
    opens = SparkRows


@settings(max_examples=2, suppress_health_check=list(HealthCheck))
@given(rows=st.lists(ROWS, min_size=6, max_size=12).map(lambda parts: list(chain.from_iterable(parts))))
@example(rows=[a_row(amount_cents=2**63 - 1), a_row(amount_cents=2**63 - 1), a_row(amount_cents=-(2**63))])
def test_spark_counts_any_rows_as_duckdb_does(rows: list[Row], tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("rows")
    halves = [rows[: len(rows) // 2], rows[len(rows) // 2 :]]
    assert_alike([written(half, folder / f"{next(numbers)}.parquet") for half in halves], [*PLANS, *PLAIN])


def test_two_million_rows_have_the_digests_that_duckdb_gives(tmp_path: Path) -> None:
    """What the figure of 50 million is in `benchmarks/spark.py`."""
    dice = np.random.default_rng(7)
    score = dice.normal(0, 1, MANY)
    score[::97], score[1::97], score[2::97] = np.nan, np.inf, -np.inf
    table = pa.table(
        {
            "sex": pa.array(np.array(["F", "M", "", "x&y"])[dice.integers(0, 4, MANY)]),
            "approved": pa.array(dice.random(MANY) < 0.3, mask=dice.random(MANY) < 0.01),
            "score": score,
            "latency_us": (2 ** (dice.random(MANY) * 30)).astype(np.int64),
            "amount_cents": dice.integers(-(2**62), 2**62, MANY),
            "unit": pa.array(dice.integers(0, 50_000, MANY)).cast(pa.string()),
            "occurred_at": pa.array(dice.integers(-(10**12), 10**15, MANY)).cast(pa.timestamp("us", tz="UTC")),
        }
    )
    pq.write_table(
        table, tmp_path / "a.parquet", column_encoding={"score": "BYTE_STREAM_SPLIT"}, use_dictionary=["sex"]
    )
    approved = Aggregate(name="approved", where=(Predicate(APPROVED, Compare.EQ, (True,)),))
    edges = EdgeBins(SCORE, tuple(x / 7 for x in range(-20, 21)))
    plans = [
        CountPlan(monitor="drift", aggregates=N, bins=edges),
        CountPlan(monitor="fairness", aggregates=(*N, approved), group=(SEX,), unit=UNIT),
        CountPlan(monitor="latency", aggregates=N, bins=ExponentialBins(LATENCY)),
        CountPlan(monitor="daily", aggregates=(*N, Aggregate(name="amount", sums=AMOUNT)), window=WindowBy(AT, 86_400)),
    ]
    shares: list[float] = []
    again = counted(SparkRows([tmp_path / "a.parquet"], shares.append), plans[1:3])
    drift, fairness, latency, daily = assert_alike([tmp_path / "a.parquet"], plans)
    assert [table.digest() for table in again] == [fairness.digest(), latency.digest()]
    assert (shares[0], shares[-1], sorted(shares)) == (0.0, 1.0, shares)
    assert drift.total() == latency.total() == (MANY,)
    assert fairness.total()[0] == daily.total()[0] == MANY
    assert len(fairness.cells) == 4 * 64


def test_other_forms_of_files_and_odd_names_are_read_alike(tmp_path: Path) -> None:
    table = pa.table({"sex": ["F", "M", "F", None], "score": [0.1, 0.2, None, 5.0]})
    plan = CountPlan(monitor="m", aggregates=N, group=(SEX,), bins=EdgeBins(SCORE, (0.15,)))
    for name in ("_hidden.parquet", ".too.parquet", "a{b}[c]*?.parquet", "per cent%20.parquet", "ti:me\\.parquet"):
        pq.write_table(table, tmp_path / name)
        assert_alike([tmp_path / name], [plan])
    pyarrow.csv.write_csv(table.slice(0, 3), tmp_path / "a.csv")
    (found,) = assert_alike([tmp_path / "a.csv", tmp_path / "_hidden.parquet"], [plan])
    assert found.total() == (7,)


def test_columns_stored_in_several_ways_are_counted_as_one(tmp_path: Path) -> None:
    moments = [datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC), None]
    files = []
    for unit, whole, real in (("ns", pa.int8(), pa.float32()), ("us", pa.int64(), pa.float64())):
        columns: dict[str, Any] = {
            "occurred_at": pa.array(moments, pa.timestamp(unit, tz="Europe/Amsterdam")),
            "whole": pa.array([-1, None, 7], whole),
            "score": pa.array([0.5, float("nan"), 0.1], real),
            "nanos": pa.array([-1, -1001, 1999], pa.timestamp("ns", tz="UTC")),
            "a `b`.c": pa.array(["x", None, "y"]).dictionary_encode() if unit == "ns" else ["x", None, "y"],
        }
        files.append(tmp_path / f"{unit}.parquet")
        pq.write_table(pa.table(columns), files[-1])
    odd = Column("a `b`.c", ColumnKind.TEXT)
    plans = [
        CountPlan(monitor="hourly", aggregates=N, window=WindowBy(AT, 3600), group=(odd,)),
        CountPlan(monitor="whole", aggregates=N, bins=EdgeBins(Column("whole", ColumnKind.REAL), (0.0, 7.0))),
        CountPlan(monitor="no time", aggregates=N, where=(Predicate(AT, Compare.IS_ABSENT),), group=(WHOLE,)),
        CountPlan(monitor="score", aggregates=N, bins=EdgeBins(SCORE, (0.1, 0.5))),
        CountPlan(monitor="nanos", aggregates=N, window=WindowBy(Column("nanos", ColumnKind.INSTANT), 1)),
    ]
    hourly, *_ = assert_alike(files, plans)
    assert [key.window for key, _ in hourly.rows()] == [-3600, 1767225600]


def test_plans_that_split_rows_alike_are_counted_in_one_grouping(tmp_path: Path) -> None:
    male = (Predicate(SEX, Compare.EQ, ("M",)),)
    plans = [
        CountPlan(monitor="a", aggregates=N, group=(SEX,)),
        CountPlan(monitor="b", aggregates=N, release=RELEASE),
        CountPlan(monitor="c", aggregates=(*N, Aggregate(name="amount", sums=AMOUNT)), group=(SEX,), where=male),
    ]
    assert CountQuery(plans, "rows").text.count("GROUP BY") == 2
    path = written([a_row(sex=sex, amount_cents=7) for sex in "FFM"], tmp_path / "a.parquet")
    _, _, third = assert_alike([path], plans)
    assert [(key.group, values) for key, values in third.rows()] == [("M", (1, 7))]


def test_many_bounds_are_searched_as_few_are(tmp_path: Path) -> None:
    edges = tuple(x / 10 for x in range(-100, 101))
    scores = [x / 20 for x in range(-210, 211)] + [float("nan"), float("-inf")]
    path = written([a_row(score=score, latency_us=n) for n, score in enumerate(scores)], tmp_path / "a.parquet")
    plans = [
        CountPlan(monitor="edges", aggregates=N, bins=EdgeBins(SCORE, edges)),
        CountPlan(monitor="octaves", aggregates=N, bins=ExponentialBins(LATENCY, scale=6, octaves=62)),
        CountPlan(monitor="words", aggregates=N, bins=CategoryBins(SEX, tuple(map(str, range(300))))),
    ]
    assert_alike([path], plans)


def test_an_engine_that_is_not_installed_is_named_with_its_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written([a_row(sex="F")], tmp_path / "a.parquet")
    monkeypatch.setitem(sys.modules, "pyspark", None)  # what Python says of it from now on: not there
    with pytest.raises(UsageError, match="engine spark is not installed") as told:
        row_files([path], engine="spark")
    assert told.value.hint == "pip install 'careloop[spark]'"


def test_edges_are_those_of_the_definition(tmp_path: Path) -> None:
    scores = [float((n * 37) % 101) for n in range(500)] + [float("nan"), float("inf")]
    path = written([a_row(score=score) for score in scores], tmp_path / "a.parquet")
    with closing(SparkRows([path])) as rows:
        assert rows.edges("score", 10) == quantile_edges(scores, bins=10)
        assert rows.kinds["score"] is ColumnKind.REAL
        assert rows.count_all([]) == []


def test_what_cannot_be_counted_is_said(tmp_path: Path) -> None:
    path = written([a_row(sex="F")], tmp_path / "a.parquet")
    missing = CountPlan(monitor="m", aggregates=N, group=(Column("age", ColumnKind.TEXT),))
    other = CountPlan(monitor="m", aggregates=N, group=(Column("score", ColumnKind.TEXT),))
    for plan, said in ((missing, "no column 'age'"), (other, "declared text")):
        with pytest.raises(InvalidInput, match=said):
            counted(SparkRows([path]), [plan])
    with pytest.raises(NotFound, match=r"no file .*gone"):
        SparkRows([tmp_path / "gone.parquet"])
    with pytest.raises(InvalidInput, match="no files"):
        SparkRows([])
    pq.write_table(pa.table({"whole": pa.array([2**64 - 1], pa.uint64())}), tmp_path / "large.parquet")
    with pytest.raises(InvalidInput, match=r"by Spark: \[.*OVERFLOW"):
        counted(SparkRows([tmp_path / "large.parquet"]), [CountPlan(monitor="m", aggregates=N, group=(WHOLE,))])


def test_a_file_that_breaks_off_within_is_named_as_unreadable(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"score": np.random.default_rng(3).random(10_000)}), path, use_dictionary=False)
    whole = path.read_bytes()
    path.write_bytes(whole[:20] + bytes(2_000) + whole[2_020:])
    with pytest.raises(InvalidInput, match=r"cannot be counted by Spark: .*a\.parquet"):
        counted(SparkRows([path]), [CountPlan(monitor="m", aggregates=N, bins=EdgeBins(SCORE, (0.5,)))])


def test_the_command_gives_the_same_digests_on_spark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rows = pa.table({"sex": ["F", "F", "M", "M"], "approved": [True, False, True, True], "score": [0.1, 0.7, 0.3, 0.9]})
    pq.write_table(rows, "new.parquet")
    pyarrow.csv.write_csv(rows, "old.csv")
    wishes = "outcome: {column: approved, values: ['true']}\nby: [sex]\nminimum_n: 1\nmeasures: "
    Path("m.yaml").write_text(wishes + "[{measure: impact_ratio}, {measure: psi, of: score, bins: 3}]\n")
    words = ("measure", "run", "m.yaml", "--data", "new.parquet", "--reference", "old.csv", "--format", "json")
    by_engine = [care(*words, "--engine", engine).json for engine in ("duckdb", "spark")]
    assert by_engine[0] == by_engine[1]


def test_a_machine_without_java_is_told_so(tmp_path: Path, spark: Path) -> None:
    path = written([a_row(sex="F")], tmp_path / "a.parquet")
    (tmp_path / "m.yaml").write_text("measures: [{measure: completeness, of: sex}]\n")
    command = [sys.executable, "-c", "from careloop.cli.main import run; run()", "measure", "run"]
    run = subprocess.run(
        [*command, str(tmp_path / "m.yaml"), "--data", str(path), "--engine", "spark"],
        env=os.environ | {"JAVA_HOME": str(tmp_path), "PYTHONPATH": os.pathsep.join(["src", str(spark)])},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 2
    assert "Spark needs Java 17 or newer" in run.stderr
    assert "apt-get install openjdk-17-jre-headless" in run.stderr
