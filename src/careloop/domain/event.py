"""What an AI system tells the lake: one event, as it is kept once it was admitted (EVENTS)."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

import msgspec

__all__ = ["MILLIONTHS", "Event", "EventKind", "Scalar", "StoredEvent"]

Scalar = str | int | float | bool
"""A value of a declared field. A declared `number` is always a float, so that files of different days agree."""

MILLIONTHS: Final = 1_000_000
"""Fixed point of money and weights: 12.5 is kept as 12500000, so that sums are exact on every engine."""


class EventKind(StrEnum):
    """What an event reports."""

    INFERENCE = "inference"
    """One answer of the system."""
    LABEL = "label"
    """What the right answer was."""
    OUTCOME = "outcome"
    """What came of it."""
    GUARD = "guard"
    """What the guard decided about one answer."""
    HEARTBEAT = "heartbeat"
    """The pipe is alive: no traffic, not a broken pipe."""
    CENSUS = "census"
    """How many answers a source truly served since its census before, when only a sample of them is sent."""


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One admitted event: declared fields only, numbers finite, release resolved. Absent values are None or missing.

    `gc=False` is safe: an event holds no reference that could lead back to it.
    """

    id: str
    """The caller's; within a system, the same id twice is the same event."""
    system: str
    release: str
    """Digest of the release lock."""
    kind: EventKind
    occurred_us: int
    """Microseconds since 1970-01-01T00:00Z."""
    bucket: int
    """`bucket_of` the unit, or of the id where there is no unit."""
    drill: bool = False
    synthetic: bool = False
    features: dict[str, Scalar] = {}
    prediction: str | None = None
    """Canonical text: `true`, `7`, `0.25`, `approve`."""
    score: float | None = None
    groups: dict[str, Scalar] = {}
    unit: str | None = None
    segment: dict[str, Scalar] = {}
    latency_us: int | None = None
    business: dict[str, Scalar] = {}
    """A declared `number` is fixed point, in `MILLIONTHS`."""
    weight: int = MILLIONTHS
    """How many answers this one stands for, in `MILLIONTHS`: one divided by the sample rate."""
    purpose: str | None = None
    user_role: str | None = None
    inference_id: str | None = None
    label: str | None = None
    """Canonical text, like `prediction`."""
    value: float | None = None
    matured_us: int | None = None
    checkpoint: str | None = None
    verdict: str | None = None
    rules: tuple[str, ...] = ()
    added_us: int | None = None
    bundle: str | None = None
    source: str | None = None
    source_seq: int | None = None
    served: int | None = None

    @property
    def real(self) -> bool:
        """Whether it counts: neither part of a drill nor made up."""
        return not (self.drill or self.synthetic)


class StoredEvent(NamedTuple):
    """An event in its place in the lake."""

    seq: int
    """`ingest_seq`: place in the one order of all events of the lake, from 1."""
    received_us: int
    """When the lake took it, in microseconds since 1970; never less than that of the event before."""
    event: Event
