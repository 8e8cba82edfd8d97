"""Count tables of one system that are kept, and brought up to a watermark by counting only what came since.

Tables of two stretches of the log add up to the table of both (`Reading.after`), so a kept table equals one that is
counted afresh, late events included. Plans that read a label are counted afresh each time something came, because a
label of today may change what was counted yesterday.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from careloop.domain.count_plan import CountPlan
from careloop.domain.counts import CountTable
from careloop.domain.event_columns import LABEL_COLUMNS, LABELLED_AT
from careloop.domain.event_rows import View
from careloop.errors import InvalidInput
from careloop.ports.lake import Engine, Lake, Reading
from careloop.workflows.run.read_windows import FEW

__all__ = ["Grown", "WindowTables"]


@dataclass(frozen=True, slots=True)
class Grown:
    """A table, and what it grew by since it was last asked for."""

    table: CountTable
    added: CountTable | None
    """None when it was counted afresh, so that any cell may differ from before."""


class WindowTables:
    """The tables of one system. One thread at a time; at most `few` events of all systems are counted in process."""

    def __init__(self, lake: Lake, system: str, *, few: int = FEW) -> None:
        self._lake, self._system, self._few = lake, system, few
        self._kept: dict[CountPlan, CountTable] = {}
        self._upto = 0

    def bring_up(self, plans: Sequence[CountPlan], *, upto: int) -> Mapping[CountPlan, Grown]:
        """The tables of these plans at watermark `upto`, each real row of the plan counted; other tables are let go.

        Plans say themselves which windows they want, by when events happened or came. Raises `InvalidInput` for a
        watermark below the one before: tables only grow.
        """
        if upto < self._upto:
            raise InvalidInput(f"these tables stand at {self._upto}, and cannot go back to {upto}")
        new = [plan for plan in plans if plan not in self._kept]
        old = [plan for plan in plans if plan in self._kept]
        moved = upto > self._upto
        again = [plan for plan in old if moved and _reads_label(plan)]
        add = [plan for plan in old if moved and not _reads_label(plan)]
        fresh = self._counted([*new, *again], after=0, upto=upto)
        added = self._counted(add, after=self._upto, upto=upto)
        grown = {plan: Grown(table, None) for plan, table in fresh.items()}
        grown |= {plan: Grown(self._kept[plan].merge(table), table) for plan, table in added.items()}
        still = {plan: Grown(self._kept[plan], CountTable(plan.columns, {})) for plan in old if plan not in grown}
        self._kept = {plan: each.table for plan, each in (grown | still).items()}
        self._upto = upto
        return grown | still

    def let_go(self, plans: Iterable[CountPlan]) -> None:
        """Keep these tables no longer."""
        for plan in plans:
            self._kept.pop(plan, None)

    def _counted(self, plans: Sequence[CountPlan], *, after: int, upto: int) -> dict[CountPlan, CountTable]:
        found: dict[CountPlan, CountTable] = {}
        for view in dict.fromkeys(map(_view_of, plans)):
            ours = [plan for plan in plans if _view_of(plan) is view]
            columns = {column.name: column for plan in ours for column in plan.reads()}
            reading = Reading(system=self._system, upto=upto, after=after, view=view, columns=tuple(columns.values()))
            few = upto - after <= self._few and not any(map(_reads_label, ours))
            with self._lake.counting(reading, engine=Engine.IN_PROCESS if few else Engine.DUCKDB) as counts:
                found |= {plan: counts.count(plan) for plan in ours}
        return found


def _reads_label(plan: CountPlan) -> bool:
    return not LABEL_COLUMNS.isdisjoint(plan.reads())


def _view_of(plan: CountPlan) -> View:
    """Windows by when answer and label had both come are of another view; all others are cut from one."""
    return View.LABELLED if plan.window is not None and plan.window.column == LABELLED_AT else View.OCCURRED
