"""Count tables form a commutative monoid, and their digest is evidence (R42-R46)."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from measure_builders import a_cell, a_rate_table

from careloop.domain.counts import BUCKETS, UNKNOWN_GROUP, CellKey, CountTable, GrowingTable, Tally, bucket_of
from careloop.errors import InvalidInput

KEYS = st.builds(
    CellKey,
    monitor=st.sampled_from(["m1", "m2"]),
    release=st.sampled_from(["v1", "v2"]),
    window=st.integers(-1, 1).map(lambda i: i * 3600),
    group=st.sampled_from(["", "F", "M", UNKNOWN_GROUP]),
    bin=st.integers(-1, 2),
    bucket=st.integers(-1, 2),
)
NUMBERS = st.integers(-(2**80), 2**80)
TABLES = st.dictionaries(KEYS, st.tuples(NUMBERS, NUMBERS), max_size=6).map(lambda cells: CountTable(("a", "b"), cells))


@given(TABLES, TABLES)
def test_merging_does_not_depend_on_the_order(one: CountTable, other: CountTable) -> None:
    assert one.merge(other) == other.merge(one)
    assert one.merge(other).digest() == other.merge(one).digest()


@given(TABLES, TABLES, TABLES)
def test_merging_does_not_depend_on_the_grouping(one: CountTable, two: CountTable, three: CountTable) -> None:
    assert one.merge(two).merge(three) == one.merge(two.merge(three))


@given(TABLES, st.lists(TABLES, max_size=4))
def test_a_table_that_grows_where_it_lies_is_all_that_was_added(first: CountTable, others: list[CountTable]) -> None:
    """What it grew from stays as it was."""
    before, growing = first.digest(), GrowingTable(first)
    shown = growing.table
    for other in others:
        growing.add(other)
    assert shown is growing.table
    assert shown == CountTable.merged([first, *others], columns=("a", "b"))
    assert first.digest() == before


def test_a_table_of_other_columns_cannot_be_added() -> None:
    growing = GrowingTable(CountTable(("hits", "n"), {}))
    with pytest.raises(InvalidInput, match="count different things"):
        growing.add(CountTable(("n",), {}))


@given(TABLES)
def test_the_empty_table_changes_nothing(table: CountTable) -> None:
    empty = CountTable.merged([], columns=("a", "b"))
    assert table.merge(empty) == table
    assert table.merge(empty).digest() == table.digest()


@given(TABLES, TABLES)
def test_two_tables_have_one_digest_only_if_they_are_equal(one: CountTable, other: CountTable) -> None:
    assert (one.digest() == other.digest()) is (one == other)


@given(TABLES)
def test_a_table_comes_back_from_its_rows(table: CountTable) -> None:
    assert CountTable.of_rows(table.columns, reversed(table.rows())) == table


@given(TABLES, TABLES)
def test_totals_add_up_over_any_split(one: CountTable, other: CountTable) -> None:
    both = one.merge(other)
    assert both.total() == tuple(a + b for a, b in zip(one.total(), other.total(), strict=True))
    assert tuple(map(sum, zip((0, 0), *both.by_group().values(), strict=True))) == both.total()
    assert tuple(map(sum, zip((0, 0), *both.by_bin().values(), strict=True))) == both.total()


def test_the_digest_is_the_sha_256_of_the_canonical_lines() -> None:
    table = CountTable(("hits", "n"), {a_cell(group="é"): (1, 2), a_cell(group="a"): (0, 3)})
    lines = (
        '["careloop/counts/v1","hits","n"]\n["m","v1",0,"a",0,0,0,3]\n["m","v1",0,"\\u00e9",0,0,1,2]\n'
    )  # fmt: skip
    assert table.digest() == hashlib.sha256(lines.encode()).hexdigest()


def test_a_cell_of_zeros_is_no_cell() -> None:
    assert CountTable(("n",), {a_cell(): (0,)}) == CountTable(("n",), {})


def test_cells_cannot_be_changed_afterwards() -> None:
    table = a_rate_table(F=(1, 2))
    with pytest.raises(TypeError):
        table.cells[a_cell()] = (1, 1)  # type: ignore[index]  # that is the point


def test_tables_that_count_different_things_do_not_merge() -> None:
    with pytest.raises(InvalidInput, match="different things"):
        CountTable(("n",), {}).merge(CountTable(("m",), {}))


@pytest.mark.parametrize(("columns", "values"), [(("n", "n"), (1, 1)), (("n", "m"), (1,))])
def test_a_malformed_table_is_refused(columns: tuple[str, ...], values: tuple[int, ...]) -> None:
    with pytest.raises(InvalidInput):
        CountTable(columns, {a_cell(): values})


def test_windows_and_releases_can_be_picked() -> None:
    cells = {a_cell(window=w, release=r): (1,) for w in (0, 60, 120) for r in ("v1", "v2")}
    table = CountTable(("n",), cells)
    assert table.select(release="v2", since=60, until=120).rows() == [(a_cell(window=60, release="v2"), (1,))]
    assert table.select() == table


def test_more_hits_than_rows_are_no_tally() -> None:
    with pytest.raises(InvalidInput, match="3 of 2"):
        a_rate_table(F=(3, 2)).tallies()
    with pytest.raises(InvalidInput, match="no column 'rows'"):
        a_rate_table(F=(1, 2)).tallies(n="rows")
    with pytest.raises(InvalidInput):
        Tally(-1, 2).checked()


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_every_unit_has_one_bucket_that_its_digest_alone_decides(unit: str) -> None:
    assert bucket_of(unit) == int(hashlib.sha256(unit.encode()).hexdigest()[:2], 16) % BUCKETS
