"""Events in files of Arrow (stream or file) and of Parquet, a part at a time, so that a large file needs little memory.

A file is read by whoever sends it, so its size is not bounded as that of a batch over HTTP is; each part is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Final

import pyarrow as pa
import pyarrow.parquet as pq

from careloop.adapters.arrow_events import ArrowRows
from careloop.errors import InvalidInput

__all__ = ["read_arrow_file"]

_PART_ROWS: Final = 5_000
"""Rows made durable together."""


def read_arrow_file(source: BinaryIO) -> Iterator[ArrowRows]:
    """The parts of the file in their order. Raises `InvalidInput` at the first part that is not sound."""
    first = 0
    try:
        for batch in _batches(source):
            batch.validate(full=True)
            for start in range(0, batch.num_rows, _PART_ROWS):
                part = batch.slice(start, _PART_ROWS)
                yield ArrowRows([part], first=first)
                first += part.num_rows
    except (pa.ArrowException, ValueError, NotImplementedError) as error:
        raise InvalidInput(f"the file is no sound Arrow or Parquet file: {error}") from error


def _batches(source: BinaryIO) -> Iterator[pa.RecordBatch]:
    start = source.peek(8)[:8] if hasattr(source, "peek") else b""
    if start.startswith(b"PAR1"):
        yield from pq.ParquetFile(source).iter_batches(batch_size=_PART_ROWS)
    elif start.startswith(b"ARROW1"):
        with pa.ipc.open_file(source) as file:
            for at in range(file.num_record_batches):
                yield file.get_batch(at)
    else:
        with pa.ipc.open_stream(source) as stream:
            yield from stream
