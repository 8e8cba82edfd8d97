"""The gate's test: safe only when shown, harmful only when shown, and honest in between (R42)."""

from __future__ import annotations

import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from measure_builders import tallies

from careloop.domain.alarm import Worse
from careloop.domain.counts import UNKNOWN_GROUP, Tally
from careloop.domain.measured import Outcome
from careloop.errors import InvalidInput
from careloop.measures.noninferiority import judge_change, judge_gap, judge_impact_ratio, judge_rate

SAFE, HARMFUL, UNSURE = Outcome.SHOWN_SAFE, Outcome.SHOWN_HARMFUL, Outcome.CANNOT_TELL


@pytest.mark.parametrize(
    ("tally", "worse", "outcome"),
    [
        ((10, 1000), Worse.HIGHER, SAFE),
        ((90, 1000), Worse.HIGHER, HARMFUL),
        ((50, 1000), Worse.HIGHER, UNSURE),
        ((1, 20), Worse.HIGHER, UNSURE),
        ((90, 1000), Worse.LOWER, SAFE),
        ((10, 1000), Worse.LOWER, HARMFUL),
        ((1, 20), Worse.LOWER, UNSURE),
    ],
)
def test_a_rate_against_its_limit(tally: tuple[int, int], worse: Worse, outcome: Outcome) -> None:
    assert judge_rate(Tally(*tally), limit=0.05, worse=worse).outcome is outcome


@pytest.mark.parametrize(
    ("candidate", "reference", "worse", "outcome"),
    [
        ((100, 1000), (100, 1000), Worse.HIGHER, SAFE),
        ((200, 1000), (100, 1000), Worse.HIGHER, HARMFUL),
        ((10, 100), (10, 100), Worse.HIGHER, UNSURE),
        ((100, 1000), (200, 1000), Worse.HIGHER, SAFE),
        ((100, 1000), (200, 1000), Worse.LOWER, HARMFUL),
        ((100, 1000), (200, 1000), Worse.EITHER, HARMFUL),
        ((100, 1000), (100, 1000), Worse.EITHER, SAFE),
        ((100, 1000), (1, 10), Worse.HIGHER, UNSURE),
    ],
)
def test_a_candidate_against_the_counts_of_its_reference(
    candidate: tuple[int, int], reference: tuple[int, int], worse: Worse, outcome: Outcome
) -> None:
    judged = judge_change(Tally(*candidate), Tally(*reference), tolerance=0.03, worse=worse)
    assert judged.outcome is outcome


@pytest.mark.parametrize(
    ("groups", "outcome"),
    [
        (tallies(a=(500, 1000), b=(490, 1000)), SAFE),
        (tallies(a=(600, 1000), b=(400, 1000)), HARMFUL),
        (tallies(a=(5, 10), b=(4, 10)), UNSURE),
        (tallies(a=(500, 1000), b=(490, 1000), c=(5, 10)), UNSURE),
        (tallies(a=(60, 100), b=(40, 100)), HARMFUL),
        (tallies(a=(60, 100), b=(40, 100), c=(50, 100), d=(50, 100)), UNSURE),
    ],
)
def test_a_gap_between_groups(groups: dict[str, Tally], outcome: Outcome) -> None:
    assert judge_gap(groups, tolerance=0.06, min_n=1).outcome is outcome


@pytest.mark.parametrize(
    ("groups", "outcome"),
    [
        (tallies(a=(5000, 10_000), b=(4900, 10_000)), SAFE),
        (tallies(a=(500, 1000), b=(250, 1000)), HARMFUL),
        (tallies(a=(50, 100), b=(45, 100)), UNSURE),
        (tallies(a=(500, 1000), b=(0, 1000)), HARMFUL),
    ],
)
def test_an_impact_ratio_against_four_fifths(groups: dict[str, Tally], outcome: Outcome) -> None:
    assert judge_impact_ratio(groups, least=0.8, min_n=1).outcome is outcome


def chance_of(outcome: Outcome, limit: float, n: int, rate: float) -> float:
    """Over every number of hits: how often the judgement has this outcome."""
    weights = scipy.stats.binom.pmf(range(n + 1), n, rate)
    found = [judge_rate(Tally(k, n), limit=limit, worse=Worse.HIGHER).outcome for k in range(n + 1)]
    return float(sum(w for w, each in zip(weights, found, strict=True) if each is outcome))


@pytest.mark.parametrize(("limit", "n"), [(0.05, 50), (0.05, 200), (0.3, 120)])
def test_a_rate_at_its_limit_is_called_safe_or_harmful_at_most_one_time_in_twenty(limit: float, n: int) -> None:
    assert chance_of(SAFE, limit, n, limit) <= 0.05
    assert chance_of(HARMFUL, limit, n, limit) <= 0.05


@pytest.mark.parametrize(("p", "q", "n"), [(0.4, 0.5, 120), (0.12, 0.15, 200)])
def test_groups_at_the_limit_are_called_safe_or_harmful_about_one_time_in_twenty(p: float, q: float, n: int) -> None:
    ps, qs = (scipy.stats.binom.pmf(range(n + 1), n, rate) for rate in (p, q))
    wrong = {("gap", SAFE): 0.0, ("gap", HARMFUL): 0.0, ("ratio", SAFE): 0.0, ("ratio", HARMFUL): 0.0}
    for k in range(n + 1):
        for j in range(n + 1):
            if (chance := ps[k] * qs[j]) < 1e-6:
                continue
            groups = tallies(a=(k, n), b=(j, n))
            for kind, judged in (
                ("gap", judge_gap(groups, tolerance=q - p, min_n=1)),
                ("ratio", judge_impact_ratio(groups, least=p / q, min_n=1)),
            ):
                if judged.outcome is not UNSURE:
                    wrong[kind, judged.outcome] += chance
    assert max(wrong.values()) < 0.06


@given(st.integers(1, 400).flatmap(lambda n: st.builds(Tally, st.integers(0, n), st.just(n))), st.floats(0.0, 1.0))
def test_a_stricter_limit_never_turns_harm_into_safety(tally: Tally, limit: float) -> None:
    order = [HARMFUL, UNSURE, SAFE]
    strict = judge_rate(tally, limit=limit / 2, worse=Worse.HIGHER).outcome
    loose = judge_rate(tally, limit=limit, worse=Worse.HIGHER).outcome
    assert order.index(strict) <= order.index(loose)


@pytest.mark.parametrize("level", [0.9, 0.99])
def test_a_higher_level_needs_more_rows(level: float) -> None:
    judged = judge_rate(Tally(0, 50), limit=0.055, worse=Worse.HIGHER, level=level)
    assert judged.outcome is (SAFE if level == 0.9 else UNSURE)


def test_nothing_to_judge_cannot_tell_and_says_why() -> None:
    assert judge_rate(Tally(0, 0), limit=0.1, worse=Worse.HIGHER).because == "no rows"
    nothing = judge_change(Tally(1, 2), Tally(0, 0), tolerance=0.1, worse=Worse.HIGHER)
    assert (nothing.outcome, nothing.because) == (UNSURE, "the reference has no rows")
    nothing = judge_change(Tally(0, 0), Tally(1, 2), tolerance=0.1, worse=Worse.HIGHER)
    assert (nothing.outcome, nothing.because) == (UNSURE, "the candidate has no rows")
    one = judge_gap({"a": Tally(1, 2), UNKNOWN_GROUP: Tally(1, 2)}, tolerance=0.1, min_n=1)
    assert one.outcome is UNSURE
    assert one.because.startswith("only one group has enough rows: a; not assessed: (unknown)")
    assert judge_impact_ratio(tallies(a=(0, 9), b=(0, 9)), least=0.8, min_n=1).outcome is UNSURE


def test_groups_that_were_not_assessed_are_named_beside_the_outcome() -> None:
    judged = judge_gap(tallies(a=(500, 1000), b=(490, 1000), few=(0, 3)), tolerance=0.06, min_n=30)
    assert judged.outcome is SAFE
    assert judged.because.endswith("not assessed: few (3 rows, fewer than the least n of 30)")


@pytest.mark.parametrize(
    ("judge", "words"),
    [
        (lambda: judge_rate(Tally(10, 1000), limit=0.05, worse=Worse.HIGHER), "at most 0.0169 at 0.95 one-sided"),
        (lambda: judge_rate(Tally(90, 1000), limit=0.05, worse=Worse.HIGHER), "at least 0.0755"),
        (lambda: judge_rate(Tally(90, 1000), limit=0.05, worse=Worse.LOWER), "at least 0.0755"),
        (lambda: judge_rate(Tally(10, 1000), limit=0.05, worse=Worse.LOWER), "at most 0.0169"),
        (lambda: judge_rate(Tally(50, 1000), limit=0.05, worse=Worse.HIGHER), "not yet shown to be within the limit"),
    ],
)
def test_the_reason_states_the_bound_that_decided(judge: object, words: str) -> None:
    assert callable(judge)
    assert words in judge().because


def test_arguments_without_meaning_are_refused() -> None:
    for level in (0.5, 1.0, 0.2):
        with pytest.raises(InvalidInput, match="level"):
            judge_rate(Tally(1, 2), limit=0.1, worse=Worse.HIGHER, level=level)
    with pytest.raises(InvalidInput, match="one way"):
        judge_rate(Tally(1, 2), limit=0.1, worse=Worse.EITHER)
    with pytest.raises(InvalidInput, match="tolerance"):
        judge_gap(tallies(a=(1, 2), b=(1, 2)), tolerance=-0.1, min_n=1)
    with pytest.raises(InvalidInput, match="impact ratio"):
        judge_impact_ratio(tallies(a=(1, 2), b=(1, 2)), least=0.0, min_n=1)
