"""Rows in files, counted by DuckDB or in micro-batches in process; Polars and Spark fill the same port elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from careloop.adapters.duckdb_counts import DuckDbCounts
from careloop.adapters.numpy_counts import NumpyCounts
from careloop.adapters.row_tables import check_columns, edges_of, is_parquet, kinds_of, read_rows, schema_of
from careloop.domain.count_plan import ColumnKind, CountPlan
from careloop.domain.counts import CountTable

__all__ = ["DuckDbRows", "StreamedRows"]

_BATCH: Final = 65_536
"""Rows of a micro-batch."""


class DuckDbRows:
    """`RowFiles` counted by DuckDB: Parquet where it lies, other files from memory."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._files = tuple(files)
        self._kinds = kinds_of(schema_of(files))
        if all(map(is_parquet, files)):
            self._counts = DuckDbCounts.over_parquet(files)
        else:
            self._counts = DuckDbCounts.over_arrow(pa.concat_tables([read_rows(file) for file in files]))

    @property
    def kinds(self) -> Mapping[str, ColumnKind]:
        """What each column holds."""
        return self._kinds

    def count_all(self, plans: Sequence[CountPlan]) -> list[CountTable]:
        """One query a plan; DuckDB reads only the columns that it needs."""
        return [self._counts.count(plan) for plan in plans]

    def edges(self, column: str, bins: int) -> tuple[float, ...]:
        """Edges of bins of about equal size."""
        return edges_of(self._files, column, bins)

    def close(self) -> None:
        """Let go of the files."""
        self._counts.close()


class StreamedRows:
    """`RowFiles` counted batch by batch in process and added up, as events are that arrive one by one."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._files = tuple(files)
        self._kinds = kinds_of(schema_of(files))

    @property
    def kinds(self) -> Mapping[str, ColumnKind]:
        """What each column holds."""
        return self._kinds

    def count_all(self, plans: Sequence[CountPlan]) -> list[CountTable]:
        """All plans in one pass over the rows."""
        for plan in plans:
            check_columns(plan, self._kinds)
        names = sorted({column.name for plan in plans for column in plan.reads()})
        tables = [CountTable(plan.columns, {}) for plan in plans]
        for batch in self._batches(names):
            columns: dict[str, Sequence[object]] = {name: batch[name].to_pylist() for name in names}
            counts = NumpyCounts(columns)
            tables = [old.merge(counts.count(plan)) for old, plan in zip(tables, plans, strict=True)]
        return tables

    def edges(self, column: str, bins: int) -> tuple[float, ...]:
        """Edges of bins of about equal size."""
        return edges_of(self._files, column, bins)

    def close(self) -> None:
        """Nothing is held."""

    def _batches(self, names: list[str]) -> Iterator[pa.RecordBatch]:
        for file in self._files:
            if is_parquet(file):
                with pq.ParquetFile(file) as rows:
                    yield from rows.iter_batches(batch_size=_BATCH, columns=names)
            else:
                yield from read_rows(file, names).to_batches(max_chunksize=_BATCH)
