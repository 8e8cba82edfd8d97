"""Laws that hold for every measure of the catalogue, on any rows: merging, engines, and splitting of windows (R42-R46).

The catalogue is enumerated, so that a measure which is added tomorrow is held to them as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from itertools import count
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from test_count_engines import ROWS, SCHEMA, Row
from test_measures import fitting

from careloop.adapters.polars_rows import PolarsRows
from careloop.adapters.row_files import DuckDbRows, StreamedRows
from careloop.domain.count_plan import Column, ColumnKind, CountPlan, WindowBy
from careloop.domain.counts import CountTable
from careloop.measures.catalogue import CATALOGUE
from careloop.measures.measure_kind import Need
from careloop.ports.row_files import RowFiles
from careloop.testing.contracts.row_counts import CONTRACT_COLUMNS, hard_rows
from careloop.testing.plain_counts import PlainCounts

pytestmark = pytest.mark.contract

TERMS = {name: fitting(kind) for name, kind in CATALOGUE.items()}
PLANS = {name: kind.plan_for(TERMS[name]) for name, kind in CATALOGUE.items()}
ENGINES: dict[str, Callable[[Sequence[Path]], RowFiles]] = {
    "duckdb": DuckDbRows,
    "polars": PolarsRows,
    "stream": StreamedRows,
}
ANY = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("laws")
    return (folder / f"{n}.parquet" for n in count())


def plainly(rows: Sequence[Row], plan: CountPlan) -> CountTable:
    return PlainCounts(rows, list(CONTRACT_COLUMNS)).count(plan)


def test_no_measure_is_left_out() -> None:
    assert set(PLANS) == set(CATALOGUE)
    assert len(PLANS) >= 42
    assert {need for kind in CATALOGUE.values() for need in kind.needs} <= set(Need)


@ANY
@given(parts=st.tuples(ROWS, ROWS, ROWS))
def test_merging_is_commutative_and_associative_for_every_measure(parts: tuple[list[Row], ...]) -> None:
    for name, plan in PLANS.items():
        a, b, c = (plainly(rows, plan) for rows in parts)
        none = CountTable(plan.columns, {})
        assert a.merge(b).digest() == b.merge(a).digest(), name
        assert a.merge(b).merge(c).digest() == a.merge(b.merge(c)).digest(), name
        assert a.merge(none).digest() == a.digest(), name
        whole = plainly([*parts[0], *parts[1], *parts[2]], plan)
        assert c.merge(a).merge(b).digest() == whole.digest(), name
        older = a if Need.REFERENCE in CATALOGUE[name].needs else None
        value = CATALOGUE[name].value
        assert value(c.merge(a).merge(b), older, TERMS[name]) == value(whole, older, TERMS[name]), name


@settings(ANY, max_examples=4)
@given(rows=ROWS)
@example(rows=hard_rows(400))
def test_all_engines_agree_on_every_measure(rows: list[Row], paths: Iterator[Path]) -> None:
    file = next(paths)
    pq.write_table(pa.Table.from_pylist(rows, SCHEMA), file)
    wanted = {name: plainly(rows, plan).digest() for name, plan in PLANS.items()}
    for opens in ENGINES.values():
        with closing(opens([file])) as engine:
            tables = engine.count_all(list(PLANS.values()))
        found = {name: table.digest() for name, table in zip(PLANS, tables, strict=True)}
        assert found == wanted, opens


@ANY
@given(rows=ROWS, cut=st.integers(0, 40), seconds=st.sampled_from([1, 60, 3600, 86_400]))
def test_splitting_a_window_changes_nothing_for_any_measure(rows: list[Row], cut: int, seconds: int) -> None:
    """Counted in windows and taken together: as without windows; and a window that arrives in two parts is one."""
    at = Column("occurred_at", ColumnKind.INSTANT)
    timed = [row for row in rows if row["occurred_at"] is not None]
    for name, kind in CATALOGUE.items():
        terms = TERMS[name]
        windows = replace(terms, split=replace(terms.split, window=WindowBy(at, seconds)))
        plan = kind.plan_for(windows)
        whole = plainly(timed, plan)
        parts = [plainly(timed[:cut], plan), plainly(timed[cut:], plan)]
        merged = CountTable.merged(parts, columns=plan.columns)
        assert merged.digest() == whole.digest(), name
        assert whole.total() == plainly(timed, PLANS[name]).total(), name
        older = whole if Need.REFERENCE in kind.needs else None
        unsplit = plainly(timed, PLANS[name])
        base = unsplit if Need.REFERENCE in kind.needs else None
        assert kind.value(whole, older, terms) == kind.value(unsplit, base, terms), name
