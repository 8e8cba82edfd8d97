"""A person's order to contain a system: its safe state, an earlier release, or back to what answered before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from careloop.domain.deployment import Serving
from careloop.domain.plan_steps import Plan
from careloop.domain.system import SafeStateKind
from careloop.errors import InvalidInput, NotFound, Refused
from careloop.plans.automation_history import serving_by_ledger
from careloop.plans.orders import Order, order_rollback, order_safe_state, order_undo
from careloop.ports.ledger import Ledger
from careloop.workflows.run.automation_log import automation_entries
from careloop.workflows.run.execute_plan import Executed, Hands, execute_plan
from careloop.workflows.run.watch_system import why_not_standing

__all__ = ["Place", "enter_safe_state", "plan_rollback", "plan_safe_state", "plan_undo", "serving_now"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Which system, where."""

    system: str
    environment: str


def serving_now(ledger: Ledger, place: Place) -> Serving | None:
    """What answers there, by the ledger."""
    return serving_by_ledger(automation_entries(ledger), system=place.system, environment=place.environment)


def plan_rollback(ledger: Ledger, place: Place, order: Order, *, to: str, now: datetime) -> Plan:
    """The plan of a rollback that a person orders; `Refused` when the release has no standing there."""
    _refuse_silent(order)
    _refuse_without_standing(ledger, place, to, now)
    return order_rollback(order, serving_now(ledger, place), to=to)


def plan_undo(ledger: Ledger, place: Place, order: Order, *, now: datetime) -> Plan:
    """The plan of taking the last switch back; the release before it must have standing still."""
    _refuse_silent(order)
    plan = order_undo(order, serving_now(ledger, place))
    for step in plan.steps:
        if step.step == "roll_back":
            _refuse_without_standing(ledger, place, step.to, now)
    return plan


def plan_safe_state(ledger: Ledger, place: Place, order: Order, *, declared: SafeStateKind | None) -> Plan:
    """The plan of entering the declared safe state at once; `NotFound` when the system declares none to enter."""
    _refuse_silent(order)
    if declared is None or declared is SafeStateKind.PREVIOUS_RELEASE:
        none = "declares no safe state" if declared is None else "has a previous release for its safe state"
        raise NotFound(f"{place.system} {none}", hint="declare safe_state in system.yaml, or use `care rollback --to`")
    serving = serving_now(ledger, place)
    if serving is None:
        raise NotFound(f"nothing was ever deployed for {place.system} in {place.environment}")
    return order_safe_state(order, serving, state=declared)


def enter_safe_state(
    hands: Hands, place: Place, order: Order, *, declared: SafeStateKind | None, now: datetime
) -> Executed:
    """Let the declared safe state take over at once."""
    plan = plan_safe_state(hands.ledger, place, order, declared=declared)
    return execute_plan(plan, hands=hands, now=now, proof=order.proof)


def _refuse_silent(order: Order) -> None:
    if not order.reason.strip():
        raise InvalidInput("say why: the reason is what others will read", hint="give --reason TEXT")


def _refuse_without_standing(ledger: Ledger, place: Place, lock: str, now: datetime) -> None:
    why_not = why_not_standing(ledger, system=place.system, environment=place.environment, now=now)(lock)
    if why_not is not None:
        raise Refused(why_not, hint="`care release standing` shows which releases may take over")
