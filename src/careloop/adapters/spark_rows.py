"""Rows in files, counted by Spark: on this machine, or on the cluster that Spark is set up for."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from functools import reduce
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyarrow.parquet as pq

from careloop.adapters.files_of_rows import FilesOfRows
from careloop.adapters.row_tables import (
    check_columns,
    is_parquet,
    read_rows,
    schema_of,
)
from careloop.adapters.spark_query import CountQuery
from careloop.adapters.spark_session import collected, first_line, spark_session
from careloop.domain.count_plan import ColumnKind, CountPlan
from careloop.domain.counts import CountTable
from careloop.errors import InvalidInput, Unavailable

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from careloop.ports.row_files import Progress

__all__ = ["SparkRows"]

_VIEW: Final = "event_rows"
_SIGNS: Final = frozenset("{}[]*?\\:")
"""Spark reads a path with these as a pattern or as an address."""


class SparkRows(FilesOfRows):
    """`RowFiles` counted by Spark, all plans in one job. Parquet is read where it lies, at a path that all of Spark's
    machines must see; other files are written as Parquet to a temporary folder first.
    """

    def __init__(self, files: Sequence[Path], told: Progress | None = None) -> None:
        super().__init__(files, told)
        self._folder = tempfile.TemporaryDirectory(prefix="careloop-spark-")
        self._numbers = count()
        self._as_parquet: list[Path] | None = None

    def count_all(self, plans: Sequence[CountPlan]) -> list[CountTable]:
        """All plans in one job; those that split the rows alike in one pass."""
        for plan in plans:
            check_columns(plan, self._kinds)
        if not plans:
            return []
        query, session = CountQuery(plans, _VIEW), spark_session()
        from py4j.protocol import Py4JError, Py4JJavaError
        from pyspark.errors import PySparkException

        try:
            self._frame(session, {column.name for plan in plans for column in plan.reads()}).createTempView(_VIEW)
            return query.tables(collected(session.sql(query.text), self._told))
        except (PySparkException, Py4JJavaError) as error:
            raise InvalidInput(f"the rows cannot be counted by Spark: {first_line(error)}") from error
        except (Py4JError, ConnectionError) as error:
            raise Unavailable("Spark has gone away while it counted", hint="had it memory enough?") from error

    def close(self) -> None:
        """Let go of the temporary files; Spark itself stays for the next rows, and ends with the process."""
        self._folder.cleanup()

    def _frame(self, session: SparkSession, names: set[str]) -> DataFrame:
        """These columns of all rows; files whose columns are stored alike are read together."""
        alike: dict[tuple[str, ...], list[str]] = {}
        wanted = sorted(names)
        for file in self._parquet():
            schema = schema_of([file])
            alike.setdefault(tuple(str(schema.field(name).type) for name in wanted), []).append(self._path(file))
        frames = [session.read.parquet(*paths) for paths in alike.values()]
        parts = [frame.selectExpr(*(self._stored(name, frame) for name in wanted)) for frame in frames]
        return reduce(lambda one, other: one.unionByName(other), parts)

    def _stored(self, name: str, frame: DataFrame) -> str:
        quoted = "`" + name.replace("`", "``") + "`"
        if self._kinds[name] is not ColumnKind.INSTANT:
            return quoted
        if dict(frame.dtypes)[name] == "bigint":
            return f"({quoted} - pmod({quoted}, 1000L)) DIV 1000L AS {quoted}"
        return f"unix_micros({quoted}) AS {quoted}"

    def _parquet(self) -> list[Path]:
        """The files, those of other forms as Parquet."""
        if self._as_parquet is None:
            self._as_parquet = [file if is_parquet(file) else self._written(file) for file in self._files]
        return self._as_parquet

    def _written(self, file: Path) -> Path:
        path = self._new_path()
        pq.write_table(read_rows(file), path)
        return path

    def _path(self, file: Path) -> str:
        """An address that Spark takes as it is: it skips hidden files and reads some signs as patterns."""
        whole = file.absolute()
        if _SIGNS & set(str(whole)) or whole.name.startswith(("_", ".")):
            link = self._new_path()
            link.symlink_to(whole)
            whole = link
        return f"file://{whole}"

    def _new_path(self) -> Path:
        return Path(self._folder.name, f"{next(self._numbers)}.parquet")
