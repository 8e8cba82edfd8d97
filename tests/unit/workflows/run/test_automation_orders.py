"""What people order: a rollback, its undoing, the safe state, a pause; signed, with the authority, and recorded."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from release_scene import Scene

from careloop.adapters.numpy_counts import NumpyCounts
from careloop.domain.deployment import ServeRelease, ServeSafeState
from careloop.domain.release_lock import Presence
from careloop.domain.system import SafeStateKind
from careloop.errors import Conflict, InvalidInput, NotFound, Refused
from careloop.gates.request import statement_digest
from careloop.ledger.ssh_signature import read_ssh_key, verify_ssh_signature
from careloop.plans.orders import Order
from careloop.plans.progress import StepOutcome
from careloop.testing.approval_keys_fake import ApprovalKeysFake, line_of
from careloop.testing.deployer_fake import DeployerFake
from careloop.testing.lake_fake import LakeFake
from careloop.testing.pager_fake import PagerFake
from careloop.workflows.run.deploy_release import Deployed, deploy_release
from careloop.workflows.run.enter_safe_state import (
    Place,
    enter_safe_state,
    plan_rollback,
    plan_safe_state,
    plan_undo,
    serving_now,
)
from careloop.workflows.run.execute_plan import Executed, execute_plan
from careloop.workflows.run.pause_automation import pause_automation, paused_now, resume_automation
from careloop.workflows.run.revoke_release import RevokeAsk, revoke_release
from careloop.workflows.run.signed_order import ORDER_NAMESPACE, OrderAsk, SignedOrder, sign_order
from careloop.workflows.run.watch_desk import WatchDesk, hands_of

PLACE = Place(system="credit", environment="production")
HUMAN = ServeSafeState(SafeStateKind.HUMAN)


class Duty(Scene):
    """The shop with a deployer and a pager; ada may kill, cy may also restore."""

    def __init__(self) -> None:
        super().__init__()
        self.deployer, self.pager = DeployerFake(), PagerFake()
        post = "\n  - {id: duty, title: Duty, function: operations, holders: [cy], authorities: [restore]}\n"
        self.files["roles.yaml"] += post.encode()
        self.commit()

    @property
    def watch_desk(self) -> WatchDesk:
        return WatchDesk(
            ledger=self.ledger,
            lake=LakeFake(),
            deployer=self.deployer,
            pager=self.pager,
            presence=lambda _: Presence.SAME,
            counting=NumpyCounts,
        )

    def deployed(self, version: str) -> str:
        """A release that went all the way and answers."""
        self.new_card(version)
        lock = self.released(version).digest
        self.deployer.releases.add(lock)
        self.later(hours=1)
        self.deploy(lock)
        return lock

    def deploy(self, lock: str) -> Deployed:
        return deploy_release(lock, PLACE, hands_of(self.watch_desk, PLACE, now=self.now), now=self.now, because="plan")

    def signed(self, action: str, *holders: str, **changed: Any) -> SignedOrder:
        ask = OrderAsk(**{"action": action, "reason": "Refusals doubled", "system": "credit", **changed})
        self.later(minutes=1)
        return sign_order(ask, self.desk, ApprovalKeysFake(*(holders or ("ada",))), self.now)

    def ordered(self, action: str, *holders: str, to: str | None = None) -> Executed:
        signed = self.signed(action, *holders)
        order = Order(id=signed.id, by=signed.person, reason=signed.reason, proof=signed.proof)
        hands = hands_of(self.watch_desk, PLACE, now=self.now, actor=signed.actor)
        if action == "safe_state":
            return enter_safe_state(hands, PLACE, order, declared=SafeStateKind.HUMAN, now=self.now)
        plan = (
            plan_undo(self.ledger, PLACE, order, now=self.now)
            if to is None
            else plan_rollback(self.ledger, PLACE, order, to=to, now=self.now)
        )
        return execute_plan(plan, hands=hands, now=self.now, proof=order.proof)

    @property
    def answers(self) -> Any:
        return self.deployer.answers.get(("credit", "production"))


def an_order(**changed: Any) -> Order:
    return Order(**{"id": "01900000-0000-7000-8000-000000000001", "by": "ada", "reason": "because", **changed})


def test_a_person_rolls_back_and_the_ledger_keeps_their_signature() -> None:
    duty = Duty()
    one, two = duty.deployed("1.0"), duty.deployed("2.0")
    done = duty.ordered("rollback", to=one)
    assert duty.answers == ServeRelease(one)
    assert not done.over, "the traffic has not shown it yet"
    (decided,) = duty.ledger.query(type="plan.decided")
    data: Any = decided.record.data
    digest = statement_digest(dict(data["statement"]))
    verify_ssh_signature(
        data["signature"], digest.encode(), allowed=[read_ssh_key(line_of("ada"))], namespace=ORDER_NAMESPACE
    )
    assert (data["statement"]["person"], data["statement"]["action"]) == ("ada", "rollback")
    assert decided.record.actor.sub == "ada"
    deployed = [entry.record for entry in duty.ledger.query(type="deploy.done")]
    assert [record.data["lock"] for record in deployed] == [one, two, one]


def test_undo_brings_back_what_answered_before_and_pages_that_it_loosens() -> None:
    duty = Duty()
    one, two = duty.deployed("1.0"), duty.deployed("2.0")
    duty.ordered("rollback", to=one)
    duty.ordered("undo", "cy")
    assert duty.answers == ServeRelease(two)
    assert any("To be reviewed within a day" in page.text for page in duty.pager.pages.values())


def test_the_declared_safe_state_takes_over_and_can_be_undone() -> None:
    duty = Duty()
    one = duty.deployed("1.0")
    assert duty.ordered("safe_state").over
    assert duty.answers == HUMAN
    assert [entry.record.data["state"] for entry in duty.ledger.query(type="safe_state.entered")] == ["human"]
    duty.ordered("undo", "cy")
    assert duty.answers == ServeRelease(one)


@pytest.mark.parametrize(
    ("action", "holders"), [("rollback", ("bob",)), ("undo", ("ada",)), ("resume", ("ada",)), ("pause", ("dev",))]
)
def test_an_order_takes_the_authority_for_it(action: str, holders: tuple[str, ...]) -> None:
    with pytest.raises(Refused, match="no post of"):
        Duty().signed(action, *holders)


def test_an_order_takes_a_key_a_reason_and_a_system_that_exists() -> None:
    duty = Duty()
    with pytest.raises(Refused):
        duty.signed("rollback", "stranger")
    with pytest.raises(InvalidInput):
        duty.signed("rollback", reason="  ")
    with pytest.raises(NotFound):
        duty.signed("rollback", system="nothing")


def test_a_release_without_standing_is_not_rolled_back_to() -> None:
    duty = Duty()
    one = duty.deployed("1.0")
    two = duty.deployed("2.0")
    with pytest.raises(Refused, match="has no standing"):
        duty.ordered("rollback", to="sha256:" + "0" * 64)
    revoke_release(RevokeAsk(one, "production", "It leaks"), duty.desk, ApprovalKeysFake("ada"), duty.now)
    with pytest.raises(Refused, match="was revoked: It leaks"):
        duty.ordered("rollback", to=one)
    with pytest.raises(Refused, match="was revoked"):
        plan_undo(duty.ledger, PLACE, an_order(), now=duty.now)
    assert duty.answers == ServeRelease(two)


def test_rolling_back_to_what_answers_is_a_conflict_and_nothing_can_be_undone_before_a_switch() -> None:
    duty = Duty()
    with pytest.raises(NotFound):
        plan_undo(duty.ledger, PLACE, an_order(), now=duty.now)
    one = duty.deployed("1.0")
    with pytest.raises(Conflict):
        plan_rollback(duty.ledger, PLACE, an_order(), to=one, now=duty.now)
    with pytest.raises(NotFound, match="no switch to undo"):
        plan_undo(duty.ledger, PLACE, an_order(), now=duty.now)
    with pytest.raises(InvalidInput):
        plan_rollback(duty.ledger, PLACE, an_order(reason=""), to=one, now=duty.now)


@pytest.mark.parametrize("declared", [None, SafeStateKind.PREVIOUS_RELEASE])
def test_a_safe_state_that_is_not_declared_cannot_be_entered(declared: SafeStateKind | None) -> None:
    duty = Duty()
    duty.deployed("1.0")
    with pytest.raises(NotFound):
        plan_safe_state(duty.ledger, PLACE, an_order(), declared=declared)


def test_an_altered_target_is_refused_and_what_answered_goes_on() -> None:
    duty = Duty()
    one, two = duty.deployed("1.0"), duty.deployed("2.0")
    duty.deployer.altered.add(one)
    done = duty.ordered("rollback", to=one)
    assert [each.outcome for each in done.done if each.place == "steps/2"] == [StepOutcome.FAILED]
    assert duty.answers == ServeRelease(two)
    assert any("is not contained" in page.text for page in duty.pager.pages.values())


def test_only_a_release_with_standing_is_deployed_and_only_once() -> None:
    duty = Duty()
    with pytest.raises(Refused, match="no standing"):
        duty.deploy("sha256:" + "0" * 64)
    one = duty.deployed("1.0")
    size = duty.ledger.size()
    assert duty.deploy(one).switched is None
    assert duty.ledger.size() == size
    serving = serving_now(duty.ledger, PLACE)
    assert serving is not None
    assert serving.served == ServeRelease(one)


def test_a_deployment_that_would_leave_no_way_back_says_so() -> None:
    duty = Duty()
    duty.new_card("1.0")
    lock = duty.released("1.0").digest
    duty.deployer.releases.add(lock)
    assert "no rollback target" in str(duty.deploy(lock).warning)
    duty.new_card("2.0")
    duty.later(hours=1)
    second = duty.released("2.0").digest
    duty.deployer.releases.add(second)
    duty.later(hours=1)
    assert duty.deploy(second).warning is None


def test_a_deployment_cut_short_before_its_record_is_finished_by_the_next() -> None:
    duty = Duty()
    duty.new_card("1.0")
    lock = duty.released("1.0").digest
    duty.deployer.releases.add(lock)
    hands = hands_of(duty.watch_desk, PLACE, now=duty.now)
    duty.deployer.switch(_same_order(duty, lock))
    assert duty.deploy(lock).switched is not None
    assert len(duty.deployer.orders) == 1
    assert len(list(hands.ledger.query(type="deploy.done"))) == 1


def _same_order(duty: Duty, lock: str) -> Any:
    """The order that a first attempt gave before it was killed."""
    other, seen = Duty(), []
    other.ledger, other.repository, other.files = duty.ledger, duty.repository, duty.files

    class Killed(Exception):
        pass

    class Taking(DeployerFake):
        def switch(self, order: Any) -> Any:
            seen.append(order)
            raise Killed

    other.deployer = Taking()
    with pytest.raises(Killed):
        deploy_release(lock, PLACE, hands_of(other.watch_desk, PLACE, now=duty.now), now=duty.now, because="plan")
    return seen[0]


def test_automation_is_paused_and_resumed_by_people_who_say_why() -> None:
    duty = Duty()
    order = duty.signed("pause", "ada")
    pause_automation(duty.ledger, order, system="credit", now=duty.now)
    pause = paused_now(duty.ledger, system="credit", now=duty.now)
    assert pause is not None
    assert (pause.by, pause.reason) == ("ada", "Refusals doubled")
    resumed = duty.signed("resume", "cy")
    resume_automation(duty.ledger, resumed, system="credit", now=duty.now)
    assert paused_now(duty.ledger, system="credit", now=duty.now) is None
    with pytest.raises(Conflict):
        resume_automation(duty.ledger, duty.signed("resume", "cy"), system="credit", now=duty.now)


def test_a_pause_may_end_by_itself_and_not_before_it_begins() -> None:
    duty = Duty()
    order = duty.signed("pause", "ada")
    end = duty.now + timedelta(hours=2)
    pause_automation(duty.ledger, order, system="credit", now=duty.now, until=end)
    assert paused_now(duty.ledger, system="credit", now=end - timedelta(seconds=1)) is not None
    assert paused_now(duty.ledger, system="credit", now=end) is None
    with pytest.raises(InvalidInput):
        pause_automation(duty.ledger, duty.signed("pause", "ada"), system="credit", now=duty.now, until=duty.now)
