"""Rows in files, counted by DuckDB or in micro-batches in process; Polars and Spark fill the same port elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from careloop.adapters.duckdb_counts import DuckDbCounts
from careloop.adapters.files_of_rows import FilesOfRows
from careloop.adapters.numpy_counts import NumpyCounts
from careloop.adapters.row_tables import (
    check_columns,
    is_parquet,
    read_rows,
)
from careloop.domain.count_plan import CountPlan
from careloop.domain.counts import CountTable
from careloop.ports.row_files import Progress

__all__ = ["DuckDbRows", "StreamedRows"]

_BATCH: Final = 65_536
"""Rows of a micro-batch."""


class DuckDbRows(FilesOfRows):
    """`RowFiles` counted by DuckDB: Parquet where it lies, other files from memory."""

    def __init__(self, files: Sequence[Path], told: Progress | None = None) -> None:
        super().__init__(files, told)
        if all(map(is_parquet, files)):
            self._counts = DuckDbCounts.over_parquet(files)
        else:
            self._counts = DuckDbCounts.over_arrow(pa.concat_tables([read_rows(file) for file in files]))

    def count_all(self, plans: Sequence[CountPlan]) -> list[CountTable]:
        """One query a plan; DuckDB reads only the columns that it needs."""
        tables = []
        for done, plan in enumerate(plans, 1):
            tables.append(self._counts.count(plan))
            if self._told is not None:
                self._told(done / len(plans))
        return tables

    def close(self) -> None:
        """Let go of the files."""
        self._counts.close()


class StreamedRows(FilesOfRows):
    """`RowFiles` counted batch by batch in process and added up, as events are that arrive one by one."""

    def count_all(self, plans: Sequence[CountPlan]) -> list[CountTable]:
        """All plans in one pass over the rows."""
        for plan in plans:
            check_columns(plan, self._kinds)
        names = sorted({column.name for plan in plans for column in plan.reads()}) or list(self._kinds)[:1]
        tables = [CountTable(plan.columns, {}) for plan in plans]
        for done, batch in self._batches(names):
            columns: dict[str, Sequence[object]] = {name: batch[name].to_pylist() for name in names}
            counts = NumpyCounts(columns)
            tables = [old.merge(counts.count(plan)) for old, plan in zip(tables, plans, strict=True)]
            if self._told is not None:
                self._told(done)
        return tables

    def _batches(self, names: list[str]) -> Iterator[tuple[float, pa.RecordBatch]]:
        """Each batch, with the share of the files that is read when it is."""
        for place, file in enumerate(self._files):
            seen = 0
            for size, batch in _batches_of(file, names):
                seen += batch.num_rows
                yield (place + seen / max(1, size)) / len(self._files), batch


def _batches_of(file: Path, names: list[str]) -> Iterator[tuple[int, pa.RecordBatch]]:
    """The batches of one file, each with the number of all its rows."""
    if is_parquet(file):
        with pq.ParquetFile(file) as rows:
            for batch in rows.iter_batches(batch_size=_BATCH, columns=names):
                yield rows.metadata.num_rows, batch
    else:
        table = read_rows(file, names)
        for batch in table.to_batches(max_chunksize=_BATCH):
            yield table.num_rows, batch
