"""M12: two people, before it goes live."""

from __future__ import annotations

from dataclasses import replace

from scoring_builders import (
    NOW,
    OLD,
    Q4,
    TIERS,
    a_decision,
    a_deploy,
    a_standing,
    an_approval,
    an_approved_release,
    an_entry,
    evidence,
    part,
)

from careloop.domain.metric import Figure, NullReason
from careloop.ports.ledger import Actor, ActorKind, Entry
from careloop.scoring.dual_approval import dual_approval_figure


def dual(*entries: Entry) -> Figure:
    return dual_approval_figure(evidence(*entries), Q4, as_of=NOW, tiers=TIERS)


def test_a_release_with_two_signatures_and_a_standing_counts() -> None:
    figure = dual(*an_approved_release(10))
    assert (figure.value, figure.n) == (100.0, 1)


def test_a_release_that_never_came_to_the_gate_fails_in_both_figures() -> None:
    figure = dual(*an_approved_release(10), a_deploy(20, lock=OLD))
    assert (figure.value, figure.n) == (50.0, 2)
    assert part(figure, "all_high_risk").value == 50.0
    assert part(figure, "not_at_gate").value == 1.0


def test_one_person_twice_is_one_person() -> None:
    figure = dual(an_approval(10, "ada"), an_approval(11, "ada"), a_standing(12), a_deploy(13))
    assert figure.value == 0.0


def test_one_person_by_key_and_by_session_is_one_person() -> None:
    signed, ada = an_approval(11, "ada"), Actor(iss="https://care.acme.example", sub="ada", kind=ActorKind.PERSON)
    by_session = replace(signed, record=replace(signed.record, actor=ada))
    assert dual(an_approval(10, "ada"), by_session, a_standing(12), a_deploy(13)).value == 0.0


def test_a_number_that_nobody_signed_for_is_not_believed() -> None:
    assert dual(a_standing(12, approvals=2), a_deploy(13)).value == 0.0


def test_a_signature_that_the_gate_did_not_count_does_not_count_here() -> None:
    figure = dual(an_approval(10, "ada"), an_approval(11, "eve"), a_standing(12, approvals=1), a_deploy(13))
    assert figure.value == 0.0


def test_approval_after_going_live_stands_apart_and_does_not_count() -> None:
    figure = dual(a_deploy(9), an_approval(10, "ada"), an_approval(11, "ben"), a_standing(12))
    assert figure.value == 0.0
    assert part(figure, "approved_later").value == 1.0


def test_a_standing_that_was_revoked_before_the_release_went_live_does_not_count() -> None:
    revoked = an_entry("release.revoked", 12.5, data={"lock": "sha256:" + "b" * 64, "reason": "found wanting"})
    figure = dual(an_approval(10, "ada"), an_approval(11, "ben"), a_standing(12), revoked, a_deploy(13))
    assert figure.value == 0.0


def test_inside_an_envelope_two_are_not_required_and_the_second_figure_tells() -> None:
    figure = dual(
        a_decision(10, required=1), an_approval(11, "ada"), a_standing(12, approvals=1, required=1), a_deploy(13)
    )
    assert figure.reason is NullReason.NO_ACTIVITY
    assert (part(figure, "all_high_risk").value, part(figure, "all_high_risk").n) == (0.0, 1)


def test_restoring_an_earlier_release_by_a_plan_is_no_new_release() -> None:
    figure = dual(*an_approved_release(10), a_deploy(20, lock=OLD, plan="p1"))
    assert figure.n == 1


def test_deploying_the_same_release_again_is_counted_once() -> None:
    assert dual(*an_approved_release(10), a_deploy(20), a_deploy(30)).n == 1


def test_a_low_tier_is_not_asked_and_an_unknown_one_is_said() -> None:
    figure = dual(a_deploy(10, system="shop"), a_deploy(11, system="unheard-of"))
    assert figure.reason is NullReason.NO_ACTIVITY
    assert figure.left_out == {"unknown_tier": 1}


def test_r78_releases_inside_an_envelope_are_counted_apart_and_ask_for_nobody() -> None:
    standing = a_standing(12, required=0)
    data = {**standing.record.data, "request": None, "envelope": "sha256:" + "e" * 64}
    figure = dual(
        a_decision(11, required=0), replace(standing, record=replace(standing.record, data=data)), a_deploy(13)
    )
    assert figure.reason is NullReason.NO_ACTIVITY
    assert part(figure, "in_envelope").value == 1.0


def test_r37_emergencies_are_counted_and_their_later_approval_stands_apart() -> None:
    standing = a_standing(12, approvals=0)
    data = {**standing.record.data, "request": None, "emergency": "01a2"}
    figure = dual(
        a_decision(11, "wait"),
        replace(standing, record=replace(standing.record, data=data)),
        a_deploy(13),
        an_approval(14, "ada", name="review"),
        an_approval(15, "ben", name="review"),
        a_standing(16, name="review"),
    )
    assert figure.value == 0.0
    assert (part(figure, "emergency").value, part(figure, "approved_later").value) == (1.0, 1.0)
