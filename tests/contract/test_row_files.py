"""Rows in files: every engine gives the same tables for the same files, whatever they hold (laws of MEASURES)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from itertools import count
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from test_count_engines import PLANS, ROWS, SCHEMA, SCORE, Row, a_row

from careloop.adapters.polars_rows import PolarsRows
from careloop.adapters.row_files import DuckDbRows, StreamedRows
from careloop.domain.count_plan import Aggregate, CategoryBins, Column, ColumnKind, CountPlan, EdgeBins
from careloop.domain.counts import CountTable
from careloop.errors import InvalidInput, NotFound
from careloop.measures.drift import quantile_edges
from careloop.ports.row_files import RowFiles

ENGINES: dict[str, Callable[[Sequence[Path]], RowFiles]] = {
    "duckdb": DuckDbRows,
    "polars": PolarsRows,
    "stream": StreamedRows,
}
N = (Aggregate(name="n"),)
PLAIN = [
    CountPlan(monitor="score", aggregates=N, bins=EdgeBins(SCORE, (-1.5, 0.0, 0.1, 0.5))),
    CountPlan(monitor="sex", aggregates=N, bins=CategoryBins(Column("sex", ColumnKind.TEXT), ("F", "M", ""))),
    CountPlan(monitor="children", aggregates=N, bins=EdgeBins(Column("children", ColumnKind.REAL), (-1.0, 2.0))),
]


@pytest.fixture(scope="module")
def numbers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("rows")
    return (folder / f"{n}.parquet" for n in count())


def written(rows: list[Row], path: Path) -> Path:
    pq.write_table(pa.Table.from_pylist(rows, SCHEMA), path)
    return path


def counted(engine: str, files: Sequence[Path], plans: Sequence[CountPlan]) -> list[CountTable]:
    with closing(ENGINES[engine](files)) as rows:
        return rows.count_all(plans)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(rows=ROWS)
@example(rows=[])
@example(rows=[a_row(amount_cents=2**63 - 1), a_row(amount_cents=2**63 - 1), a_row(amount_cents=-(2**63))])
@example(rows=[a_row(score=x) for x in (float("nan"), float("inf"), float("-inf"), -0.0, 0.1, None)])
def test_all_engines_give_the_same_tables_of_the_same_files(rows: list[Row], numbers: Iterator[Path]) -> None:
    half = len(rows) // 2
    files = [written(rows[:half], next(numbers)), written(rows[half:], next(numbers))]
    plans = [*PLANS, *PLAIN]
    wanted = counted("duckdb", files, plans)
    for engine in ("polars", "stream"):
        for plan, ours, theirs in zip(plans, counted(engine, files, plans), wanted, strict=True):
            assert (engine, plan.monitor, ours.rows()) == (engine, plan.monitor, theirs.rows())
            assert ours.digest() == theirs.digest()


@pytest.mark.parametrize("engine", ENGINES)
def test_other_forms_of_files_are_read_alike(engine: str, tmp_path: Path) -> None:
    table = pa.table({"sex": ["F", "M", "F", None], "score": [0.1, 0.2, None, 5.0]})
    pq.write_table(table, tmp_path / "a.parquet")
    pyarrow.csv.write_csv(table.slice(0, 3), tmp_path / "a.csv")
    with pa.OSFile(str(tmp_path / "a.arrow"), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    plan = CountPlan(monitor="m", aggregates=N, group=(Column("sex", ColumnKind.TEXT),), bins=EdgeBins(SCORE, (0.15,)))
    by_form = [counted(engine, [tmp_path / name], [plan])[0] for name in ("a.parquet", "a.arrow")]
    assert by_form[0].digest() == by_form[1].digest()
    assert counted(engine, [tmp_path / "a.csv"], [plan])[0].total() == (3,)


@pytest.mark.parametrize("engine", ENGINES)
def test_edges_are_those_of_the_definition(engine: str, tmp_path: Path) -> None:
    scores = [float((n * 37) % 101) for n in range(500)] + [float("nan"), float("inf")]
    files = [written([a_row(score=x) for x in scores[at : at + 251]], tmp_path / f"{at}.parquet") for at in (0, 251)]
    with closing(ENGINES[engine](files)) as rows:
        assert rows.edges("score", 10) == quantile_edges(scores, bins=10)
        assert rows.kinds["score"] is ColumnKind.REAL
    mostly_nought = [0.0] * 90 + [float(n) for n in range(5, 15)]
    file = written([a_row(score=x) for x in mostly_nought], tmp_path / "nought.parquet")
    with closing(ENGINES[engine]([file])) as rows:
        assert rows.edges("score", 5) == quantile_edges(mostly_nought, bins=5) == (0.0, 5 / 1024)


@pytest.mark.parametrize("engine", ENGINES)
def test_what_cannot_be_counted_is_said(engine: str, tmp_path: Path) -> None:
    path = written([a_row(sex="F")], tmp_path / "a.parquet")
    missing = CountPlan(monitor="m", aggregates=N, group=(Column("age", ColumnKind.TEXT),))
    other = CountPlan(monitor="m", aggregates=N, group=(Column("score", ColumnKind.TEXT),))
    for plan, said in ((missing, "no column 'age'"), (other, "declared text")):
        with pytest.raises(InvalidInput, match=said):
            counted(engine, [path], [plan])
    with pytest.raises(NotFound, match=r"no file .*gone"):
        ENGINES[engine]([tmp_path / "gone.parquet"])
    (tmp_path / "bad.parquet").write_bytes(b"not parquet at all")
    with pytest.raises(InvalidInput, match="cannot be read"):
        ENGINES[engine]([tmp_path / "bad.parquet"])
    with pytest.raises(InvalidInput, match="no files"):
        ENGINES[engine]([])
    pq.write_table(pa.table({"other": [1]}), tmp_path / "other.parquet")
    with pytest.raises(InvalidInput, match=r"other\.parquet has other columns"):
        ENGINES[engine]([path, tmp_path / "other.parquet"])
