"""Plans that a person orders, without an alarm: another release, or the safe state, takes over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from careloop.domain.deployment import Served, ServeRelease, ServeSafeState, Serving, served_name
from careloop.domain.plan_steps import (
    EnterSafeState,
    HoldEvidence,
    Notify,
    OpenIncident,
    Plan,
    PlanKind,
    RollBack,
    Step,
    Urgency,
    VerifyRollback,
)
from careloop.domain.system import SafeStateKind
from careloop.errors import Conflict, NotFound, Refused
from careloop.plans.decide import PlanTerms
from careloop.plans.identity import plan_id
from careloop.ports.ledger import Json

__all__ = ["Order", "order_rollback", "order_safe_state", "order_undo"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Who orders it, why, and the id from which the plan's follow."""

    id: str
    """UUIDv7."""
    by: str
    reason: str
    proof: Mapping[str, Json] = field(default_factory=dict)
    """The signed statement behind it, to be recorded with the plan."""
    severity: str = "sev2"
    least_n: int = 1
    """Least number of served events before the rollback counts as verified."""


def order_rollback(order: Order, serving: Serving | None, *, to: str, terms: PlanTerms | None = None) -> Plan:
    """Let release `to` take over from what answers now. `Conflict` when it answers already."""
    if serving is None:
        raise NotFound("nothing was ever deployed there, so there is nothing to roll back from")
    if serving.served == ServeRelease(to):
        raise Conflict(f"{served_name(serving.served)} answers already")
    bounds = terms or PlanTerms()
    left = serving.served.lock if isinstance(serving.served, ServeRelease) else serving.served.state.value
    verify = VerifyRollback(
        left=left,
        to=to,
        claim=None,
        share=bounds.share,
        least_n=order.least_n,
        within_s=bounds.verify_within_s,
        recover_within_s=bounds.recover_within_s,
    )
    text = f"{serving.system}: {served_name(ServeRelease(to))} takes over from {served_name(serving.served)}"
    steps: tuple[Step, ...] = (
        _hold(order, serving.served, ServeRelease(to)),
        RollBack(to=to, over=(serving.served,)),
        Notify(
            urgency=Urgency.NOTICE,
            severity=order.severity,
            text=f"{text}, ordered by {order.by}: {order.reason}",
        ),
        verify,
    )
    return _plan(order, serving, PlanKind.ROLLBACK, steps)


def order_undo(order: Order, serving: Serving | None, *, terms: PlanTerms | None = None) -> Plan:
    """Take the last switch back: the release that answered before it answers again, and people are paged.

    Undoing a containment loosens (SEMANTICS 8), so it is never quiet. Raises `NotFound` without a switch to undo, and
    `Refused` when a safe state answered before.
    """
    if serving is None or serving.replaced is None:
        raise NotFound("there is no switch to undo")
    if not isinstance(serving.replaced, ServeRelease):
        raise Refused(f"{served_name(serving.replaced)} answered before; enter it as a safe state, not by undo")
    plan = order_rollback(order, serving, to=serving.replaced.lock, terms=terms)
    text = f"{serving.system}: the switch to {served_name(serving.served)} is undone by {order.by}: {order.reason}"
    page = Notify(urgency=Urgency.PAGE, severity=order.severity, text=f"{text}. To be reviewed within a day")
    steps = tuple(page if isinstance(step, Notify) else step for step in plan.steps)
    return _plan(order, serving, PlanKind.ROLLBACK, steps)


def order_safe_state(order: Order, serving: Serving, *, state: SafeStateKind) -> Plan:
    """Let the declared safe state take over at once."""
    if isinstance(serving.served, ServeSafeState):
        raise Conflict(f"{served_name(serving.served)} answers already")
    title = f"{serving.system}: the safe state '{state.value}' takes over, ordered by {order.by}: {order.reason}"
    steps: tuple[Step, ...] = (
        _hold(order, serving.served, None),
        EnterSafeState(state=state, over=(serving.served,)),
        Notify(urgency=Urgency.PAGE, severity=order.severity, text=title),
        OpenIncident(severity=order.severity, title=title, rows=None),
    )
    return _plan(order, serving, PlanKind.SAFE_STATE, steps)


def _hold(order: Order, *served: Served | None) -> HoldEvidence:
    items = tuple(f"release {each.lock}" for each in served if isinstance(each, ServeRelease))
    return HoldEvidence(reason=order.reason, items=(*items, "logs"), rows=None)


def _plan(order: Order, serving: Serving, kind: PlanKind, steps: tuple[Step, ...]) -> Plan:
    return Plan(
        id=plan_id(order.id),
        system=serving.system,
        environment=serving.environment,
        kind=kind,
        because=f"it is ordered by {order.by}: {order.reason}",
        steps=steps,
    )
