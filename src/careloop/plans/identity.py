"""Ids that follow from what they name: the same alarm always has the same record, the same plan and the same steps.

So nothing happens twice: whoever runs a plan again, after a crash or beside another process, writes the same ids.
"""

from __future__ import annotations

from hashlib import sha256

from careloop.ledger.record import uuid7

__all__ = ["alarm_id", "effect_id", "plan_id", "step_id"]

_SPACE = "careloop/automation/v1"


def _derived(unix_ms: int, *parts: str) -> str:
    whole = "\0".join((_SPACE, *parts)).encode()
    return uuid7(unix_ms, sha256(whole).digest()[:10])


def _ms_of(other: str) -> int:
    """The time inside a UUIDv7, in milliseconds since 1970."""
    return int(other.replace("-", "")[:12], 16)


def alarm_id(*, system: str, environment: str, monitor: str, release: str, group: str | None, window: int) -> str:
    """Id of the alarm that this window of this release raised; `window` is its start in seconds since 1970.

    >>> alarm_id(system="s", environment="production", monitor="m", release="r", group=None, window=0)[:18]
    '00000000-0000-7bfd'
    """
    return _derived(window * 1000, "alarm", system, environment, monitor, release, group or "", str(window))


def plan_id(cause: str) -> str:
    """Id of the plan for an alarm, or for a person's order, from that cause's id."""
    return _derived(_ms_of(cause), "plan", cause)


def step_id(plan: str, place: str) -> str:
    """Id of the record that says how the step at `place` (such as `steps/1`) went."""
    return _derived(_ms_of(plan), "step", plan, place)


def effect_id(plan: str, place: str) -> str:
    """Id of the record of what the step brought about, and of its order to the deployer or the pager."""
    return _derived(_ms_of(plan), "effect", plan, place)
