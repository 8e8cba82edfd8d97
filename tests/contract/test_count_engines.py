"""Every engine gives the same integers, and so the same digest, for the same rows and plan."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from careloop.adapters.duckdb_counts import DuckDbCounts
from careloop.adapters.numpy_counts import NumpyCounts
from careloop.domain.count_plan import (
    Aggregate,
    CategoryBins,
    Column,
    ColumnKind,
    Compare,
    CountPlan,
    EdgeBins,
    ExponentialBins,
    Predicate,
    WindowBy,
)
from careloop.domain.counts import MISSING, REMAINDER, UNKNOWN_GROUP, CountTable, bucket_of
from careloop.errors import InvalidInput
from careloop.ports.count_engine import CountEngine

SEX = Column("sex", ColumnKind.TEXT)
RACE = Column("race", ColumnKind.TEXT)
CHILDREN = Column("children", ColumnKind.INTEGER)
APPROVED = Column("approved", ColumnKind.FLAG)
SCORE = Column("score", ColumnKind.REAL)
LATENCY = Column("latency_us", ColumnKind.INTEGER)
AMOUNT = Column("amount_cents", ColumnKind.INTEGER)
UNIT = Column("unit", ColumnKind.TEXT)
RELEASE = Column("release", ColumnKind.TEXT)
AT = Column("occurred_at", ColumnKind.INSTANT)

SCHEMA = pa.schema(
    [
        ("sex", pa.string()),
        ("race", pa.dictionary(pa.int32(), pa.string())),
        ("children", pa.int32()),
        ("approved", pa.bool_()),
        ("score", pa.float64()),
        ("latency_us", pa.int64()),
        ("amount_cents", pa.int64()),
        ("unit", pa.string()),
        ("release", pa.string()),
        ("occurred_at", pa.timestamp("us", tz="UTC")),
    ]
)

Row = dict[str, Any]

WORDS = st.one_of(
    st.none(), st.sampled_from(["", "F", "M", "a & b", "a", "&", "(unknown)", "é", "😀", "a\x00b", "'; --"])
)
MOMENTS = st.integers(-(2**51), 2**52).map(lambda us: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us))
WHOLE = st.integers(-(2**63), 2**63 - 1)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "sex": WORDS,
            "race": WORDS,
            "children": st.one_of(st.none(), st.integers(-3, 3)),
            "approved": st.one_of(st.none(), st.booleans()),
            "score": st.one_of(st.none(), st.floats(), st.sampled_from([0.0, -0.0, 0.1, 0.5, 5e-324])),
            "latency_us": st.one_of(st.none(), st.integers(-2, 70), WHOLE),
            "amount_cents": st.one_of(st.none(), WHOLE),
            "unit": st.one_of(WORDS, st.text(st.characters(exclude_categories=["Cs"]), max_size=5)),
            "release": WORDS,
            "occurred_at": st.one_of(st.none(), MOMENTS),
        }
    ),
    max_size=12,
)


def a_full_plan(bins: EdgeBins | CategoryBins | ExponentialBins | None = None) -> CountPlan:
    approved = Predicate(APPROVED, Compare.EQ, (True,))
    return CountPlan(
        monitor="everything",
        where=(Predicate(CHILDREN, Compare.NE, (3,)),),
        release=RELEASE,
        window=WindowBy(AT, 3600),
        group=(SEX, RACE),
        bins=bins,
        unit=UNIT,
        aggregates=(
            Aggregate(name="n"),
            Aggregate(name="approved", where=(approved,)),
            Aggregate(
                name="refused_high",
                where=(Predicate(SCORE, Compare.GE, (0.1,)), Predicate(APPROVED, Compare.NE, (True,))),
            ),
            Aggregate(name="some_sex", where=(Predicate(SEX, Compare.IN, ("F", "é", "")),)),
            Aggregate(name="none_of", where=(Predicate(SEX, Compare.IN, ()),)),
            Aggregate(name="no_score", where=(Predicate(SCORE, Compare.IS_ABSENT),)),
            Aggregate(name="amount", sums=AMOUNT),
            Aggregate(name="amount_approved", sums=AMOUNT, where=(approved,)),
        ),
    )


PLANS = [
    a_full_plan(),
    a_full_plan(EdgeBins(SCORE, (-1.5, 0.0, 0.1, 0.30000000000000004, 1e300))),
    a_full_plan(EdgeBins(SCORE, ())),
    a_full_plan(CategoryBins(RACE, ("F", "", "😀"))),
    a_full_plan(CategoryBins(RACE, ())),
    a_full_plan(ExponentialBins(LATENCY, scale=2, octaves=20)),
    a_full_plan(ExponentialBins(LATENCY, scale=0, octaves=62)),
    CountPlan(monitor="all", aggregates=(Aggregate(name="n"),)),
    CountPlan(monitor="by-number", aggregates=(Aggregate(name="n"),), group=(CHILDREN,)),
    CountPlan(monitor="by-flag", aggregates=(Aggregate(name="n"),), group=(APPROVED, SEX)),
    replace(a_full_plan(EdgeBins(SCORE, (0.1,))), apart=("F & M", "a & a && b", "'; -- & é")),
    CountPlan(monitor="some", aggregates=(Aggregate(name="n"),), group=(RACE,), apart=("'; --", "é", "(remainder)")),
]


def in_process(rows: list[Row]) -> CountEngine:
    return NumpyCounts.of_rows(rows, names=SCHEMA.names)


@contextmanager
def over_arrow(rows: list[Row]) -> Iterator[CountEngine]:
    engine = DuckDbCounts.over_arrow(pa.Table.from_pylist(rows, SCHEMA))
    try:
        yield engine
    finally:
        engine.close()


def a_row(**changed: Any) -> Row:
    row: Row = dict.fromkeys(SCHEMA.names)
    return {**row, "occurred_at": datetime(2026, 1, 1, tzinfo=UTC), "children": 0, **changed}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=ROWS)
@example(rows=[])
@example(rows=[a_row(amount_cents=2**63 - 1), a_row(amount_cents=2**63 - 1), a_row(amount_cents=-(2**63))])
def test_the_engines_agree_to_the_bit_on_any_rows(rows: list[Row]) -> None:
    numpy_engine = in_process(rows)
    with over_arrow(rows) as duckdb_engine:
        for plan in PLANS:
            ours, theirs = numpy_engine.count(plan), duckdb_engine.count(plan)
            assert ours.rows() == theirs.rows()
            assert ours.digest() == theirs.digest()


@settings(max_examples=30, deadline=None)
@given(rows=ROWS, cut=st.integers(0, 12), order=st.randoms(use_true_random=False))
def test_counting_in_batches_and_in_any_order_gives_the_table_of_the_whole(
    rows: list[Row], cut: int, order: Any
) -> None:
    plan = PLANS[1]
    shuffled = order.sample(rows, len(rows))
    parts = [in_process(shuffled[:cut]).count(plan), in_process(shuffled[cut:]).count(plan)]
    merged = CountTable.merged(reversed(parts), columns=plan.columns)
    assert merged.digest() == in_process(rows).count(plan).digest()


def test_parquet_files_of_different_age_are_counted_as_one_lake(tmp_path: Path) -> None:
    rows = [a_row(sex=s, unit=u, score=x) for s, u, x in [("F", "u1", 0.2), ("M", "u2", 0.9), ("F", None, None)]]
    old = pa.Table.from_pylist(rows[:2], SCHEMA)
    pq.write_table(old.drop_columns(["amount_cents"]), tmp_path / "old.parquet")
    pq.write_table(pa.Table.from_pylist(rows[2:], SCHEMA), tmp_path / "new.parquet")
    engine = DuckDbCounts.over_parquet([tmp_path / "old.parquet", tmp_path / "new.parquet"])
    try:
        table = engine.count(PLANS[1])
    finally:
        engine.close()
    assert table.digest() == in_process(rows).count(PLANS[1]).digest()
    assert table.total()[0] == 3


def test_one_row_lands_in_the_cell_that_a_person_would_name() -> None:
    row = a_row(
        sex="F", race="x&y", approved=True, score=0.1, unit="customer-1", release="v1", amount_cents=7,
        occurred_at=datetime(2026, 1, 1, 13, 59, 59, 999999, tzinfo=timezone(timedelta(hours=1))),
    )  # fmt: skip
    ((key, values),) = in_process([row]).count(PLANS[1]).rows()
    assert key == ("everything", "v1", 1767268800, "F & x&&y", 3, bucket_of("customer-1"))
    assert values == (1, 1, 0, 1, 0, 0, 7, 7)


def test_rows_without_a_group_or_a_unit_are_counted_apart() -> None:
    table = in_process([a_row(sex="F"), a_row(race="x", sex="F", unit="u")]).count(PLANS[0])
    assert [(k.group, k.bucket == MISSING, v[0]) for k, v in table.rows()] == [
        (UNKNOWN_GROUP, True, 1),
        ("F & x", False, 1),
    ]


N = (Aggregate(name="n"),)


def test_groups_that_are_not_named_are_counted_together_and_lose_no_row() -> None:
    rows = [a_row(sex=text) for text in ("F", "M", "F", "x1", "x2", "x3", None)]
    plan = CountPlan(monitor="m", aggregates=N, group=(SEX,), apart=("F", "M"))
    assert in_process(rows).count(plan).by_group() == {"F": (2,), "M": (1,), REMAINDER: (3,), UNKNOWN_GROUP: (1,)}


def test_groups_are_named_only_where_rows_are_split_by_them() -> None:
    with pytest.raises(InvalidInput, match="splits by none"):
        CountPlan(monitor="m", aggregates=N, apart=("F",))


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        (CountPlan(monitor="m", aggregates=N, group=(Column("age", ColumnKind.TEXT),)), "no column 'age'"),
        (CountPlan(monitor="m", aggregates=N, group=(Column("score", ColumnKind.TEXT),)), "declared text"),
        (CountPlan(monitor="m", aggregates=N, group=(Column("score", ColumnKind.INTEGER),)), "declared integer"),
        (CountPlan(monitor="m", aggregates=N, bins=EdgeBins(Column("sex", ColumnKind.REAL), (0.5,))), "declared real"),
        (CountPlan(monitor="m", aggregates=N, group=(Column("sex", ColumnKind.FLAG),)), "declared flag"),
        (
            CountPlan(monitor="m", aggregates=N, window=WindowBy(Column("sex", ColumnKind.INSTANT), 60)),
            "declared instant",
        ),
    ],
)
def test_every_engine_refuses_a_column_that_is_missing_or_of_another_kind(plan: CountPlan, said: str) -> None:
    rows = [a_row(sex="F", score=0.5)]
    names = SCHEMA.names
    with pytest.raises(InvalidInput, match=said):
        NumpyCounts.of_rows(rows, names=names).count(plan)
    with over_arrow(rows) as engine, pytest.raises(InvalidInput, match=said):
        engine.count(plan)


def test_a_text_that_is_not_unicode_is_refused() -> None:
    with pytest.raises(InvalidInput, match="declared text"):
        in_process([a_row(sex="\ud800")]).count(PLANS[0])


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(InvalidInput, match="declared instant"):
        in_process([a_row(occurred_at=datetime(2026, 1, 1))]).count(PLANS[0])  # noqa: DTZ001


def test_columns_of_different_length_are_refused() -> None:
    with pytest.raises(InvalidInput, match="one length"):
        NumpyCounts({"a": [1], "b": [1, 2]})


def test_no_files_and_a_file_that_is_not_parquet_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no Parquet files"):
        DuckDbCounts.over_parquet([])
    (tmp_path / "x.parquet").write_bytes(b"not parquet at all")
    with pytest.raises(InvalidInput, match="cannot be read"):
        DuckDbCounts.over_parquet([tmp_path / "x.parquet"])


def test_two_counts_that_are_open_at_once_see_each_their_own_rows() -> None:
    plan = CountPlan(monitor="all", aggregates=N)
    with over_arrow([a_row()]) as one, over_arrow([a_row(), a_row()]) as two:
        assert (one.count(plan).total(), two.count(plan).total(), one.count(plan).total()) == ((1,), (2,), (1,))
