"""Guessing a protected attribute from a score, and agreement of importance between two sets of rows. Source: R45."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from careloop.measures.importance_stability import importance_agreement, importance_stability
from careloop.measures.inversion import inversion_advantage

pytestmark = pytest.mark.unit


def test_a_score_that_is_the_attribute_is_found_out_and_chance_is_not() -> None:
    chance = np.random.default_rng(3)
    groups = chance.choice(["a", "b"], 4000, p=[0.5, 0.5]).tolist()
    told = inversion_advantage(groups, [0.9 if one == "a" else 0.1 for one in groups])
    assert told.value == pytest.approx(0.5, abs=0.03)
    nothing = inversion_advantage(groups, chance.random(4000).tolist())
    assert nothing.interval is not None
    assert nothing.interval.low < 0 < nothing.interval.high


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    """Scores that lean by group: the attacker gains Φ(0.5) less a half, about 0.1915, less what little he misses."""
    chance, truth, held = np.random.default_rng(11), stats.norm.cdf(0.5) - 0.5, 0
    for _ in range(200):
        member = chance.random(4000) < 0.5
        scores = chance.normal(size=4000) + member
        found = inversion_advantage(["a" if one else "b" for one in member], scores.tolist(), level=0.95)
        assert found.interval is not None
        held += found.interval.low <= truth <= found.interval.high
    assert held >= 180


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 1)), min_size=4, max_size=60),
    st.floats(0.1, 50),
    st.floats(-5, 5),
)
def test_any_scale_of_the_score_gives_the_same_advantage_within_its_bounds(
    rows: list[tuple[str, float]], times: float, more: float
) -> None:
    groups, scores = [one for one, _ in rows], [round(one, 3) for _, one in rows]
    found = inversion_advantage(groups, scores)
    if len(set(groups)) < 2:
        assert found.value is None
        return
    moved = inversion_advantage(groups, [round(one * 1000) * times + more for one in scores])
    assert found.value == moved.value
    assert found.value is not None
    assert found.interval is not None
    assert -1 <= found.interval.low <= found.value <= found.interval.high <= 1


@pytest.mark.parametrize(("groups", "reason"), [([], "one group"), (["a"] * 9, "one group"), (["a", "b"], "four rows")])
def test_what_gives_nothing_to_guess_has_no_value(groups: list[str], reason: str) -> None:
    found = inversion_advantage(groups, [0.5] * len(groups))
    assert found.value is None
    assert reason in (found.reason or "")


def looks(chance: np.random.Generator, count: int, lead: float) -> list[dict[str, float]]:
    return [{name: lead * place + chance.normal() for place, name in enumerate("abcdef")} for _ in range(count)]


def test_agreement_is_the_mean_over_pairs_across_with_the_jackknife_of_both_sides() -> None:
    chance = np.random.default_rng(2)
    first, second = looks(chance, 5, 1.0), looks(chance, 4, 1.0)
    found = importance_agreement(first, second, level=0.9)
    table = np.array(
        [[stats.spearmanr(list(one.values()), list(other.values())).statistic for other in second] for one in first]
    )
    assert found.value == pytest.approx(table.mean())
    spread = sum(
        (k - 1) / k * ((left - left.mean()) ** 2).sum()
        for k, left in (
            (5, np.array([np.delete(table, at, 0).mean() for at in range(5)])),
            (4, np.array([np.delete(table, at, 1).mean() for at in range(4)])),
        )
    )
    assert found.interval is not None
    assert found.value is not None
    reach = stats.t.ppf(0.95, 3) * math.sqrt(spread)
    assert found.interval.low == pytest.approx(max(-1, found.value - reach), abs=1e-6)
    back = importance_agreement(second, first, level=0.9)
    assert back.value == pytest.approx(found.value)


def test_the_opposite_order_disagrees_and_the_same_agrees() -> None:
    same = [{"a": 3.0, "b": 2.0, "c": 1.0}] * 3
    turned = [{"a": 1.0, "b": 2.0, "c": 3.0}] * 3
    assert importance_agreement(same, turned).value == pytest.approx(-1)
    assert importance_agreement(same, same).value == importance_stability(same).value == pytest.approx(1)
    assert "three of each" in (importance_agreement(same[:2], turned).reason or "")
    assert "an order needs three" in (importance_agreement([{"a": 1.0}] * 3, [{"a": 1.0}] * 3).reason or "")
    assert "the same inputs" in (importance_agreement(same, [{"a": 1.0, "b": 2.0, "x": 3.0}] * 3).reason or "")
    flat = [{"a": 1.0, "b": 1.0, "c": 1.0}] * 3
    assert "same importance" in (importance_agreement(same, flat).reason or "")
