"""The lake as DuckDB sees it: Parquet files and newer events as one table, labels joined.

The joins must give what `careloop.domain.event_rows` gives; the contract suite compares them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import duckdb

from careloop.adapters.duckdb_counts import DuckDbCounts
from careloop.domain.event_columns import LABEL_COLUMNS
from careloop.domain.event_rows import View
from careloop.errors import Unavailable
from careloop.ports.lake import Reading

__all__ = ["counting_over", "joins_labels"]

_SETTINGS: Final[dict[str, str | bool | int | float | list[str]]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}
_FEW_ROWS: Final = 1_000_000
"""So many rows are put into memory, so that the plans of one reading need not open the files each."""
_ONE_THREAD_ROWS: Final = 100_000
"""So few are counted sooner than threads are woken for them."""
_SEEN: Final = "SELECT * FROM everything WHERE ingest_seq <= $upto AND system = $system"
_LABELS: Final = "SELECT * FROM seen WHERE kind IN ('label', 'outcome')"
_AS_THEY_CAME: Final = "SELECT *, CAST(NULL AS TIMESTAMPTZ) AS labelled_at, ingest_seq AS came FROM seen"
_ROWS: Final = {
    View.RECEIVED: _AS_THEY_CAME,
    View.OCCURRED: f"""
        SELECT seen.* REPLACE (
            CASE WHEN found.inference_id IS NULL THEN seen.label ELSE found.label END AS label,
            CASE WHEN found.inference_id IS NULL THEN seen.value ELSE found.value END AS value,
            CASE WHEN found.inference_id IS NULL THEN seen.matured_at ELSE found.matured_at END AS matured_at
        ), CAST(NULL AS TIMESTAMPTZ) AS labelled_at, seen.ingest_seq AS came
        FROM seen LEFT JOIN (
            SELECT inference_id, drill, synthetic,
                arg_max(label, (occurred_at, id)) FILTER (WHERE label IS NOT NULL) AS label,
                arg_max(value, (occurred_at, id)) FILTER (WHERE value IS NOT NULL) AS value,
                arg_max(matured_at, (occurred_at, id)) FILTER (WHERE matured_at IS NOT NULL) AS matured_at
            FROM ({_LABELS}) GROUP BY inference_id, drill, synthetic
        ) AS found
        ON seen.kind = 'inference' AND seen.id = found.inference_id
            AND seen.drill = found.drill AND seen.synthetic = found.synthetic""",
    View.LABELLED: f"""
        SELECT seen.* REPLACE (found.label AS label, found.value AS value, found.matured_at AS matured_at),
            greatest(seen.received_at, found.received_at) AS labelled_at,
            greatest(seen.ingest_seq, found.ingest_seq) AS came
        FROM seen JOIN (
            {_LABELS} QUALIFY row_number() OVER (PARTITION BY inference_id, drill, synthetic ORDER BY ingest_seq) = 1
        ) AS found
        ON seen.kind = 'inference' AND seen.id = found.inference_id
            AND seen.drill = found.drill AND seen.synthetic = found.synthetic""",
    View.MATURED: f"""
        SELECT seen.* REPLACE (
            CASE WHEN seen.kind <> 'inference' THEN seen.label
                WHEN found.answered IS NULL THEN $otherwise ELSE found.label END AS label,
            CASE WHEN seen.kind <> 'inference' THEN seen.value ELSE found.value END AS value,
            CASE WHEN seen.kind <> 'inference' THEN seen.matured_at ELSE found.matured_at END AS matured_at
        ), CAST(NULL AS TIMESTAMPTZ) AS labelled_at, seen.ingest_seq AS came
        FROM seen LEFT JOIN (
            SELECT answer.ingest_seq AS answered,
                arg_max(given.label, (given.occurred_at, given.id)) FILTER (WHERE given.label IS NOT NULL) AS label,
                arg_max(given.value, (given.occurred_at, given.id)) FILTER (WHERE given.value IS NOT NULL) AS value,
                arg_max(given.matured_at, (given.occurred_at, given.id))
                    FILTER (WHERE given.matured_at IS NOT NULL) AS matured_at
            FROM seen AS answer JOIN ({_LABELS}) AS given
            ON answer.kind = 'inference' AND answer.id = given.inference_id
                AND answer.drill = given.drill AND answer.synthetic = given.synthetic
                AND epoch_us(given.received_at) < epoch_us(answer.received_at) + $after_us
            GROUP BY answer.ingest_seq
        ) AS found ON seen.ingest_seq = found.answered""",
}
"""What the rows of each view are."""


def joins_labels(reading: Reading) -> bool:
    """Whether a row of the reading may depend on events beside itself; a view by occurrence without labels does not."""
    if reading.view is View.OCCURRED and reading.columns:
        return not LABEL_COLUMNS.isdisjoint(reading.columns)
    return reading.view is not View.RECEIVED


@contextmanager
def counting_over(files: Sequence[Path], newer: object, reading: Reading, *, most: int) -> Iterator[DuckDbCounts]:
    """The events of Parquet files and of a `pyarrow.Table` that holds the newer ones, as the reading wants them.

    `most` is how many rows there can be. Where they fit into memory with ease, the files are read once for all plans.
    """
    with duckdb.connect(":memory:", config=_SETTINGS) as connection:
        connection.register("newer", newer)
        everything = "SELECT * FROM newer"
        try:
            if files:
                older = connection.read_parquet([str(f) for f in files], union_by_name=True, hive_partitioning=False)
                older.create_view("older")
                everything = f"SELECT * FROM older UNION ALL BY NAME {everything}"
            rows = connection.sql(_query(everything, reading), params=_values(reading))
            if reading.columns and most <= _FEW_ROWS:
                names = dict.fromkeys(column.name for column in reading.columns)
                rows.select(*map(duckdb.ColumnExpression, names)).create("kept")
                rows = connection.table("kept")
                if most <= _ONE_THREAD_ROWS:
                    connection.execute("SET threads = 1")
        except duckdb.Error as error:
            raise Unavailable(f"the lake's files cannot be read: {error}") from error
        yield DuckDbCounts(connection, rows)


def _query(everything: str, reading: Reading) -> str:
    when = reading.view.instant.name
    rows = _ROWS[reading.view] if joins_labels(reading) else _AS_THEY_CAME
    bounds = [f"{when} >= $since"] * (reading.since is not None) + [f"{when} < $until"] * (reading.until is not None)
    return f"""
        WITH everything AS ({everything}), seen AS ({_SEEN}), viewed AS ({rows})
        SELECT * EXCLUDE (came), coalesce(unit, id) AS unit_or_id FROM viewed
        WHERE {" AND ".join(["came > $after", *bounds])}"""


def _values(reading: Reading) -> dict[str, Any]:
    values: dict[str, Any] = {"after": reading.after, "upto": reading.upto, "system": reading.system}
    if reading.maturity is not None:
        values |= {"after_us": reading.maturity.after_us, "otherwise": reading.maturity.otherwise}
    if reading.since is not None:
        values["since"] = reading.since
    if reading.until is not None:
        values["until"] = reading.until
    return values
