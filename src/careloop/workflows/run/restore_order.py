"""Letting a release answer again after a containment: a right of its own, and from tier high on a grant by two people.

Stopping takes effect at once; letting go waits (SEMANTICS 8, 15; R41, R50). The grant names the containment that it
ends and the release that comes back; it is used up by the order that does so, so that a later one needs another.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from careloop.domain.deployment import ServeSafeState, served_name
from careloop.domain.matter import Grant
from careloop.domain.plan_steps import Plan, RollBack
from careloop.domain.tier import Tier
from careloop.errors import Conflict, NotFound, Refused
from careloop.gates.matters import restore_matter, why_no_grant
from careloop.ports.ledger import Ledger, Record
from careloop.workflows.grants import grants_of
from careloop.workflows.run.enter_safe_state import Place, serving_now
from careloop.workflows.run.matter_records import matter_subjects
from careloop.workflows.run.release_desk import Governance
from careloop.workflows.run.release_records import derived_id
from careloop.workflows.run.signed_order import SignedOrder

__all__ = ["Restore", "restore_in", "use_restore_grant"]

_RESTORE: Final = "restore"


@dataclass(frozen=True, slots=True, kw_only=True)
class Restore:
    """A plan that ends a containment."""

    place: Place
    to: str


def restore_in(plan: Plan, *, undo: bool) -> Restore | None:
    """What a person's plan lets go of; null when it contains, or changes one release for another."""
    for step in plan.steps:
        if isinstance(step, RollBack) and (undo or any(isinstance(one, ServeSafeState) for one in step.over)):
            return Restore(place=Place(system=plan.system, environment=plan.environment), to=step.to)
    return None


def use_restore_grant(
    restore: Restore, order: SignedOrder, governance: Governance, ledger: Ledger, now: datetime
) -> Grant | None:
    """Use the grant up that a restore takes; null where the tier takes none.

    Raises `Refused` for somebody without the right to restore, without a grant for exactly this, and when another
    order has used it.
    """
    people = governance.people
    if not people.seats(order.person, _RESTORE):
        raise Refused(f"no post of {order.person} carries {_RESTORE}, which letting go of a containment takes")
    system = governance.system(restore.place.system)
    if system.tier.rank < Tier.HIGH.rank:
        return None
    grant = _grant(restore, governance, ledger)
    record = Record(
        id=derived_id(int(grant.at.timestamp() * 1000), "use", grant.request),
        type="matter.used",
        actor=order.actor,
        occurred_at=now,
        data={"matter": grant.name, "request": grant.request, "order": order.id, "system": system.id},
        subject=matter_subjects(grant.name, system.id, grant.request),
        controls=("iso42001:2023/A.6.2.6",),
        refs=(grant.record,),
    )
    try:
        ledger.append([record], recorded_at=now)
    except Conflict as error:
        raise Refused(f"{grant.name} has been used by another order") from error
    return grant


def _grant(restore: Restore, governance: Governance, ledger: Ledger) -> Grant:
    place, system = restore.place, governance.system(restore.place.system)
    serving = serving_now(ledger, place)
    if serving is None:
        raise NotFound(f"nothing was ever deployed for {system.id} in {place.environment}")
    leaves = served_name(serving.served)
    matter = restore_matter(system, place.environment, leaves=leaves, contained_by=serving.order, to=restore.to)
    grants = grants_of(ledger, matter.name)
    why_not = why_no_grant(matter, grants, governance.on)
    if why_not is not None:
        raise Refused(
            f"at tier {system.tier.value} this takes two people: {why_not}",
            hint=f"care request restore {system.id} --to {restore.to} --environment {place.environment}",
        )
    return grants[-1]
