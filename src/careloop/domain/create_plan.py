"""How far Create is in its thirty days (R30)."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

__all__ = ["CreateItemState", "CreatePlan", "CreatePlanResult", "PlanStart", "StartFrom"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateItemState:
    """One of the things to ship."""

    id: str
    title: str
    done: bool
    day: int
    due: date
    overdue: bool
    open: tuple[str, ...]
    """What does not hold yet, a sentence each."""
    because: tuple[str, ...]
    """Why it is not done, a reason for each of these."""
    remedies: tuple[str, ...]


StartFrom = Literal["option", "care.yaml", "first commit"]


@dataclass(frozen=True, slots=True)
class PlanStart:
    """The first of the thirty days, and what says so."""

    day: date
    told_by: StartFrom


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatePlan:
    """The plan on one day."""

    start: date
    start_from: StartFrom
    on: date
    day: int
    """Counted from 1 on the first day; 0 or less before it."""
    days: int
    end: date
    source: str
    items: tuple[CreateItemState, ...]

    @property
    def done(self) -> int:
        """How many are done."""
        return sum(item.done for item in self.items)

    @property
    def overdue(self) -> tuple[CreateItemState, ...]:
        """Items whose day has passed."""
        return tuple(item for item in self.items if item.overdue)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatePlanResult:
    """The plan with where it came from."""

    plan: CreatePlan
    unread: tuple[str, ...]
    commit: str | None
    dirty: bool | None
    standards_digest: str
