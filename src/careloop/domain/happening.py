"""What happened to a system, as other tools are told: an alarm, a switch, a decision of the gate, a wish to retrain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any

from careloop.domain.incident import DataSlice

__all__ = ["Announced", "Happening", "HappeningKind", "Preview"]


class HappeningKind(StrEnum):
    """What other tools can be told of; each is a type of record in the ledger."""

    ALARM = "alarm"
    """A metric moved (`alarm.raised`)."""
    DEPLOY = "deploy"
    """A release began to answer by a person's or a pipeline's wish (`deploy.done`)."""
    ROLLBACK = "rollback"
    """An earlier release took over by a plan (`deploy.done` of a plan)."""
    SAFE_STATE = "safe_state"
    """The safe state took over (`safe_state.entered`)."""
    GATE = "gate"
    """The gate said allow, wait or block about a release (`gate.decision`)."""
    RETRAIN = "retrain"
    """A new model is wanted, with the rows that the old one could not do (`retrain.requested`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One record of the ledger in words that any tool can show."""

    id: str
    """Id of the record: the same however often it is told."""
    kind: HappeningKind
    system: str
    environment: str
    at: datetime
    """When it happened, aware UTC."""
    entry: int
    """Place in the ledger."""
    title: str
    """One line."""
    release: str | None
    """Lock digest of the release that it is about; of a switch, what answers now. None: no release answers."""
    left: str | None = None
    """Of a rollback or a safe state: the release that answered before."""
    severity: str | None = None
    """Of an alarm."""
    rows: DataSlice | None = None
    """The data slice that it rests on."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """More to show, name to text, in reading order."""

    @property
    def topic(self) -> str:
        """What stays the same when the same thing happens again, as 16 hex digits: one open issue a topic is enough.

        The same monitor, group and release raise alarms about one topic; everything else is a topic of its own.
        """
        told = self.rows
        if told is None:
            return sha256(self.id.encode()).hexdigest()[:16]
        words = (self.kind.value, told.system, self.environment, told.release, told.monitor, told.group or "")
        return sha256("\n".join(words).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A request that would be sent; it holds no key."""

    method: str
    url: str
    body: Any
    """JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """A happening that one tool is told of."""

    channel: str
    happening: Happening
    previews: tuple[Preview, ...] = ()
    """Only where nothing was written down: what would be sent."""
