"""Small count tables for the tests of measures."""

from __future__ import annotations

from collections.abc import Mapping

from careloop.domain.count_plan import Aggregate, Column, ColumnKind, Compare, CountPlan, Predicate
from careloop.domain.counts import CellKey, CountTable, Tally

SEX = Column("sex", ColumnKind.TEXT)
APPROVED = Column("approved", ColumnKind.FLAG)
REPAID = Column("repaid", ColumnKind.FLAG)
LATENCY = Column("latency_us", ColumnKind.INTEGER)
SCORE = Column("score", ColumnKind.REAL)
IS_APPROVED = Predicate(APPROVED, Compare.EQ, (True,))
HAS_REPAID = Predicate(REPAID, Compare.EQ, (True,))
IS_LABELLED = Predicate(REPAID, Compare.IS_PRESENT)


def a_cell(**changed: str | int) -> CellKey:
    parts: dict[str, str | int] = {"monitor": "m", "release": "v1", "window": 0, "group": "", "bin": 0, "bucket": 0}
    return CellKey(**{**parts, **changed})  # type: ignore[arg-type]  # the parts have the types of the fields


def tallies(**groups: tuple[int, int]) -> dict[str, Tally]:
    return {group: Tally(*counts) for group, counts in groups.items()}


def a_rate_table(**groups: tuple[int, int]) -> CountTable:
    return CountTable(("hits", "n"), {a_cell(group=group): counts for group, counts in groups.items()})


def a_binned_table(bins: Mapping[int, int]) -> CountTable:
    return CountTable(("n",), {a_cell(bin=bin_): (n,) for bin_, n in bins.items()})


def a_plan(**changed: object) -> CountPlan:
    parts: dict[str, object] = {"monitor": "m", "aggregates": (Aggregate(name="n"),)}
    return CountPlan(**{**parts, **changed})  # type: ignore[arg-type]  # tests pass wrong parts on purpose too
