"""What to do, as typed steps: decided once, then explained or executed by two interpreters (SEMANTICS 19-24)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from careloop.domain.alarm import Signal, Worse
from careloop.domain.attribution import Attribution
from careloop.domain.deployment import Served
from careloop.domain.incident import DataSlice
from careloop.domain.monitor import Response
from careloop.domain.system import SafeStateKind

__all__ = [
    "CONTAINING",
    "Claim",
    "EnterSafeState",
    "HoldEvidence",
    "Notify",
    "OpenIncident",
    "Plan",
    "PlanKind",
    "RaisedAlarm",
    "RequestRetrain",
    "RollBack",
    "RollbackTarget",
    "Step",
    "Urgency",
    "VerifyRollback",
]


class Urgency(StrEnum):
    """How a person is told."""

    PAGE = "page"
    """At once, whatever the hour (SEMANTICS 24)."""
    NOTICE = "notice"
    """When they next look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RaisedAlarm:
    """An alarm as it stands in the ledger."""

    id: str
    system: str
    environment: str
    severity: str
    response: Response
    minimum_n: int
    signal: Signal
    rows: DataSlice


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackTarget:
    """The release that may take over without a fresh approval, or why there is none (SEMANTICS 13)."""

    lock: str | None
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What must be true again for the metric to count as recovered."""

    monitor: str
    gap: bool
    """True for the gap between `group` and all others, false for a rate."""
    group: str | None
    """The group that stood out; None for a rate of all rows."""
    moved: Worse
    limit: float
    """A rate, or a gap between two rates; the recovered metric lies within it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldEvidence:
    """Keep model, configuration, rows and logs from being changed or erased; beside the rest, never delaying it."""

    reason: str
    items: tuple[str, ...]
    """What is held, such as `release sha256:…` or `counts sha256:…`."""
    rows: DataSlice | None
    """The rows of the alarm, whose count table is copied; None for a person's order."""
    step: Literal["hold_evidence"] = "hold_evidence"


@dataclass(frozen=True, slots=True, kw_only=True)
class RollBack:
    """Let an earlier release with standing take over."""

    to: str
    over: tuple[Served, ...]
    """Only while one of these answers: a newer decision is left alone."""
    step: Literal["roll_back"] = "roll_back"


@dataclass(frozen=True, slots=True, kw_only=True)
class EnterSafeState:
    """Let the declared safe state take over."""

    state: SafeStateKind
    over: tuple[Served, ...]
    """Only while one of these answers."""
    step: Literal["enter_safe_state"] = "enter_safe_state"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notify:
    """Tell the people on duty."""

    urgency: Urgency
    severity: str
    text: str
    step: Literal["notify"] = "notify"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenIncident:
    """Open an incident; closing it needs the list of affected decisions and their remedy."""

    severity: str
    title: str
    rows: DataSlice | None
    step: Literal["open_incident"] = "open_incident"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRetrain:
    """Ask for a new model, naming the rows that the old one could not do."""

    reason: str
    rows: DataSlice
    step: Literal["request_retrain"] = "request_retrain"


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyRollback:
    """Look at what was served since: enough events by the right release, and the metric recovered (SEMANTICS 21)."""

    left: str
    """The release that was rolled back."""
    to: str
    claim: Claim | None
    """None for a rollback that a person ordered without an alarm."""
    share: float
    """Least share of served events that carry the target, 0.99."""
    least_n: int
    """Least number of served events before anything is said."""
    within_s: int
    """Seconds after the switch by which enough of the traffic must carry the target."""
    recover_within_s: int
    """Seconds after the switch by which the metric must be shown to have recovered."""
    step: Literal["verify_rollback"] = "verify_rollback"


Step: TypeAlias = Annotated[
    HoldEvidence | RollBack | EnterSafeState | Notify | OpenIncident | RequestRetrain | VerifyRollback,
    Field(discriminator="step"),
]
CONTAINING = (RollBack, EnterSafeState)
"""Steps that change what answers."""


class PlanKind(StrEnum):
    """What a plan amounts to."""

    ALERT = "alert"
    PAGE = "page"
    ROLLBACK = "rollback"
    SAFE_STATE = "safe_state"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The decision upon one alarm, or upon a person's order: its steps in order, and what follows if they fail."""

    id: str
    system: str
    environment: str
    kind: PlanKind
    because: str
    """The decision's ground in one sentence."""
    steps: tuple[Step, ...]
    otherwise: tuple[Step, ...] = ()
    """Steps to take when a rollback is refused or its verification fails."""
    alarm: str | None = None
    """Id of the alarm's record."""
    attribution: Attribution | None = None
