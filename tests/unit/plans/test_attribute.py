"""Did the release do it? Each ground by itself, their order, and what happens when none can tell."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from plan_builders import a_rate_signal, a_signal

from careloop.domain.alarm import Worse
from careloop.domain.attribution import Arm, AttributionEvidence, Ground, Paired, Replayed, Verdict, Youth
from careloop.domain.counts import Tally
from careloop.plans.attribute import AttributionTerms, attribute
from careloop.plans.improvement import between_arms, excess, on_the_same_rows

TERMS = AttributionTerms(least_n=100)
DAY = 86_400

# 300 of 1000 women and 500 of 1000 others were selected; the target would have selected 480 and 500.
HELPS = Replayed(observed=Paired(290, 10, 190, 510), compared=Paired(480, 20, 20, 480), digest="0" * 64)
HELPS_NOT = Replayed(observed=Paired(290, 10, 12, 688), compared=Paired(480, 20, 20, 480), digest="0" * 64)
HELPS_A_LITTLE = Replayed(observed=Paired(290, 10, 80, 620), compared=Paired(480, 20, 20, 480), digest="0" * 64)
HEALTHY_ARM = Arm(observed=Tally(490, 1000), compared=Tally(500, 1000))
SICK_ARM = Arm(observed=Tally(310, 1000), compared=Tally(500, 1000))
YOUNG = Youth(age_s=2 * DAY, windows=40, observed=Tally(980, 2000), compared=Tally(1000, 2000))


def test_a_target_that_would_have_done_better_on_the_same_rows_shows_that_the_release_did_it() -> None:
    found = attribute(a_signal(), AttributionEvidence(replay=HELPS), TERMS)
    assert (found.ground, found.verdict, found.n) == (Ground.REPLAY, Verdict.BETTER, 2000)
    assert found.improvement is not None
    assert 0.15 < found.improvement[0] < 0.18 < found.improvement[1] < 0.22


def test_a_target_that_would_have_done_the_same_shows_that_the_world_changed() -> None:
    found = attribute(a_signal(), AttributionEvidence(replay=HELPS_NOT), TERMS)
    assert (found.ground, found.verdict) == (Ground.REPLAY, Verdict.NOT_BETTER)
    assert "beyond the limit" in found.because


def test_a_target_that_is_better_and_still_beyond_the_limit_is_not_good_enough() -> None:
    found = attribute(a_signal(), AttributionEvidence(replay=HELPS_A_LITTLE), TERMS)
    assert found.verdict is Verdict.NOT_BETTER
    assert found.improvement is not None
    assert found.improvement[0] > 0


def test_a_replay_that_says_no_is_believed_over_the_release_being_young() -> None:
    found = attribute(a_signal(), AttributionEvidence(replay=HELPS_NOT, youth=YOUNG), TERMS)
    assert (found.ground, found.supports_rollback) == (Ground.REPLAY, False)


def test_the_target_beside_the_release_comes_before_a_replay() -> None:
    better = attribute(a_signal(), AttributionEvidence(arm=HEALTHY_ARM, replay=HELPS_NOT), TERMS)
    assert (better.ground, better.verdict) == (Ground.CONTROL_ARM, Verdict.BETTER)
    worse = attribute(a_signal(), AttributionEvidence(arm=SICK_ARM, replay=HELPS), TERMS)
    assert (worse.ground, worse.verdict) == (Ground.CONTROL_ARM, Verdict.NOT_BETTER)


def test_an_arm_that_is_too_small_leaves_the_word_to_the_replay() -> None:
    small = Arm(observed=Tally(49, 99), compared=Tally(500, 1000))
    found = attribute(a_signal(), AttributionEvidence(arm=small, replay=HELPS), TERMS)
    assert found.ground is Ground.REPLAY


def test_a_young_release_with_healthy_windows_before_it_did_it() -> None:
    found = attribute(a_signal(), AttributionEvidence(youth=YOUNG, no_replay="rows erased"), TERMS)
    assert (found.ground, found.verdict) == (Ground.YOUNG_RELEASE, Verdict.BETTER)


def test_a_young_release_whose_forerunner_was_no_better_did_not_do_it() -> None:
    youth = Youth(age_s=DAY, windows=40, observed=Tally(600, 2000), compared=Tally(1000, 2000))
    found = attribute(a_signal(), AttributionEvidence(youth=youth), TERMS)
    assert (found.ground, found.verdict) == (Ground.YOUNG_RELEASE, Verdict.NOT_BETTER)


def test_an_old_release_without_replay_is_attributed_to_nothing() -> None:
    old = Youth(age_s=60 * DAY, windows=40, observed=Tally(980, 2000), compared=Tally(1000, 2000))
    found = attribute(a_signal(), AttributionEvidence(youth=old, no_replay="the features were not kept"), TERMS)
    assert (found.ground, found.verdict) == (None, Verdict.CANNOT_TELL)
    assert "60.0 days old" in found.because
    assert "the features were not kept" in found.because


def test_two_windows_before_a_release_are_too_few() -> None:
    few = Youth(age_s=DAY, windows=2, observed=Tally(980, 2000), compared=Tally(1000, 2000))
    assert attribute(a_signal(), AttributionEvidence(youth=few), TERMS).ground is None


def test_without_any_evidence_nothing_is_claimed() -> None:
    found = attribute(a_signal(), AttributionEvidence(), TERMS)
    assert (found.ground, found.verdict, found.supports_rollback) == (None, Verdict.CANNOT_TELL, False)
    assert found.because == "no replay was made"


def test_a_rate_is_compared_with_a_rate() -> None:
    fewer_errors = Replayed(observed=Paired(90, 210, 10, 690), compared=None, digest="0" * 64)
    assert attribute(a_rate_signal(), AttributionEvidence(replay=fewer_errors), TERMS).verdict is Verdict.BETTER
    assert attribute(a_rate_signal(), AttributionEvidence(replay=HELPS), TERMS).ground is None


def test_excess_reads_the_metric_the_way_it_moved() -> None:
    assert round(excess(a_signal(), Tally(300, 1000), Tally(500, 1000)), 6) == 0.15
    assert round(excess(a_signal(moved=Worse.HIGHER), Tally(300, 1000), Tally(500, 1000)), 6) == -0.25
    assert round(excess(a_rate_signal(), Tally(300, 1000), None), 6) == 0.1
    low = a_signal(moved=Worse.LOWER, group=None, compared=None, limit=0.4)
    assert round(excess(low, Tally(300, 1000), None), 6) == 0.1


cells = st.builds(Paired, *[st.integers(0, 400)] * 4)


@given(cells, cells)
def test_swapping_the_two_releases_turns_the_improvement_round(observed: Paired, compared: Paired) -> None:
    there = on_the_same_rows(a_signal(), Replayed(observed=observed, compared=compared, digest=""), level=0.95)
    swapped = Replayed(observed=_swapped(observed), compared=_swapped(compared), digest="")
    back = on_the_same_rows(a_signal(), swapped, level=0.95)
    assert abs(there[0] + back[1]) < 1e-12
    assert abs(there[1] + back[0]) < 1e-12


@given(st.integers(10, 500), st.integers(10, 500), st.floats(0.5, 0.99))
def test_more_confidence_widens_the_bounds(hits: int, others: int, level: float) -> None:
    arm = Arm(observed=Tally(hits, 1000), compared=Tally(others, 1000))
    narrow, wide = between_arms(a_signal(), arm, level=level), between_arms(a_signal(), arm, level=0.995)
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


@given(cells, cells)
def test_two_releases_that_answer_alike_are_never_told_apart(observed: Paired, compared: Paired) -> None:
    same = Replayed(
        observed=Paired(observed.both + 100, 0, 0, observed.neither + 100),
        compared=Paired(compared.both + 100, 0, 0, compared.neither + 100),
        digest="",
    )
    assert not attribute(a_signal(), AttributionEvidence(replay=same), TERMS).supports_rollback


def _swapped(rows: Paired) -> Paired:
    return Paired(rows.both, rows.only_target, rows.only_served, rows.neither)
