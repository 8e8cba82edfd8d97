"""Tell automation to do nothing but page, and to act again (SEMANTICS 24)."""

from __future__ import annotations

from datetime import datetime

from careloop.errors import Conflict, InvalidInput
from careloop.ledger.canonical import instant_text
from careloop.plans.automation_history import Pause, pause_in_force
from careloop.ports.ledger import Json, Ledger, Receipt, Record, Subject
from careloop.workflows.run.automation_log import automation_entries
from careloop.workflows.run.signed_order import SignedOrder

__all__ = ["pause_automation", "paused_now", "resume_automation"]

_CONTROLS = ("iso42001:2023/A.6.2.6",)


def pause_automation(
    ledger: Ledger, order: SignedOrder, *, system: str | None, now: datetime, until: datetime | None = None
) -> Receipt:
    """From now on automation only pages for this system, or for all when none is named; until somebody resumes it.

    Raises `InvalidInput` for a pause that is over before it begins.
    """
    if until is not None and until <= now:
        raise InvalidInput(f"a pause until {until.isoformat()} is over already")
    end = None if until is None else instant_text(until)
    data: dict[str, Json] = {"system": system, "reason": order.reason, "until": end, **order.proof}
    return _recorded(ledger, order, "automation.paused", data=data, now=now)


def resume_automation(ledger: Ledger, order: SignedOrder, *, system: str | None, now: datetime) -> Receipt:
    """From now on automation acts again. `Conflict` when it was not paused."""
    if system is not None and paused_now(ledger, system=system, now=now) is None:
        raise Conflict(f"automation of {system} is not paused")
    data: dict[str, Json] = {"system": system, "reason": order.reason, **order.proof}
    return _recorded(ledger, order, "automation.resumed", data=data, now=now)


def paused_now(ledger: Ledger, *, system: str, now: datetime) -> Pause | None:
    """The pause that holds for this system at `now`, if any."""
    return pause_in_force(automation_entries(ledger), system=system, now=now)


def _recorded(ledger: Ledger, order: SignedOrder, kind: str, *, data: dict[str, Json], now: datetime) -> Receipt:
    system = data["system"]
    record = Record(
        id=order.id,
        type=kind,
        actor=order.actor,
        occurred_at=now,
        data=data,
        subject=(Subject(name=f"systems/{system}"),) if isinstance(system, str) else (),
        controls=_CONTROLS,
    )
    return ledger.append([record], recorded_at=now)[0]
