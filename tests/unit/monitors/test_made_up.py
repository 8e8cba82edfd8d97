"""Made-up mixtures, scores and amounts have the mean, the clumps and the change that they are asked for (R46)."""

from __future__ import annotations

import random
from statistics import fmean, pvariance

import pytest

from careloop.domain.counts import Tally
from careloop.monitors.made_up import Amounts, Mixtures, Scores
from careloop.monitors.traffic import CASES, TrafficCase
from careloop.monitors.window import WindowCounts, pooled

USERS = next(case for case in CASES if case.per_user > 1)
MIDDLES = tuple((2 * i + 1) / 40 for i in range(20))


def bins_of(windows: list[WindowCounts]) -> dict[int, Tally]:
    found: dict[int, Tally] = {}
    for cell in (cell for window in windows for cell in window.cells):
        found[cell.bin] = cell.tally.pooled(found.get(cell.bin, Tally(0, 0)))
    return found


@pytest.mark.parametrize("bins", [2, 5, 8])
@pytest.mark.parametrize("moved", [0.0, 0.2])
def test_a_mixture_is_even_until_rows_move_to_its_upper_half(bins: int, moved: float) -> None:
    chance = random.Random(1)
    made = [Mixtures(bins)(CASES[0], {"": (moved, 300)}, at=i, chance=chance) for i in range(300)]
    counted = bins_of(made)
    rows = sum(tally.n for tally in counted.values())
    assert (rows, sorted(counted)) == (300 * 300, list(range(bins)))
    half = bins // 2
    assert sum(counted[place].n for place in range(half)) / rows == pytest.approx(half / bins - moved, abs=0.01)
    assert counted[0].n / rows == pytest.approx((half / bins - moved) / half, abs=0.01)


@pytest.mark.parametrize("off", [0.0, 0.1])
def test_scores_are_true_until_labels_are_positive_less_often(off: float) -> None:
    chance = random.Random(2)
    counted = bins_of([Scores(MIDDLES)(CASES[0], {"": (off, 300)}, at=i, chance=chance) for i in range(300)])
    for bin_, tally in counted.items():
        assert tally.hits / tally.n == pytest.approx(max(0.0, MIDDLES[bin_] - off), abs=0.04)


@pytest.mark.parametrize("mean", [0.02, 0.2, 0.6])
def test_amounts_have_the_mean_that_is_asked_and_most_are_small(mean: float) -> None:
    chance = random.Random(3)
    made = [Amounts(1_000_000)(CASES[0], {"": (mean, 300)}, at=i, chance=chance) for i in range(300)]
    whole = pooled(window.tally for window in made)
    assert whole.n == 300 * 300 * 1_000_000
    assert whole.hits / whole.n == pytest.approx(mean, rel=0.05)


def test_rows_of_one_person_are_as_alike_as_the_case_says() -> None:
    """Means of ten rows have the variance of independent ones, times 1 + 9 times the correlation."""
    one_user = TrafficCase(name="one", per_user=10, within_user=USERS.within_user)
    apart = TrafficCase(name="apart", per_user=10)
    spread = {}
    for case in (one_user, apart):
        chance = random.Random(4)
        means = [
            window.tally.hits / window.tally.n
            for i in range(6000)
            for window in [Amounts(10_000)(case, {"": (0.3, 10)}, at=i, chance=chance)]
        ]
        assert fmean(means) == pytest.approx(0.3, abs=0.01)
        spread[case.name] = pvariance(means)
        assert {len(Amounts(10)(case, {"": (0.3, 10)}, at=0, chance=chance).cells)} == {1}
    assert spread["one"] / spread["apart"] == pytest.approx(1 + 9 * 0.2, rel=0.12)
