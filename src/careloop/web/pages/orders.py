"""Orders to what runs: safe state, rollback, undo, pause, resume; signed in the person's name after a step-up."""

from __future__ import annotations

from contextlib import closing
from typing import Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from careloop import wiring
from careloop.domain.plan_steps import Plan
from careloop.errors import CareloopError, InvalidInput, NotFound, Refused
from careloop.plans.orders import Order
from careloop.plans.progress import StepOutcome
from careloop.ports.ledger import Ledger
from careloop.ports.session_voucher import SessionVoucher
from careloop.web.door import visitor_of
from careloop.web.pages.refusals import problem, unknown
from careloop.web.site import board, place
from careloop.web.stepping_up import proven_session, stepped_up_or_redirect
from careloop.workflows.run.enter_safe_state import Place, plan_rollback, plan_safe_state, plan_undo
from careloop.workflows.run.execute_plan import execute_plan
from careloop.workflows.run.pause_automation import pause_automation, resume_automation
from careloop.workflows.run.release_desk import Governance, ReleaseDesk, read_governance
from careloop.workflows.run.restore_order import restore_in, use_restore_grant
from careloop.workflows.run.signed_order import OrderAsk, SignedOrder, sign_order
from careloop.workflows.run.watch_desk import hands_of

__all__ = ["ORDERS", "order", "voucher_of"]

ORDERS: Final = {
    "safe_state": "The safe state takes over",
    "rollback": "An earlier release takes over",
    "undo": "What answered before comes back",
    "pause": "Automation is paused: alarms page, and nothing acts by itself",
    "resume": "Automation acts again",
}
"""What may be ordered from a system's page, and what it then says."""
_ENVIRONMENT: Final = "production"


def voucher_of(request: HttpRequest) -> SessionVoucher:
    """The server's word for who is in this session. Raises `Refused` for an account that is nobody of roles.yaml."""
    person = visitor_of(request).person
    session = proven_session(request, person.id) if person is not None else None
    if session is None:
        raise Refused("your account is nobody of roles.yaml, so nothing can be signed in your name")
    return wiring.session_voucher(place().root, session)


def order(request: HttpRequest, name: str) -> HttpResponse:
    """Carry out one order; what comes of it is on the system's page and in the ledger."""
    back = reverse("system", args=[name])
    later = stepped_up_or_redirect(request, back=back)
    if later is not None:
        return later
    action, reason = request.POST.get("action", ""), request.POST.get("reason", "").strip()
    to = request.POST.get("to", "") or None
    try:
        if action not in ORDERS:
            raise InvalidInput(f"'{action[:40]}' is no order")
        failed = _carry_out(request, name, action, reason, to)
    except NotFound as error:
        return unknown(request, error)
    except CareloopError as error:
        return problem(request, error)
    board().renew()
    if failed:
        messages.error(request, f"The order was recorded and did not take effect: {failed}")
    else:
        messages.success(request, f"{ORDERS[action]}. The ledger holds the order with your name.")
    return redirect(back)


def _carry_out(request: HttpRequest, system: str, action: str, reason: str, to: str | None) -> str:
    """Sign, plan and execute; what failed, in a sentence, or nothing."""
    root, now = place().root, wiring.now()
    about = {"to": to} if action == "rollback" and to else {}
    ask = OrderAsk(action=action, reason=reason, system=system, environment=_ENVIRONMENT, about=about)
    with wiring.release_desk(root, {}) as desk:
        signed = sign_order(ask, desk, voucher_of(request), now)
        if action == "pause":
            pause_automation(desk.ledger, signed, system=system, now=now, until=None)
            return ""
        if action == "resume":
            resume_automation(desk.ledger, signed, system=system, now=now)
            return ""
        return _switch(desk, signed, Place(system=system, environment=_ENVIRONMENT), to)


def _switch(desk: ReleaseDesk, signed: SignedOrder, at: Place, to: str | None) -> str:
    root, now = place().root, wiring.now()
    governance = read_governance(desk, now)
    plan = _plan(desk.ledger, governance, at, signed, to)
    restore = restore_in(plan, undo=_action(signed) == "undo")
    if restore is not None:
        use_restore_grant(restore, signed, governance, desk.ledger, now)
    with closing(wiring.lake(root)) as lake:
        hands = hands_of(wiring.watch_desk(root, desk.ledger, lake), at, now=now, actor=signed.actor)
        done = execute_plan(plan, hands=hands, now=now, proof=signed.proof).done
    return "; ".join(one.detail for one in done if one.outcome is StepOutcome.FAILED)


def _plan(ledger: Ledger, governance: Governance, at: Place, signed: SignedOrder, to: str | None) -> Plan:
    told = Order(id=signed.id, by=signed.person, reason=signed.reason, proof=signed.proof)
    action = _action(signed)
    if action == "rollback":
        if to is None:
            raise InvalidInput("name the release that is to take over")
        return plan_rollback(ledger, at, told, to=to, now=governance.now)
    if action == "undo":
        return plan_undo(ledger, at, told, now=governance.now)
    declared = governance.system(at.system).safe_state
    return plan_safe_state(ledger, at, told, declared=None if declared is None else declared.kind)


def _action(signed: SignedOrder) -> str:
    return str(signed.proof["statement"]["action"])  # type: ignore[index, call-overload]
