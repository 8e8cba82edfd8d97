"""Rows that lie in files, to be counted by an engine of choice."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from careloop.domain.count_plan import ColumnKind, CountPlan, Predicate
from careloop.domain.counts import Agreement, CountTable, Tally

__all__ = ["Progress", "RowFiles"]

Progress = Callable[[float], None]
"""Told now and then how much of the counting is done, 0 to 1."""


class RowFiles(Protocol):
    """The rows of some files, all with the same columns. Every engine gives the same integers for the same files."""

    @property
    def kinds(self) -> Mapping[str, ColumnKind]:
        """What each column holds; those that no plan can read are left out."""

    @property
    def files(self) -> Sequence[str]:
        """Paths at which the rows lie, in the order in which they are read."""

    def distinct(self, names: Sequence[str], where: Sequence[Predicate] = ()) -> Tally:
        """Of the rows in which all tests hold, how many are the first of their like in these columns.

        Two absent values are alike, NaN is absent, true is not 1. In bounded memory, whatever the rows hold.
        """

    def agreement(
        self, trusted: RowFiles, *, of: str, key: Sequence[str], where: Sequence[Predicate] = ()
    ) -> Agreement:
        """How often a column has the value of the trusted copy: by key, or without one in the order of the rows.

        The tests choose rows on both sides. In bounded memory. `InvalidInput` for a column that one side lacks.
        """

    def count_all(self, plans: Sequence[CountPlan]) -> list[CountTable]:
        """The table of each plan, in their order, with as few passes over the rows as the engine can.

        `InvalidInput` when a column is not there or holds another kind.
        """

    def edges(self, column: str, bins: int) -> tuple[float, ...]:
        """Edges that cut a column of numbers into bins of about equal size, as `quantile_edges` says."""

    def close(self) -> None:
        """Let go of the files."""
