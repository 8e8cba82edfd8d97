"""Files of rows as Arrow: Parquet, Arrow IPC and CSV, with what their columns hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.ipc
import pyarrow.parquet as pq

from careloop.domain.count_plan import ColumnKind, CountPlan
from careloop.errors import InvalidInput, NotFound
from careloop.measures.drift import edges_of_members

__all__ = ["check_columns", "edges_of", "is_parquet", "kinds_of", "read_rows", "schema_of"]

_PARQUET: Final = (".parquet", ".pq")
_ARROW: Final = (".arrow", ".feather", ".ipc")


def is_parquet(file: Path) -> bool:
    """Whether engines can read the file by themselves."""
    return file.suffix.lower() in _PARQUET


def schema_of(files: Sequence[Path]) -> pa.Schema:
    """The columns of all files; raises `InvalidInput` when one cannot be read, or two disagree, naming it."""
    if not files:
        raise InvalidInput("there are no files of rows", hint="give one or more of .parquet, .arrow or .csv")
    schemas = [_schema(file) for file in files]
    for file, schema in zip(files[1:], schemas[1:], strict=True):
        if kinds_of(schema) != kinds_of(schemas[0]):
            raise InvalidInput(f"{file} has other columns than {files[0]}", hint="measure files of one form together")
    return schemas[0]


def kinds_of(schema: pa.Schema) -> dict[str, ColumnKind]:
    """What each column holds."""
    found = {field.name: _kind(field.type) for field in schema}
    return {name: kind for name, kind in found.items() if kind is not None}


def check_columns(plan: CountPlan, kinds: Mapping[str, ColumnKind]) -> None:
    """Raise `InvalidInput` for a column of the plan that is not there or holds another kind."""
    for column in plan.reads():
        found = kinds.get(column.name)
        if found is None:
            raise InvalidInput(f"the rows have no column '{column.name}'")
        whole_as_real = column.kind is ColumnKind.REAL and found is ColumnKind.INTEGER
        if found is not column.kind and not whole_as_real:
            raise InvalidInput(f"'{column.name}' is declared {column.kind} and holds {found}")


def read_rows(file: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """All rows of one file, or some of its columns."""
    wanted = None if columns is None else list(columns)
    try:
        if is_parquet(file):
            return pq.read_table(file, columns=wanted)
        if file.suffix.lower() in _ARROW:
            with pa.memory_map(str(file)) as source:
                table = pa.ipc.open_file(source).read_all()
        else:
            table = pyarrow.csv.read_csv(file)
    except FileNotFoundError as error:
        raise NotFound(f"there is no file {file}") from error
    except (pa.ArrowInvalid, OSError) as error:
        raise InvalidInput(f"{file} cannot be read as rows: {error}") from error
    return table if wanted is None else table.select(wanted)


def edges_of(files: Sequence[Path], column: str, bins: int) -> tuple[float, ...]:
    """As `quantile_edges`; the values are held in memory once, 8 bytes each."""
    parts = [np.asarray(read_rows(file, [column])[column].to_numpy(), dtype=np.float64) for file in files]
    values = np.concatenate(parts) if parts else np.empty(0)
    known = values[np.isfinite(values)]
    if not known.size:
        return ()
    ranks = [known.size * i // bins for i in range(1, bins)]
    known.partition(sorted({0, *ranks}))
    least, picked = float(known[0]), {float(known[rank]) for rank in ranks}
    common: dict[float, float | None] = {}
    for value in picked | {least}:
        count = int(np.count_nonzero(known == value))
        if count > 1 and count * bins > known.size:
            above = known[known > value]
            common[value] = float(above.min()) if above.size else None
    return edges_of_members(picked - {least}, common)


def _schema(file: Path) -> pa.Schema:
    try:
        if is_parquet(file):
            return pq.read_schema(file)
    except FileNotFoundError as error:
        raise NotFound(f"there is no file {file}") from error
    except (pa.ArrowInvalid, OSError) as error:
        raise InvalidInput(f"{file} cannot be read as Parquet: {error}") from error
    return read_rows(file).schema


_KINDS: Final[tuple[tuple[Any, ColumnKind], ...]] = (
    (pa.types.is_boolean, ColumnKind.FLAG),
    (pa.types.is_integer, ColumnKind.INTEGER),
    (pa.types.is_floating, ColumnKind.REAL),
    (pa.types.is_string, ColumnKind.TEXT),
    (pa.types.is_large_string, ColumnKind.TEXT),
)


def _kind(kind: pa.DataType) -> ColumnKind | None:
    if pa.types.is_timestamp(kind):
        return ColumnKind.INSTANT if kind.tz is not None else None
    if pa.types.is_dictionary(kind):
        return _kind(kind.value_type)
    return next((found for fits, found in _KINDS if fits(kind)), None)
