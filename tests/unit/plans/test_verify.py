"""A rollback is verified by what was served and by the whole interval of the metric, and by nothing less (R48, R82)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plan_builders import NEW, OLD

from careloop.domain.alarm import Worse
from careloop.domain.measured import Interval
from careloop.domain.plan_steps import Claim, VerifyRollback
from careloop.plans.verify import Recovery, Since, settled, verify_rollback

GAP = Claim(monitor="gap", gap=True, group="women", moved=Worse.LOWER, limit=0.05)
ERRORS = Claim(monitor="errors", gap=False, group=None, moved=Worse.HIGHER, limit=0.2)
APPROVALS = Claim(monitor="approvals", gap=False, group=None, moved=Worse.LOWER, limit=0.2)


def a_step(claim: Claim | None = GAP) -> VerifyRollback:
    return VerifyRollback(
        left=NEW, to=OLD, claim=claim, share=0.99, least_n=100, within_s=3600, recover_within_s=36_000
    )


def between(low: float, high: float) -> Interval:
    return Interval(low=low, high=high, level=0.95, method="test")


def since(**changed: Any) -> Since:
    values: dict[str, Any] = {
        "served": 1000,
        "on_target": 995,
        "elapsed_s": 600,
        "observed": between(0.48, 0.51),
        "compared": between(0.49, 0.52),
        **changed,
    }
    return Since(**values)


def test_enough_events_and_a_recovered_metric_verify_it() -> None:
    found = verify_rollback(a_step(), since())
    assert (found.recovery, found.share) == (Recovery.VERIFIED, 0.995)
    assert found.bound is not None
    assert abs(found.bound - 0.04) < 1e-12


@pytest.mark.parametrize(
    ("changed", "because", "until"),
    [
        ({"on_target": 989}, "989 of 1000 served events carry the target", 3600),
        ({"served": 99, "on_target": 99}, "99 events were served since, 100 are needed", 36_000),
        ({"served": 0, "on_target": 0}, "0 events were served", 36_000),
        ({"observed": between(0.40, 0.60)}, "may still be beyond its limit by 0.070", 36_000),
        ({"observed": None}, "has no rows", 36_000),
        ({"compared": None}, "has no rows", 36_000),
    ],
)
def test_whatever_is_missing_leaves_it_open_and_fails_it_in_the_end(
    changed: dict[str, Any], because: str, until: int
) -> None:
    early = verify_rollback(a_step(), since(**changed, elapsed_s=until - 1))
    late = verify_rollback(a_step(), since(**changed, elapsed_s=until))
    assert (early.recovery, late.recovery) == (Recovery.NOT_YET, Recovery.FAILED)
    assert because in early.because
    assert late.because.endswith("its time is over")


def test_a_metric_that_is_shown_bad_still_fails_at_once() -> None:
    found = verify_rollback(a_step(), since(observed=between(0.30, 0.35)))
    assert found.recovery is Recovery.FAILED
    assert "by at least 0.090" in found.because


@pytest.mark.parametrize(
    ("claim", "observed", "recovery"),
    [
        (ERRORS, between(0.10, 0.19), Recovery.VERIFIED),
        (ERRORS, between(0.10, 0.21), Recovery.NOT_YET),
        (ERRORS, between(0.21, 0.30), Recovery.FAILED),
        (APPROVALS, between(0.21, 0.30), Recovery.VERIFIED),
        (APPROVALS, between(0.19, 0.30), Recovery.NOT_YET),
        (APPROVALS, between(0.10, 0.19), Recovery.FAILED),
    ],
)
def test_a_rate_recovers_on_its_own_side_of_the_limit(claim: Claim, observed: Interval, recovery: Recovery) -> None:
    assert verify_rollback(a_step(claim), since(observed=observed, compared=None)).recovery is recovery


def test_a_persons_rollback_without_an_alarm_needs_only_the_traffic() -> None:
    assert verify_rollback(a_step(None), since(observed=None, compared=None)).recovery is Recovery.VERIFIED


@given(st.integers(0, 2000), st.integers(0, 2000), st.integers(0, 7200))
def test_less_than_the_share_is_never_verified(served: int, on_target: int, elapsed: int) -> None:
    on_target = min(served, on_target)
    found = verify_rollback(a_step(None), since(served=served, on_target=on_target, elapsed_s=elapsed))
    enough = served >= 100 and on_target >= 0.99 * served
    assert (found.recovery is Recovery.VERIFIED) is enough


def test_the_share_is_taken_from_where_the_traffic_moved_for_good() -> None:
    step = replace(a_step(), within_s=60)
    late = {0: (500, 0), 1: (500, 10), 2: (500, 500), 3: (500, 500), 4: (500, 499)}
    assert settled(step, late) == (2, 1500, 1499)
    assert settled(step, {**late, 5: (500, 400)}) is None, "some instances fell back"
    assert settled(step, {0: (500, 0), 61: (5000, 5000)}) is None, "it moved after its time"
    assert settled(step, {3: (10, 10)}) is None, "too few events say nothing"
    assert settled(step, {}) is None


@given(st.dictionaries(st.integers(0, 90), st.tuples(st.integers(0, 400), st.integers(0, 400)), max_size=20))
def test_what_is_settled_is_a_tail_of_the_traffic_that_keeps_to_the_share(
    drawn: dict[int, tuple[int, int]],
) -> None:
    step = replace(a_step(), within_s=60)
    seconds = {at: (served, min(served, hits)) for at, (served, hits) in drawn.items()}
    found = settled(step, seconds)
    tails = {at: [seconds[one] for one in seconds if one >= at] for at in seconds if at <= 60}
    fit = [
        at
        for at, tail in tails.items()
        if sum(n for n, _ in tail) >= step.least_n and sum(k for _, k in tail) >= step.share * sum(n for n, _ in tail)
    ]
    assert (found is None) is (not fit)
    if found is not None:
        assert found == (min(fit), sum(n for n, _ in tails[min(fit)]), sum(k for _, k in tails[min(fit)]))
