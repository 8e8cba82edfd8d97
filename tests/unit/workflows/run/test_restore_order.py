"""Letting go of a containment: the right to restore, from tier high on two people's grant, used up once (R41, R50)."""

from __future__ import annotations

import pytest
from test_automation_orders import HUMAN, PLACE, Duty

from careloop.domain.deployment import ServeRelease
from careloop.domain.matter import MatterKind
from careloop.domain.system import SafeStateKind
from careloop.errors import Refused
from careloop.ledger.record import uuid7
from careloop.plans.orders import Order
from careloop.testing.approval_keys_fake import ApprovalKeysFake
from careloop.workflows.run.approve_request import approve_request
from careloop.workflows.run.ask_matter import MatterAsk, ask_matter
from careloop.workflows.run.enter_safe_state import enter_safe_state, plan_rollback, plan_safe_state, plan_undo
from careloop.workflows.run.execute_plan import execute_plan
from careloop.workflows.run.give_approval import ApprovalAsk
from careloop.workflows.run.release_desk import read_governance
from careloop.workflows.run.restore_order import restore_in, use_restore_grant
from careloop.workflows.run.watch_desk import hands_of

POSTS = """
  - {id: duty, title: Duty, function: operations, holders: [cy], authorities: [restore]}
  - {id: resilience, title: Resilience, function: operations, holders: [val], authorities: [restore]}
"""


class Contained(Duty):
    """Release 1.0 answered, and the safe state took over."""

    def __init__(self, tier: str = "very_high") -> None:
        super().__init__()
        self.write_roles(extra=POSTS)
        self.edit("systems/credit/system.yaml", "tier: very_high", f"tier: {tier}")
        self.commit("req@harbour.example", touching=["roles.yaml"])
        self.one = self.deployed("1.0")
        self.contain()

    def contain(self) -> None:
        self.later(minutes=5)
        signed = self.signed("safe_state")
        order = Order(id=signed.id, by=signed.person, reason=signed.reason, proof=signed.proof)
        hands = hands_of(self.watch_desk, PLACE, now=self.now, actor=signed.actor)
        enter_safe_state(hands, PLACE, order, declared=SafeStateKind.HUMAN, now=self.now)

    def let_go(self, person: str = "cy") -> None:
        """What `care rollback --to` does."""
        signed = self.signed("rollback", person, about={"to": self.one})
        order = Order(id=signed.id, by=signed.person, reason=signed.reason, proof=signed.proof)
        plan = plan_rollback(self.ledger, PLACE, order, to=self.one, now=self.now)
        restore = restore_in(plan, undo=False)
        assert restore is not None, "leaving a safe state is a restore"
        use_restore_grant(restore, signed, read_governance(self.desk, self.now), self.ledger, self.now)
        hands = hands_of(self.watch_desk, PLACE, now=self.now, actor=signed.actor)
        execute_plan(plan, hands=hands, now=self.now, proof=signed.proof)

    def asked(self) -> str:
        ask = MatterAsk(kind=MatterKind.RESTORE, id="credit:production:", requester="req")
        return ask_matter(ask, self.desk, self.now).asked.digest

    def agree(self, request: str, *people: str) -> None:
        for person in people:
            approve_request(ApprovalAsk(request, "Refusals are normal"), self.desk, ApprovalKeysFake(person), self.now)


def test_r41_a_very_high_system_is_let_go_by_two_people_and_once() -> None:
    shop = Contained()
    assert shop.answers == HUMAN
    with pytest.raises(Refused, match="this takes two people"):
        shop.let_go()
    request = shop.asked()
    shop.agree(request, "cy")
    with pytest.raises(Refused, match="has not been granted"):
        shop.let_go()
    shop.agree(request, "val")
    shop.let_go()
    assert shop.answers == ServeRelease(shop.one)
    shop.contain()
    with pytest.raises(Refused, match="says something else than what was granted"):
        shop.let_go()
    assert shop.answers == HUMAN


def test_r41_a_grant_that_was_used_serves_no_second_order() -> None:
    shop = Contained()
    shop.agree(shop.asked(), "cy", "val")
    plan = plan_rollback(
        shop.ledger, PLACE, Order(id=uuid7(0, bytes(10)), by="cy", reason="R"), to=shop.one, now=shop.now
    )
    restore = restore_in(plan, undo=False)
    assert restore is not None
    governance = read_governance(shop.desk, shop.now)
    use_restore_grant(restore, shop.signed("rollback", "cy"), governance, shop.ledger, shop.now)
    with pytest.raises(Refused, match="has been used"):
        use_restore_grant(restore, shop.signed("rollback", "val"), governance, shop.ledger, shop.now)


def test_r50_letting_go_takes_the_right_to_restore_whatever_the_order_is_called() -> None:
    shop = Contained("medium")
    with pytest.raises(Refused, match="no post of ada carries restore"):
        shop.let_go("ada")
    shop.let_go("cy")
    assert shop.answers == ServeRelease(shop.one)


def test_a_release_that_was_approved_before_does_not_come_back_by_a_deploy() -> None:
    shop = Contained()
    with pytest.raises(Refused, match="was approved before"):
        shop.deploy(shop.one)
    assert shop.answers == HUMAN
    shop.later(minutes=1)
    two = shop.deployed("2.0")
    assert shop.answers == ServeRelease(two)


def test_containing_is_no_restore_and_undoing_always_is_one() -> None:
    shop = Duty()
    one = shop.deployed("1.0")
    shop.deployed("2.0")
    order = Order(id=uuid7(0, bytes(10)), by="cy", reason="R")
    contain = plan_safe_state(shop.ledger, PLACE, order, declared=SafeStateKind.HUMAN)
    assert restore_in(contain, undo=False) is None
    assert restore_in(plan_undo(shop.ledger, PLACE, order, now=shop.now), undo=True) is not None
    back = plan_rollback(shop.ledger, PLACE, order, to=one, now=shop.now)
    assert restore_in(back, undo=False) is None
