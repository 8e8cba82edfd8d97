"""Quality that counts by cell cannot tell: rows that come twice, a trusted copy, means (R57; ISO/IEC 5259-2 names)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careloop.domain.count_plan import Column, ColumnKind
from careloop.measures.exact_kind import ExactRows
from careloop.measures.exact_quality import agreement, mean, row_count, uniqueness

KEY, OF = Column("key", ColumnKind.INTEGER), Column("of", ColumnKind.TEXT)
VALUES = st.one_of(st.none(), st.integers(-3, 3), st.sampled_from(["a", "b"]))


def rows(**columns: Sequence[object]) -> ExactRows:
    return ExactRows({}, columns)


@given(st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=30))
def test_uniqueness_counts_rows_whose_like_did_not_come_before(pairs: list[tuple[object, object]]) -> None:
    seen: list[tuple[object, object]] = []
    for pair in pairs:
        if pair not in seen:
            seen.append(pair)
    found = uniqueness(rows(a=[one for one, _ in pairs], b=[other for _, other in pairs]), ())
    assert found.value == len(seen) / len(pairs)
    assert found.n == len(pairs)
    doubled = [*pairs, *pairs]
    again = uniqueness(rows(a=[one for one, _ in doubled], b=[other for _, other in doubled]), ())
    assert again.value == pytest.approx(found.value / 2)


def test_uniqueness_over_a_key_looks_at_nothing_else_and_knows_true_from_one() -> None:
    both = rows(key=[1, 1, 2], of=["a", "b", "c"])
    assert uniqueness(both, (KEY,)).value == pytest.approx(2 / 3)
    assert uniqueness(both, ()).value == 1
    assert uniqueness(rows(key=[True, 1, math.nan, None]), (KEY,)).value == 3 / 4
    assert uniqueness(rows(key=[]), (KEY,)).value is None


@given(st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=30), st.randoms(use_true_random=False))
def test_agreement_by_key_does_not_care_about_the_order(pairs: list[tuple[object, object]], chance: object) -> None:
    keys = list(range(len(pairs)))
    ours = rows(key=keys, of=[one for one, _ in pairs])
    shuffled = list(zip(keys, (other for _, other in pairs), strict=True))
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    theirs = rows(key=[key for key, _ in shuffled], of=[value for _, value in shuffled])
    expected = sum(one == other for one, other in pairs) / len(pairs)
    assert agreement(ours, theirs, of=OF, key=(KEY,)).value == pytest.approx(expected)
    assert agreement(ours, rows(of=[other for _, other in pairs]), of=OF).value == pytest.approx(expected)


def test_agreement_says_which_rows_it_could_not_hold_against_anything() -> None:
    theirs = rows(key=[1, 2], of=["a", "b"])
    found = agreement(rows(key=[1, 9], of=["a", "b"]), theirs, of=OF, key=(KEY,))
    assert (found.value, found.n, found.note) == (1.0, 1, "1 rows are not in the trusted copy")
    assert "2 rows against 1" not in str(agreement(theirs, theirs, of=OF).reason)
    assert "3 rows against 2" in str(agreement(rows(of=["a", "b", "c"]), rows(of=["a", "b"]), of=OF).reason)
    twice = rows(key=[1, 1], of=["a", "b"])
    assert "share their key" in str(agreement(theirs, twice, of=OF, key=(KEY,)).reason)


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=40))
def test_the_mean_is_the_mean_and_lies_in_its_interval(numbers: list[float]) -> None:
    found = mean(numbers)
    assert found.value == pytest.approx(fmean(numbers), abs=1e-9)
    assert found.interval is not None
    assert found.value is not None
    assert found.interval.low <= found.value <= found.interval.high


def test_there_is_no_mean_of_nothing_and_no_interval_of_one() -> None:
    assert mean([]).value is None
    assert mean([3.0]).interval is None
    assert (row_count(rows(a=[1, 2])).value, row_count(rows()).value) == (2.0, 0.0)
