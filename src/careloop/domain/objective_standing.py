"""How an AI objective stands: computed from its metric, never typed (ISO/IEC 42001 6.2; R3)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from careloop.domain.third_party import Objective

__all__ = ["ObjectiveStanding", "ObjectiveState"]


class ObjectiveState(StrEnum):
    """Where an objective is on its way."""

    MET = "met"
    OPEN = "open"
    """Not at its target, and its day is still to come."""
    MISSED = "missed"
    """Not at its target, and its day has passed."""
    UNKNOWN = "unknown"
    """Its metric has no value: never read as met."""
    BY_PEOPLE = "by_people"
    """No metric measures it; people evaluate it as it says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectiveStanding:
    """One objective at one instant."""

    objective: Objective
    state: ObjectiveState
    value: float | None
    """In the objective's own unit; None without a value."""
    unit: str
    n: int
    because: str
