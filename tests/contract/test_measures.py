"""Every measure of the catalogue keeps the contract that the authors of further ones run (R42-R46; issue 7)."""

from __future__ import annotations

from collections.abc import Sequence

from careloop.domain.count_plan import CategoryBins, Column, ColumnKind, Compare, EdgeBins, ExponentialBins, Predicate
from careloop.domain.counts import Tally
from careloop.measures.catalogue import CATALOGUE
from careloop.measures.judged import JudgeAudit
from careloop.measures.measure_kind import Family, MeasureKind, Need, Terms
from careloop.measures.split import Split
from careloop.testing.contracts.measures import MeasureContract

SCORE = Column("score", ColumnKind.REAL)
SEX, RACE = Column("sex", ColumnKind.TEXT), Column("race", ColumnKind.TEXT)
LATENCY, AMOUNT = Column("latency_us", ColumnKind.INTEGER), Column("amount_cents", ColumnKind.INTEGER)
APPROVED, UNIT = Column("approved", ColumnKind.FLAG), Column("unit", ColumnKind.TEXT)
MOMENT, CHILDREN = Column("occurred_at", ColumnKind.INSTANT), Column("children", ColumnKind.INTEGER)
CUT = EdgeBins(SCORE, (0.1, 0.3, 0.5))
IS_HIGH = Predicate(CHILDREN, Compare.GE, (1,))


def fitting(kind: MeasureKind) -> Terms:
    """Terms of the columns that the rows of the contract have."""
    column, condition = RACE, (Predicate(SEX, Compare.NE, ("M",)),) if Need.CONDITION in kind.needs else ()
    bins: EdgeBins | CategoryBins | ExponentialBins | None = None
    if Need.SCORE in kind.needs or Need.REFERENCE in kind.needs:
        bins = CUT
    elif kind.id in ("balance", "diversity"):
        bins = CategoryBins(RACE, ("a", "&"))
    elif kind.family is Family.LATENCY:
        column, bins = LATENCY, ExponentialBins(LATENCY, scale=4, octaves=30)
        condition = (Predicate(LATENCY, Compare.LT, (10**6,)),)
    elif kind.id in ("amount", "revenue", "cost", "amount_per_row"):
        column = AMOUNT
    elif kind.id == "currentness":
        column = MOMENT
    return Terms(
        name=f"contract-{kind.id}",
        outcome=Predicate(APPROVED, Compare.EQ, (True,)),
        label=IS_HIGH,
        labelled=Predicate(CHILDREN, Compare.IS_PRESENT),
        rule=(Predicate(RACE, Compare.IN, ("a", "&")),),
        condition=condition,
        column=column,
        bins=bins,
        split=Split(group=() if Need.REFERENCE in kind.needs else (SEX,), unit=UNIT),
        min_n=30,
        level=0.9,
        as_of=1_767_225_600,
        days=20_000,
        judge=JudgeAudit(found=Tally(90, 100), passed=Tally(80, 100)),
    )


class TestTheCatalogue(MeasureContract):
    def measures(self) -> Sequence[tuple[MeasureKind, Terms]]:
        return [(kind, fitting(kind)) for kind in CATALOGUE.values()]
