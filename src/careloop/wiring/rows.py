"""Composition for rows in files: which engine counts them."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from careloop.errors import UsageError

if TYPE_CHECKING:
    from careloop.adapters.data_folder import DataFolder
    from careloop.ports.count_engine import CountEngine
    from careloop.ports.row_files import Progress, RowFiles

__all__ = ["column_values", "counting", "data_folder", "digest_of_files", "row_files"]


_SMALL_BYTES = 1_000_000
"""Files that are smaller together are counted in process, before a database would have started."""


def row_files(files: Sequence[Path], *, engine: str = "auto", told: "Progress | None" = None) -> "RowFiles":
    """The rows of these files behind an engine: `auto`, `duckdb`, `polars`, `spark`, `stream`. Raises `UsageError` for
    one that is not installed, with the command that does it.

    `auto` counts files below a megabyte in process; larger ones Polars where it is installed, since it counts the bins
    of all columns in one pass, else DuckDB.
    """
    chosen = _fitting(files) if engine == "auto" else engine
    needs = {"polars": "polars", "duckdb": "duckdb", "spark": "pyspark", "stream": "numpy"}[chosen]
    extra = {"polars": "polars,lake", "spark": "spark"}.get(chosen, "lake")
    if find_spec(needs) is None or find_spec("pyarrow") is None:
        raise UsageError(f"the engine {chosen} is not installed", hint=f"pip install 'careloop[{extra}]'")
    if chosen == "polars":
        from careloop.adapters.polars_rows import PolarsRows

        return PolarsRows(files, told)
    if chosen == "spark":
        from careloop.adapters.spark_rows import SparkRows

        return SparkRows(files, told)
    from careloop.adapters.row_files import DuckDbRows, StreamedRows

    return StreamedRows(files, told) if chosen == "stream" else DuckDbRows(files, told)


def _fitting(files: Sequence[Path]) -> str:
    if sum(file.stat().st_size for file in files if file.is_file()) < _SMALL_BYTES:
        return "stream"
    return "polars" if find_spec("polars") else "duckdb"


def column_values(files: Sequence[Path], names: Sequence[str] | None = None) -> dict[str, list[object]]:
    """The named columns, or all, of all files one after the other, as plain values."""
    from careloop.adapters.row_columns import column_values as values

    return values(files, names)


def digest_of_files(files: Sequence[Path]) -> str:
    """`sha256:` of the files' bytes."""
    from careloop.adapters.row_columns import digest_of_files as digest

    return digest(files)


def data_folder(folder: Path, *, told: "Progress | None" = None) -> "DataFolder":
    """The files of a data set below a folder, their rows counted by whatever engine fits."""
    from careloop.adapters.data_folder import DataFolder

    return DataFolder(folder, open_rows=partial(row_files, told=told), read_columns=column_values)


def counting() -> "Callable[[Mapping[str, Sequence[object]]], CountEngine]":
    """What makes a batch of columns countable, in process."""
    from careloop.adapters.numpy_counts import NumpyCounts

    return NumpyCounts
