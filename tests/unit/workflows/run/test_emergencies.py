"""Emergencies: at once, for a while, with an alarm, counted, and reviewed by others on a date (R37; SEMANTICS 18)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from release_scene import Scene

from careloop.domain.decision import Verdict
from careloop.domain.emergency import EmergencyKind
from careloop.domain.release_lock import ReleaseLock
from careloop.errors import NotFound, Refused
from careloop.ledger.note import Signer
from careloop.testing.approval_keys_fake import ApprovalKeysFake
from careloop.testing.pager_fake import PagerFake
from careloop.workflows.emergencies import calls_in_force, emergencies_of
from careloop.workflows.run.approve_request import approve_request
from careloop.workflows.run.attest import summary_of
from careloop.workflows.run.emergency_release import EmergencyAsk, WentAhead, release_in_emergency
from careloop.workflows.run.give_approval import ApprovalAsk, Approved
from careloop.workflows.run.release_desk import ReleaseDesk
from careloop.workflows.run.release_records import standings_of
from careloop.workflows.run.signed_order import OrderAsk, sign_order
from careloop.workflows.run.take_call import CallAsk, Taken, take_call

BREAK = EmergencyKind.BREAK_GLASS
POSTS = """\
  - {id: duty, title: Duty, function: operations, holders: [cy], authorities: [break_glass]}
  - {id: operations, title: Operations, function: operations, authorities: [rollback, kill]}
on_call:
  - {post: operations, people: [val, ada], authorities: [rollback], at_most: PT8H}
"""


class Night(Scene):
    """The shop at night: cy may break the glass, val and ada may be on call for operations."""

    def __init__(self, **options: str) -> None:
        super().__init__(**options)
        self.pager = PagerFake()
        self.write_roles(extra=POSTS)
        self.commit("req@harbour.example", touching=["roles.yaml"])

    def waiting(self, *, validated: bool = True) -> ReleaseLock:
        lock = self.lock()
        if validated:
            self.validate(lock)
        self.gate(lock)
        return lock

    def go(self, lock: ReleaseLock, person: str, kind: EmergencyKind = EmergencyKind.EMERGENCY) -> WentAhead:
        ask = EmergencyAsk(kind=kind, lock=lock.digest, environment="production", reason="People cannot pay")
        return release_in_emergency(ask, self.desk, ApprovalKeysFake(person), self.pager, self.now)

    def agree(self, request: str, person: str) -> Approved:
        return approve_request(ApprovalAsk(request, "It was right"), self.desk, ApprovalKeysFake(person), self.now)

    def call(self, person: str, **changes: object) -> Taken:
        fields: dict[str, object] = {"post": "operations", "span": timedelta(hours=4), "reason": "On a train"}
        return take_call(CallAsk(**(fields | changes)), self.desk, ApprovalKeysFake(person), self.now)  # type: ignore[arg-type]


def test_r37_an_emergency_release_stands_at_once_for_a_while_and_not_longer() -> None:
    night = Night()
    lock = night.waiting()
    done = night.go(lock, "ada")
    (standing,) = standings_of(night.ledger, "credit", now=night.now)
    assert (standing.valid, standing.until) == (True, night.now + timedelta(days=3))
    assert standings_of(night.ledger, "credit", now=night.now + timedelta(days=3))[0].valid
    late = standings_of(night.ledger, "credit", now=night.now + timedelta(days=3, seconds=1))[0]
    assert (late.valid, late.revoked_because) == (False, "the time of an emergency release was over")
    assert done.emergency.review_due == night.now + timedelta(days=1)
    assert night.gate(lock).decision.verdict is Verdict.WAIT


@pytest.mark.parametrize(
    ("person", "words"), [("req", "asked for this"), ("dev", "wrote or"), ("val", "carries approve")]
)
def test_r37_only_somebody_who_could_approve_it_says_go(person: str, words: str) -> None:
    night = Night()
    with pytest.raises(Refused, match=words):
        night.go(night.waiting(), person)


def test_r37_an_emergency_spares_approvals_and_nothing_else() -> None:
    night = Night()
    with pytest.raises(Refused, match="lacks nothing but approvals"):
        night.go(night.waiting(validated=False), "ada")


def test_breaking_the_glass_goes_against_the_gate_pages_and_says_what_it_overrode() -> None:
    night = Night()
    done = night.go(night.waiting(validated=False), "cy", BREAK)
    assert any("validated by somebody who did not build it" in one for one in done.emergency.overrides)
    (page,) = night.pager.pages.values()
    assert (page.urgency.value, page.severity, done.paged) == ("page", "sev1", True)
    assert "cy let release" in page.text
    assert night.types().count("page.sent") == 1


def test_the_glass_is_broken_even_when_nobody_can_be_paged_and_that_is_said() -> None:
    night = Night()
    night.pager.out_of_reach = True
    assert not night.go(night.waiting(), "cy", BREAK).paged
    assert standings_of(night.ledger, "credit", now=night.now)[0].valid


def test_breaking_the_glass_takes_its_own_authority() -> None:
    night = Night()
    with pytest.raises(Refused, match="carries break_glass"):
        night.go(night.waiting(), "ada", BREAK)


def test_nothing_overrides_changed_bytes_nor_is_broken_without_need() -> None:
    night = Night()
    lock = night.waiting()
    night.artefacts.files["models/credit/weights.bin"] = b"other"
    with pytest.raises(Refused, match="nobody overrides this"):
        night.go(lock, "cy", BREAK)
    calm = Night()
    released = calm.released()
    with pytest.raises(Refused, match="has standing"):
        calm.go(released, "cy", BREAK)


def test_r37_a_review_by_two_others_turns_it_into_a_standing_without_an_end() -> None:
    night = Night()
    done = night.go(night.waiting(), "ada")
    with pytest.raises(Refused, match="asked for this"):
        night.agree(done.review, "ada")
    assert night.agree(done.review, "bob").given == 1
    assert len(standings_of(night.ledger, "credit", now=night.now)) == 1
    night.write_roles(extra=POSTS.replace("[break_glass]", "[break_glass, approve_release]"))
    night.commit("req@harbour.example", touching=["roles.yaml"])
    assert night.agree(done.review, "cy").given == 2
    later = standings_of(night.ledger, "credit", now=night.now + timedelta(days=30))
    assert [(one.valid, one.until is None) for one in later] == [(False, False), (True, True)]
    assert emergencies_of(night.ledger)[0].reviewed_at == night.now


def test_r37_an_overdue_review_holds_the_next_release_until_it_is_made_up_for() -> None:
    night = Night(tier="medium")
    done = night.go(night.waiting(), "ada")
    night.later(days=1, minutes=1)
    night.new_card("2.0")
    lock = night.lock()
    held = night.gate(lock)
    assert held.request is None
    assert any("was to be reviewed" in one.message for one in held.decision.reasons)
    night.agree(done.review, "bob")
    assert night.gate(lock).request is not None


def test_authority_on_call_is_used_on_the_seat_of_the_post_for_hours_and_no_longer() -> None:
    night = Night()
    order = OrderAsk(action="rollback", reason="Refusals doubled", system="credit")
    with pytest.raises(Refused, match="no post of val"):
        sign_order(order, night.desk, ApprovalKeysFake("val"), night.now)
    night.call("val")
    assert sign_order(order, night.desk, ApprovalKeysFake("val"), night.now).person == "val"
    assert [one.post for one in calls_in_force(night.ledger, night.now)] == ["operations"]
    night.later(hours=4, seconds=1)
    with pytest.raises(Refused, match="no post of val"):
        sign_order(order, night.desk, ApprovalKeysFake("val"), night.now)


@pytest.mark.parametrize(
    ("person", "changes", "words"),
    [
        ("bob", {}, "does not list bob"),
        ("val", {"span": timedelta(hours=9)}, "PT8H at most"),
        ("val", {"authorities": ("kill",)}, "no kill of operations"),
        ("val", {"post": "security"}, "does not list val"),
    ],
)
def test_the_rota_says_who_may_take_what_and_for_how_long(person: str, changes: dict[str, object], words: str) -> None:
    with pytest.raises(Refused, match=words):
        Night().call(person, **changes)


def test_a_call_counts_no_more_once_the_rota_or_the_post_lacks_it() -> None:
    night = Night()
    night.call("val")
    night.write_roles(extra=POSTS.replace("people: [val, ada]", "people: [ada]"))
    night.commit("req@harbour.example", touching=["roles.yaml"])
    with pytest.raises(Refused, match="no post of val"):
        sign_order(
            OrderAsk(action="rollback", reason="R", system="credit"), night.desk, ApprovalKeysFake("val"), night.now
        )


def test_a_call_is_reviewed_the_next_day_by_somebody_else() -> None:
    night = Night()
    taken = night.call("ada")
    assert taken.call.review_due == night.now + timedelta(days=1)
    with pytest.raises(Refused, match="asked for this"):
        night.agree(taken.review, "ada")
    night.later(days=1, seconds=1)
    with pytest.raises(Refused, match="has not been reviewed in time"):
        night.call("ada")
    lock = night.lock()
    night.validate(lock)
    assert night.gate(lock).request is None
    assert night.agree(taken.review, "bob").required == 1
    assert night.gate(lock).request is not None
    assert night.call("ada").call.person == "ada"


class Attested(Night):
    """The shop, with a key that attests what the gate let pass."""

    @property
    def desk(self) -> ReleaseDesk:
        return replace(super().desk, attestor=Signer("test.example/care/gate", bytes(31) + b"\x01"))

    def has_summary(self, lock: ReleaseLock) -> bool:
        self.record(lock)
        try:
            return bool(summary_of(self.ledger, lock.digest, "production"))
        except NotFound:
            return False


def test_r37_what_went_ahead_in_an_emergency_has_no_summary() -> None:
    usual = Attested(tier="medium")
    lock = usual.waiting()
    usual.approve(usual.gate(lock).request_digest, "ada")
    assert usual.has_summary(lock)
    for kind, person, after_review in ((EmergencyKind.EMERGENCY, "ada", True), (BREAK, "cy", False)):
        night = Attested(tier="medium")
        lock = night.waiting()
        done = night.go(lock, person, kind)
        assert not night.has_summary(lock)
        night.agree(done.review, "bob")
        assert night.has_summary(lock) is after_review
