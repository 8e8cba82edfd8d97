"""Carry out a plan of counts next to the data."""

from __future__ import annotations

from typing import Protocol

from careloop.domain.count_plan import CountPlan
from careloop.domain.counts import CountTable

__all__ = ["CountEngine"]


class CountEngine(Protocol):
    """Rows that can be counted; which rows, was said when the engine was made.

    Every engine gives the same integers for the same rows, so the digests of their tables are equal.
    """

    def count(self, plan: CountPlan) -> CountTable:
        """Count as the plan says. `InvalidInput` when the rows lack a column of the plan or it has another kind."""
        ...
