"""M8: from the first request to the last approval."""

from __future__ import annotations

from dataclasses import replace

from scoring_builders import (
    NEW,
    NOW,
    OLD,
    Q4,
    TIERS,
    a_decision,
    a_request,
    a_standing,
    an_approval,
    an_approved_release,
    an_entry,
    day,
    evidence,
    part,
)

from careloop.domain.metric import Figure, NullReason
from careloop.domain.tier import Tier
from careloop.ports.ledger import Entry
from careloop.scoring.approval_time import approval_time_figure


def approval_time(*entries: Entry, unit: str = "d", as_of: float = 60) -> Figure:
    return approval_time_figure(evidence(*entries), Q4, as_of=min(NOW, day(as_of)), tiers=TIERS, unit=unit)


def test_the_clock_stops_with_the_last_approval_and_not_with_what_comes_after() -> None:
    figure = approval_time(*an_approved_release(10, took=2))
    assert (figure.value, figure.n, figure.unit) == (2.0, 1, "d")
    assert figure.open is not None
    assert figure.open.count == 0


def test_the_unit_is_that_of_the_objective() -> None:
    assert approval_time(*an_approved_release(10, took=2), unit="h").value == 48.0


def test_asking_again_for_the_same_release_does_not_set_the_clock_back() -> None:
    figure = approval_time(
        a_request(10), a_request(14, name="r2"), an_approval(15, "ada", name="r2"), a_standing(16, name="r2")
    )
    assert (figure.value, figure.n) == (5.0, 1)


def test_a_new_request_after_an_approval_is_a_new_clock() -> None:
    again = [a_request(20, name="r2"), an_approval(21, "ada", name="r2"), a_standing(21.5, name="r2")]
    figure = approval_time(*an_approved_release(10, took=3), *again)
    assert (figure.value, figure.n) == (2.0, 2)


def test_two_signatures_that_the_gate_has_not_counted_leave_the_release_open() -> None:
    figure = approval_time(a_request(50, days=30), an_approval(51, "ada"), an_approval(52, "ben"))
    assert figure.reason is NullReason.ALL_OPEN
    assert figure.open is not None
    assert (figure.open.count, figure.open.oldest) == (1, 10.0)


def test_a_decision_to_wait_does_not_stop_the_clock() -> None:
    figure = approval_time(a_request(50, days=30), an_approval(51, "ada"), a_decision(52, "wait"))
    assert figure.n == 0


def test_what_is_open_stands_beside_the_median_so_that_it_does_not_flatter() -> None:
    figure = approval_time(*an_approved_release(10, took=1), a_request(40, name="r2", lock=OLD, days=90))
    assert figure.value == 1.0
    assert figure.open is not None
    assert (figure.open.count, figure.open.oldest, figure.open.median_at_least) == (1, 20.0, 10.5)


def test_a_request_that_ran_out_unanswered_ages_no_further_and_stands_apart() -> None:
    figure = approval_time(a_request(10, days=7))
    assert figure.open is not None
    assert figure.open.oldest == 7.0
    assert part(figure, "lapsed").value == 1.0


def test_a_request_that_still_runs_has_not_lapsed() -> None:
    assert "lapsed" not in {one.id for one in approval_time(a_request(58, days=7)).parts}


def test_a_request_that_ran_out_in_an_earlier_quarter_is_no_longer_open() -> None:
    assert approval_time(a_request(-30, days=7)).reason is NullReason.NO_ACTIVITY


def test_a_low_tier_does_not_count_and_an_unknown_one_is_said() -> None:
    unknown = an_entry("approval.requested", 9, data={"request": "r9", "action": "release", "system": "unheard-of"})
    figure = approval_time(a_request(10, tier="low"), unknown)
    assert figure.reason is NullReason.NO_ACTIVITY
    assert figure.left_out == {"unknown_tier": 1}


def test_what_a_request_does_not_say_of_its_tier_is_taken_from_its_system() -> None:
    silent = an_entry("approval.requested", 50, data={"request": "r9", "action": "release", "lock": NEW})
    assert TIERS["credit"] is Tier.VERY_HIGH
    assert approval_time(silent).reason is NullReason.ALL_OPEN


def test_another_action_than_a_release_is_not_waited_for() -> None:
    other = an_entry("approval.requested", 9, data={"request": "r9", "action": "restore_after_kill", "tier": "high"})
    assert approval_time(other).reason is NullReason.NO_ACTIVITY


def test_withdrawn_is_left_out_and_rejected_stands_apart() -> None:
    figure = approval_time(
        a_request(10),
        an_entry("approval.withdrawn", 11, data={"request": "r1"}),
        a_request(12, name="r2", lock=OLD),
        an_entry("approval.rejected", 13, data={"request": "r2"}),
    )
    assert figure.reason is NullReason.NO_ACTIVITY
    assert figure.left_out == {"withdrawn": 1}
    assert part(figure, "rejected").value == 1.0


def test_an_approval_dated_before_its_request_is_an_error_that_is_counted() -> None:
    asked = a_request(10)
    early = replace(an_approval(8, "ada"), index=asked.index + 1)
    figure = approval_time(asked, early, a_standing(12))
    assert figure.reason is NullReason.NO_ACTIVITY
    assert figure.left_out == {"negative_durations": 1}


def test_a_release_that_needed_no_approval_is_no_approval_time() -> None:
    assert approval_time(a_request(10), a_decision(11, required=0)).n == 0


def test_only_the_window_in_which_it_was_approved_counts_it() -> None:
    assert approval_time(*an_approved_release(-10, took=2)).n == 0
    assert approval_time(*an_approved_release(-1, took=2)).value == 2.0
