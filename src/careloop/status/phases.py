"""How each phase of the loop stands: who keeps it turning, when it last ran and is due, what closes most now (R1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from careloop.domain.noun import days_in
from careloop.domain.organisation import Organisation
from careloop.domain.roles import Roles
from careloop.domain.status import ClaimResult, RequirementRow, RequirementState
from careloop.domain.tier import Phase

__all__ = ["PhaseRow", "Turning", "phase_rows"]

_DONE: Final = (RequirementState.COMPLETE, RequirementState.EXCLUDED)
_MOST: Final = 3


class Turning(StrEnum):
    """Whether a phase keeps its own pace."""

    ON_TIME = "on_time"
    OVERDUE = "overdue"
    NEVER_RUN = "never_run"
    NOBODY = "nobody"
    """No owner or no pace is declared for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseRow:
    """One phase on one day."""

    phase: Phase
    turning: Turning
    owner: str | None
    """Title of the post that owns it."""
    people: tuple[str, ...]
    """Names of those who hold that post."""
    every_days: int | None
    last_run: date | None
    due: date | None
    counts: Mapping[RequirementState, int]
    """Requirements whose first place is this phase, by their ISO status; CARE practices by their own."""
    total: int
    next: tuple[tuple[RequirementRow, ClaimResult], ...]
    """Claims that close most, at most three."""


def phase_rows(
    organisation: Organisation | None, roles: Roles | None, rows: Sequence[RequirementRow], on: date
) -> tuple[PhaseRow, ...]:
    """The four phases in the order of the loop, as of a day of the organisation's calendar."""
    return tuple(_row(phase, organisation, roles, rows, on) for phase in Phase)


def _row(
    phase: Phase, organisation: Organisation | None, roles: Roles | None, rows: Sequence[RequirementRow], on: date
) -> PhaseRow:
    cadences = organisation.phases if organisation else ()
    cadence = next((one for one in cadences if one.phase is phase), None)
    post = next((one for one in (roles.posts if roles else ()) if cadence and one.id == cadence.owner), None)
    names = {one.id: one.name for one in (roles.people if roles else ()) if one.left is None or one.left > on}
    due = None
    if cadence is not None and cadence.last_run is not None:
        due = cadence.last_run + timedelta(days=days_in(cadence.every))
    ours = [row for row in rows if row.requirement.phase is phase]
    counted = Counter(row.status if row.level is None else row.care_status for row in ours)
    return PhaseRow(
        phase=phase,
        turning=_turning(post is not None, due, on),
        owner=post.title if post else None,
        people=tuple(names[one] for one in (post.holders if post else ()) if one in names),
        every_days=days_in(cadence.every) if cadence else None,
        last_run=cadence.last_run if cadence else None,
        due=due,
        counts={state: counted[state] for state in RequirementState},
        total=len(ours),
        next=_next(ours),
    )


def _turning(owned: bool, due: date | None, on: date) -> Turning:
    if not owned:
        return Turning.NOBODY
    if due is None:
        return Turning.NEVER_RUN
    return Turning.OVERDUE if due < on else Turning.ON_TIME


def _next(rows: Sequence[RequirementRow]) -> tuple[tuple[RequirementRow, ClaimResult], ...]:
    pairs = [
        (row, claim)
        for row in rows
        if row.status not in _DONE or (row.level is not None and row.care_status not in _DONE)
        for claim in row.claims
        if not claim.held and not claim.claim.same_as
    ]
    pairs.sort(key=lambda pair: -pair[1].claim.weight)
    return tuple(pairs[:_MOST])
