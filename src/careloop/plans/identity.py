"""Ids that follow from what they name: the same alarm always has the same record, the same plan and the same steps.

So nothing happens twice: whoever runs a plan again, after a crash or beside another process, writes the same ids.
"""

from __future__ import annotations

from hashlib import sha256

from careloop.domain.alarm import Signal
from careloop.ledger.record import uuid7

__all__ = ["alarm_id", "effect_id", "plan_id", "step_id"]

_SPACE = "careloop/automation/v1"


def _derived(unix_ms: int, *parts: str) -> str:
    whole = "\0".join((_SPACE, *parts)).encode()
    return uuid7(unix_ms, sha256(whole).digest()[:10])


def _ms_of(other: str) -> int:
    """The time inside a UUIDv7, in milliseconds since 1970."""
    return int(other.replace("-", "")[:12], 16)


def alarm_id(signal: Signal, *, system: str, environment: str) -> str:
    """Id of the alarm that the signal's window raised."""
    parts = (signal.monitor, signal.release, signal.group or "", signal.moved.value, str(signal.window))
    return _derived(signal.window * 1000, "alarm", system, environment, *parts)


def plan_id(cause: str) -> str:
    """Id of the plan for an alarm, or for a person's order, from that cause's id."""
    return _derived(_ms_of(cause), "plan", cause)


def step_id(plan: str, place: str) -> str:
    """Id of the record that says how the step at `place` (such as `steps/1`) went."""
    return _derived(_ms_of(plan), "step", plan, place)


def effect_id(plan: str, place: str) -> str:
    """Id of the record of what the step brought about, and of its order to the deployer or the pager."""
    return _derived(_ms_of(plan), "effect", plan, place)
