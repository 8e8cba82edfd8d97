"""Let a release with standing answer, through the deployer, and record it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from careloop.domain.deployment import ServeRelease, ServeSafeState, Serving, Switched, SwitchOrder
from careloop.domain.release_lock import Presence
from careloop.errors import Refused
from careloop.gates.rollback_target import rollback_target
from careloop.ledger.record import uuid7
from careloop.plans.automation_history import serving_by_ledger
from careloop.plans.step_records import served_data
from careloop.ports.ledger import Record, Subject
from careloop.workflows.run.automation_log import automation_entries
from careloop.workflows.run.enter_safe_state import Place
from careloop.workflows.run.execute_plan import Hands
from careloop.workflows.run.release_records import standings_of

__all__ = ["Deployed", "deploy_release"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """The release answers."""

    lock: str
    switched: Switched | None
    """None when it answered before."""
    warning: str | None
    """Why there would be no rollback target, if there is none (SEMANTICS 13)."""


def deploy_release(lock: str, place: Place, hands: Hands, *, now: datetime, because: str) -> Deployed:
    """Let the release take over from whatever answers there now. Safe to repeat.

    Raises `Refused` without standing, and what the deployer raises.
    """
    why_not = hands.why_not(lock)
    if why_not is not None:
        raise Refused(why_not, hint="put it through `care gate` first")
    where = {"system": place.system, "environment": place.environment}
    serving = serving_by_ledger(automation_entries(hands.ledger), **where)
    warning = _warning(lock, place, hands, now)
    if serving is not None and serving.served == ServeRelease(lock):
        return Deployed(lock=lock, switched=None, warning=warning)
    if serving is not None and isinstance(serving.served, ServeSafeState):
        _refuse_quiet_restore(lock, serving, hands, now)
    before = "" if serving is None else serving.order
    order = SwitchOrder(
        id=_order_id(place, lock, before, None if serving is None else serving.since),
        **where,
        to=ServeRelease(lock),
        over=() if serving is None else (serving.served,),
        ordered_at=now,
        because=because,
    )
    switched = hands.deployer.switch(order)
    replaced = None if serving is None else served_data(serving.served)
    record = Record(
        id=order.id,
        type="deploy.done",
        actor=hands.actor,
        occurred_at=switched.switched_at,
        data={**where, "lock": lock, "order": order.id, "replaced": replaced, "because": because},
        subject=(Subject(name=f"systems/{place.system}"), Subject(name=f"releases/{lock}", digest=lock)),
        controls=("iso42001:2023/A.6.2.5",),
    )
    hands.ledger.append([record], recorded_at=now)
    return Deployed(lock=lock, switched=switched, warning=warning)


def _refuse_quiet_restore(lock: str, serving: Serving, hands: Hands, now: datetime) -> None:
    """A release that was approved before the containment comes back by an order to restore, not by a deploy."""
    standings = standings_of(hands.ledger, serving.system, now=now)
    mine = [one for one in standings if (one.lock, one.environment) == (lock, serving.environment) and one.valid]
    if all(one.since <= serving.since for one in mine):
        raise Refused(
            f"{serving.system} is in its safe state since {serving.since.isoformat(timespec='minutes')},"
            " and this release was approved before that",
            hint=f"let it answer again: care rollback {serving.system} --to {lock[:19]}",
        )


def _order_id(place: Place, lock: str, before: str, at: datetime | None) -> str:
    """The same for the same release in the place of the same deployment, so that a repeated order is known as such."""
    whole = "\0".join(("careloop/deploy/v1", place.system, place.environment, lock, before))
    return uuid7(0 if at is None else int(at.timestamp() * 1000), sha256(whole.encode()).digest()[:10])


def _warning(lock: str, place: Place, hands: Hands, now: datetime) -> str | None:
    standings = standings_of(hands.ledger, place.system, now=now)
    target = rollback_target(
        standings, environment=place.environment, instead_of=lock, presence=lambda _: Presence.SAME
    )
    return None if target.lock is not None else f"there would be no rollback target: {target.because}"
