"""Rows held against each other, and against a trusted copy, in memory that has a bound: what does not fit goes to disk.

Values are compared as Python compares them: a number is a number whether whole or not, true is not 1, NaN counts as
absent, two absent values are alike. Rows that are told apart by a key are compared by DuckDB; without one both sides
are read side by side, batch by batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from careloop.adapters.row_tables import is_parquet, kinds_of, read_rows, schema_of
from careloop.domain.count_plan import ColumnKind, Compare, Literal, Predicate
from careloop.domain.counts import Agreement, Tally
from careloop.errors import InvalidInput

__all__ = ["agreement", "distinct"]

_MEMORY: Final = "512MB"
"""What DuckDB holds at most before it writes to a folder that goes when it is done."""
_BATCH: Final = 65_536
_EXACT: Final = "1e19"
"""Whole numbers of 64 bits lie below it; a real number above it equals none of them."""
_NOTHING_MORE: Final = object()

Kinds = Mapping[str, ColumnKind]


def distinct(files: Sequence[Path], names: Sequence[str], where: Sequence[Predicate] = ()) -> Tally:
    """Of all rows in which the tests hold, how many are the first of their like in these columns."""
    kinds = kinds_of(schema_of(files))
    _check(kinds, [*names, *(test.column.name for test in where)])
    if not names:
        return Tally(0, 0)
    with _opened(rows=files) as connection:
        types = _types(connection, "rows")
        kept, literals = _where(where, kinds)
        parts = ", ".join(_plain(name, kinds[name], types[name]) for name in names)
        first = f"SELECT count(*) FROM (SELECT {parts} FROM rows WHERE {kept} GROUP BY ALL)"
        every = f"SELECT count(*) FROM rows WHERE {kept}"
        return Tally(_number(connection, first, literals), _number(connection, every, literals))


def agreement(
    files: Sequence[Path], trusted: Sequence[Path], *, of: str, key: Sequence[str], where: Sequence[Predicate] = ()
) -> Agreement:
    """How often a column has the value of the trusted copy: by key, or without one in the order of the rows.

    The tests choose rows on both sides. Raises `InvalidInput` for a column that one side lacks.
    """
    sides = [kinds_of(schema_of(side)) for side in (files, trusted)]
    for kinds in sides:
        _check(kinds, [of, *key, *(test.column.name for test in where)])
    if not key:
        return _in_order(files, trusted, of, where)
    with _opened(ours=files, theirs=trusted) as connection:
        for side, kinds, others in (("ours", sides[0], sides[1]), ("theirs", sides[1], sides[0])):
            kept, literals = _where(where, kinds)
            types = _types(connection, side)
            named = {"v": of} | {f"k{at}": name for at, name in enumerate(key)}
            parts = [
                f"{_told(name, (kinds[name], others[name]), types[name])} AS {short}" for short, name in named.items()
            ]
            told = f"SELECT {', '.join(parts)} FROM {side} WHERE {kept}"
            connection.execute(f"CREATE TEMP TABLE {side}_told AS {told}", literals)
        return _by_key(connection, [f"k{at}" for at in range(len(key))])


def _by_key(connection: duckdb.DuckDBPyConnection, key: Sequence[str]) -> Agreement:
    rows, known = (_number(connection, f"SELECT count(*) FROM {side}_told") for side in ("ours", "theirs"))
    keys = _number(connection, f"SELECT count(*) FROM (SELECT {', '.join(key)} FROM theirs_told GROUP BY ALL)")
    if keys != known:
        return Agreement(rows=rows, found=0, alike=0, trusted=known, repeated=known - keys)
    same = " AND ".join(f"ours_told.{part} IS NOT DISTINCT FROM theirs_told.{part}" for part in key)
    counted = "count(*), count(*) FILTER (ours_told.v IS NOT DISTINCT FROM theirs_told.v)"
    found = connection.execute(f"SELECT {counted} FROM ours_told JOIN theirs_told ON {same}").fetchone()
    assert found is not None
    return Agreement(rows=rows, found=int(found[0]), alike=int(found[1]), trusted=known)


def _check(kinds: Kinds, names: Sequence[str]) -> None:
    for name in names:
        if name not in kinds:
            raise InvalidInput(f"the rows have no column '{name}'", hint=f"they have {', '.join(sorted(kinds))}")


@contextmanager
def _opened(**sides: Sequence[Path]) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database of its own, that spills into a folder of its own."""
    with TemporaryDirectory(prefix="careloop-rows-") as folder:
        settings: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": _MEMORY,
            "temp_directory": folder,
            "preserve_insertion_order": "false",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
        connection = duckdb.connect(":memory:", config=settings)
        try:
            for name, files in sides.items():
                if all(map(is_parquet, files)):
                    rows = connection.read_parquet([str(file) for file in files], union_by_name=True)
                else:
                    rows = connection.from_arrow(pa.concat_tables([read_rows(file) for file in files]))
                connection.register(name, rows)
            yield connection
        except duckdb.Error as error:
            raise InvalidInput(f"the rows cannot be compared: {error}") from error
        finally:
            connection.close()


def _types(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    described = connection.execute(f"DESCRIBE {table}").fetchall()
    return {str(row[0]): str(row[1]) for row in described}


def _number(connection: duckdb.DuckDBPyConnection, query: str, literals: Sequence[Literal] = ()) -> int:
    found = connection.execute(query, list(literals)).fetchone()
    assert found is not None
    return int(found[0])


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _plain(name: str, kind: ColumnKind, sql_type: str) -> str:
    """The column so that equal values are equal to DuckDB, and nothing else is."""
    column = _quoted(name)
    match kind:
        case ColumnKind.REAL:
            real = f"CAST({column} AS DOUBLE)"
            return f"CASE WHEN isnan({real}) THEN NULL WHEN {real} = 0 THEN 0.0 ELSE {real} END"
        case ColumnKind.INTEGER:
            return f"CAST({column} AS HUGEINT)"
        case ColumnKind.INSTANT:
            fine = "_NS" in sql_type
            return f"epoch_ns({column})" if fine else f"epoch_us({column})"
        case ColumnKind.FLAG:
            return f"CAST({column} AS BOOLEAN)"
        case _:
            return f"CAST({column} AS VARCHAR)"


def _told(name: str, kinds: tuple[ColumnKind, ColumnKind], sql_type: str) -> str:
    """As `_plain`; where the other side holds another kind, as a text that is the same for the same value only."""
    mine, theirs = kinds
    plain = _plain(name, mine, sql_type)
    if mine is ColumnKind.INSTANT and "_NS" in sql_type:
        plain = f"CAST(floor(({plain}) / 1000) AS BIGINT)"
    if mine is theirs:
        return plain
    if mine is ColumnKind.REAL:
        whole = f"isfinite({plain}) AND trunc({plain}) = {plain} AND abs({plain}) < {_EXACT}"
        number = f"CASE WHEN {whole} THEN CAST(CAST({plain} AS HUGEINT) AS VARCHAR) ELSE CAST({plain} AS VARCHAR) END"
        return f"'number ' || {number}"
    word = "number" if mine is ColumnKind.INTEGER else mine.value
    return f"'{word} ' || CAST({plain} AS VARCHAR)"


def _where(tests: Sequence[Predicate], kinds: Kinds) -> tuple[str, list[Literal]]:
    """The tests as SQL, and their literals in order; only such tests as `exact_kind.holds` knows."""
    parts, literals = ["true"], list[Literal]()
    for test in tests:
        column = _quoted(test.column.name)
        if test.compare is Compare.IS_PRESENT:
            parts.append(f"{column} IS NOT NULL")
        elif test.values:
            places = ", ".join(f"CAST(? AS {_SQL[kinds[test.column.name]]})" for _ in test.values)
            parts.append(f"coalesce({column} IN ({places}), false)")
            literals += test.values
        else:
            parts.append("false")
    return " AND ".join(parts), literals


_SQL: Final = {
    ColumnKind.TEXT: "VARCHAR",
    ColumnKind.INTEGER: "HUGEINT",
    ColumnKind.REAL: "DOUBLE",
    ColumnKind.FLAG: "BOOLEAN",
    ColumnKind.INSTANT: "TIMESTAMPTZ",
}


def _in_order(files: Sequence[Path], trusted: Sequence[Path], of: str, where: Sequence[Predicate]) -> Agreement:
    rows = known = alike = 0
    for mine, theirs in zip_longest(_values(files, of, where), _values(trusted, of, where), fillvalue=_NOTHING_MORE):
        rows += mine is not _NOTHING_MORE
        known += theirs is not _NOTHING_MORE
        alike += _comparable(mine) == _comparable(theirs)
    return Agreement(rows=rows, found=min(rows, known), alike=alike, trusted=known)


def _values(files: Sequence[Path], of: str, where: Sequence[Predicate]) -> Iterator[object]:
    """One value after the other of the rows in which the tests hold."""
    names = list(dict.fromkeys([of, *(test.column.name for test in where)]))
    for file in files:
        for batch in _batches(file, names):
            columns = {name: batch[name].to_pylist() for name in names}
            for place, value in enumerate(columns[of]):
                if all(_holds(test, columns[test.column.name][place]) for test in where):
                    yield value


def _batches(file: Path, names: list[str]) -> Iterator[pa.RecordBatch]:
    if is_parquet(file):
        with pq.ParquetFile(file) as rows:
            yield from rows.iter_batches(batch_size=_BATCH, columns=names)
    else:
        yield from read_rows(file, names).to_batches(max_chunksize=_BATCH)


def _holds(test: Predicate, value: object) -> bool:
    return value is not None and (test.compare is Compare.IS_PRESENT or value in test.values)


def _comparable(value: object) -> object:
    """NaN as absent; true apart from 1."""
    if isinstance(value, float) and value != value:  # noqa: PLR0124  # only NaN differs from itself
        return None
    return (value,) if isinstance(value, bool) else value
