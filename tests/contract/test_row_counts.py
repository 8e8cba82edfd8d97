"""Every engine of counts keeps the contract that the authors of further ones run (MEASURES; issue 7)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from careloop.adapters.duckdb_counts import DuckDbCounts
from careloop.adapters.numpy_counts import NumpyCounts
from careloop.adapters.polars_rows import PolarsRows
from careloop.adapters.row_files import DuckDbRows, StreamedRows
from careloop.domain.count_plan import ColumnKind, CountPlan
from careloop.domain.counts import CountTable
from careloop.ports.row_files import RowFiles
from careloop.testing.contracts.row_counts import CONTRACT_COLUMNS, Row, RowCountsContract

ARROW = {
    ColumnKind.TEXT: pa.string(),
    ColumnKind.INTEGER: pa.int64(),
    ColumnKind.REAL: pa.float64(),
    ColumnKind.FLAG: pa.bool_(),
    ColumnKind.INSTANT: pa.timestamp("us", tz="UTC"),
}
SCHEMA = pa.schema([(name, ARROW[kind]) for name, kind in CONTRACT_COLUMNS.items()])


class TestCountingInProcess(RowCountsContract):
    def count(self, rows: Sequence[Row], plans: Sequence[CountPlan]) -> list[CountTable]:
        engine = NumpyCounts.of_rows(rows, names=CONTRACT_COLUMNS)
        return [engine.count(plan) for plan in plans]


class TestCountingArrowByDuckDb(RowCountsContract):
    def count(self, rows: Sequence[Row], plans: Sequence[CountPlan]) -> list[CountTable]:
        with closing(DuckDbCounts.over_arrow(pa.Table.from_pylist(list(rows), SCHEMA))) as engine:
            return [engine.count(plan) for plan in plans]


class OfFiles(RowCountsContract):
    """Rows in two Parquet files, whose rows are of two row groups."""

    opens: Callable[[Sequence[Path]], RowFiles]

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.folder = tmp_path

    def count(self, rows: Sequence[Row], plans: Sequence[CountPlan]) -> list[CountTable]:
        cut, files = len(rows) // 3, [self.folder / "a.parquet", self.folder / "b.parquet"]
        for file, part in zip(files, (rows[:cut], rows[cut:]), strict=True):
            pq.write_table(pa.Table.from_pylist(list(part), SCHEMA), file, row_group_size=500)
        with closing(type(self).opens(files)) as opened:
            return opened.count_all(plans)


class TestCountingFilesByDuckDb(OfFiles):
    opens = DuckDbRows


class TestCountingFilesByPolars(OfFiles):
    opens = PolarsRows


class TestCountingFilesInAStream(OfFiles):
    opens = StreamedRows
