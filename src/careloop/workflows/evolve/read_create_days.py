"""When Create began and when its six items were shipped, from the documents of each day (R30, M24)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from careloop.checks.catalogue import Catalogue
from careloop.documents.compile import Compiled, compile_tree
from careloop.domain.counts import Tally
from careloop.domain.create_plan import CreatePlan, PlanStart
from careloop.domain.organisation import Organisation
from careloop.domain.tier import Phase
from careloop.ports.repository_source import RepositorySource
from careloop.scoring.create_days import CreateDays
from careloop.status.create_plan import create_plan, create_results

__all__ = ["CreateReader", "first_day"]

_LONGEST: Final = 20 * 365
"""Days back that a first commit is looked for."""


@dataclass(frozen=True)
class CreateReader:
    """Reads Create at the end of any day. What one commit says on one day is worked out once."""

    source: RepositorySource
    catalogue: Catalogue
    zone: ZoneInfo
    _done: dict[tuple[str, date], bool] = field(default_factory=dict)

    def reading(self, compiled: Compiled, at: datetime, *, in_git: bool) -> CreateDays | None:
        """Create by these documents at an instant; null when nothing says on which day it began."""
        on = at.astimezone(self.zone).date()
        start = self._start(compiled.repository.organisation, on)
        if start is None:
            return None
        if on < start:
            items = Tally(0, len(self.catalogue.gap_work.create.items))
            return CreateDays(start=start, on=on, items=items, shipped=None, days=self.catalogue.gap_work.create.days)
        plan = self._plan(compiled, start, at, in_git=in_git)
        items = Tally(plan.done, len(plan.items))
        shipped = None
        if items.hits == items.n:
            shipped = first_day(start, on, self._all_shipped) if in_git else on
        return CreateDays(start=start, on=on, items=items, shipped=shipped, days=plan.days)

    def _plan(self, compiled: Compiled, start: date, at: datetime, *, in_git: bool) -> CreatePlan:
        here = at.astimezone(self.zone)
        results = create_results(compiled.repository, self.catalogue, here)
        told = PlanStart(start, "care.yaml")
        return create_plan(self.catalogue.gap_work.create, results, told, here.date(), in_git=in_git)

    def _start(self, organisation: Organisation | None, on: date) -> date | None:
        """As care.yaml says, else the first day on which anything was in force."""
        phases = organisation.phases if organisation else ()
        stated = next((one.started for one in phases if one.phase is Phase.CREATE and one.started is not None), None)
        if stated is not None or self._commit(on) is None:
            return stated
        return first_day(on - timedelta(days=_LONGEST), on, lambda day: self._commit(day) is not None)

    def _all_shipped(self, day: date) -> bool:
        commit = self._commit(day)
        if commit is None:
            return False
        if (commit, day) not in self._done:
            plan = self._plan(compile_tree(self.source.at(commit)), day, self._end(day), in_git=True)
            self._done[commit, day] = plan.done == len(plan.items)
        return self._done[commit, day]

    def _commit(self, day: date) -> str | None:
        return self.source.in_force(self._end(day))

    def _end(self, day: date) -> datetime:
        """The last moment of a day where the organisation is."""
        midnight = datetime.combine(day + timedelta(days=1), time(), self.zone)
        return (midnight - timedelta(microseconds=1)).astimezone(UTC)


def first_day(low: date, high: date, holds: Callable[[date], bool]) -> date:
    """The first day from which on something holds, when what once holds goes on to; `high` if none before it does."""
    while low < high:
        middle = low + (high - low) // 2
        low, high = (low, middle) if holds(middle) else (middle + timedelta(days=1), high)
    return low
