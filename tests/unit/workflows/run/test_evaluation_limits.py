"""Small groups are pooled and stay named; a figure is held against its limits as the gate does it (R42)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careloop.domain.counts import UNKNOWN_GROUP, Tally
from careloop.domain.evaluated import Aspect
from careloop.domain.evaluation import ExpectedResult
from careloop.domain.measured import Outcome
from careloop.domain.release import GroupCount, MeasuredResult
from careloop.gates.declared_limit import judge_by_limit
from careloop.measures.fairness import impact_ratio
from careloop.measures.rate import rate_of
from careloop.workflows.run.evaluation_limits import examine, line_of, pooled, rows_that_would_tell

GROUPS = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 60), max_size=8)


@given(GROUPS, st.integers(1, 50))
def test_pooling_loses_no_row_and_leaves_large_groups_alone(sizes: dict[str, int], min_n: int) -> None:
    tallies = {name: Tally(n // 2, n) for name, n in sizes.items()}
    found = pooled(tallies, min_n=min_n)
    assert sum(one.n for one in found.values()) == sum(sizes.values())
    assert sum(one.hits for one in found.values()) == sum(n // 2 for n in sizes.values())
    assert all(found[name] == tally for name, tally in tallies.items() if tally.n >= min_n)


def test_rows_of_no_group_are_never_pooled() -> None:
    tallies = {"a": Tally(1, 9), "b": Tally(1, 9), UNKNOWN_GROUP: Tally(1, 9)}
    assert set(pooled(tallies, min_n=10)) == {UNKNOWN_GROUP, "pooled: a, b"}


def test_a_line_carries_the_counts_of_which_the_gate_makes_the_test_again() -> None:
    tallies = {"men": Tally(667, 1390), "women": Tally(555, 1181), "few": Tally(1, 3)}
    line = line_of("impact_ratio", impact_ratio(tallies, min_n=30, level=0.9), of="sex", min_n=30, counted=True)
    assert {name: (one.hits, one.n) for name, one in line.groups.items()} == {k: tuple(v) for k, v in tallies.items()}
    assert not line.groups["few"].used
    assert line.level == 0.95
    limit = ExpectedResult(measure="impact_ratio", least=0.8)
    assert examine(Aspect.FAIRNESS, line, [(limit, "system.yaml")]).outcome is judge_by_limit(line, limit)[0]


def test_of_several_limits_the_worst_counts() -> None:
    line = line_of("accuracy", rate_of(Tally(800, 1000), level=0.9), counted=True)
    limits = [(ExpectedResult(measure="accuracy", least=least), f"limit {least}") for least in (0.5, 0.9, 0.8)]
    found = examine(Aspect.PERFORMANCE, line, limits)
    assert found.outcome is Outcome.SHOWN_HARMFUL
    assert found.limit == "at least 0.9 (limit 0.9)"
    assert examine(Aspect.PERFORMANCE, line, limits[:1]).outcome is Outcome.SHOWN_SAFE


def test_without_a_limit_nothing_is_decided() -> None:
    found = examine(Aspect.PERFORMANCE, line_of("accuracy", rate_of(Tally(8, 10)), counted=True), [])
    assert (found.outcome, found.limit, found.rows_needed) == (None, None, None)


@pytest.mark.parametrize(("hits", "n", "least"), [(85, 100, 0.8), (430, 500, 0.85), (70, 100, 0.75)])
def test_as_many_rows_as_it_says_would_tell_and_a_tenth_fewer_would_not(hits: int, n: int, least: float) -> None:
    limit = ExpectedResult(measure="accuracy", least=least)
    line = line_of("accuracy", rate_of(Tally(hits, n), level=0.9), counted=True)
    needed = rows_that_would_tell(line, limit)
    assert needed is not None
    assert needed > n

    def outcome(rows: int) -> Outcome:
        more = MeasuredResult(measure="accuracy", value=hits / n, n=rows, hits=round(rows * hits / n))
        return judge_by_limit(more, limit)[0]

    assert outcome(n) is Outcome.CANNOT_TELL
    assert outcome(needed) is not Outcome.CANNOT_TELL
    assert outcome(round(needed * 0.8)) is Outcome.CANNOT_TELL


def test_a_value_at_its_limit_is_never_told_by_more_rows() -> None:
    limit = ExpectedResult(measure="accuracy", least=0.5)
    line = line_of("accuracy", rate_of(Tally(50, 100), level=0.9), counted=True)
    assert rows_that_would_tell(line, limit) is None
    groups = {"a": GroupCount(n=10, hits=5), "b": GroupCount(n=10, hits=5)}
    absent = MeasuredResult(measure="dp_difference", reason="no rows", n=0, groups=groups)
    assert rows_that_would_tell(absent, limit) is None
