"""New York's own worked examples of its bias audit law (6 RCNY 5-301), to the printed decimal."""

from __future__ import annotations

import csv
import os
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from careloop.adapters.numpy_counts import NumpyCounts
from careloop.domain.count_plan import Column, ColumnKind, Compare, Predicate
from careloop.domain.counts import Tally
from careloop.measures.fairness import impact_ratios
from careloop.measures.rate import rate_plan
from careloop.measures.split import Split

ROOT = Path(__file__).parents[2]
ORACLES = Path(os.environ.get("CARELOOP_ORACLES") or ROOT.parent / "shared" / "oracles")
EXAMPLE = ORACLES / "nyc-ll144" / "dcwp_5_301_selection_example.csv"

ABOVE_MEDIAN = {
    "sex": {"Male": (50, 92, "1.00"), "Female": (34, 76, "0.82")},
    "race": {
        "Hispanic": (18, 28, "1.00"),
        "White": (15, 40, "0.58"),
        "Black": (16, 32, "0.78"),
        "NHPI": (5, 8, "0.97"),
        "Asian": (10, 24, "0.65"),
    },
}
"""The rule's scoring table: people above the sample median, people scored, impact ratio printed."""


def printed(value: float | None, decimals: int) -> str:
    assert value is not None
    return str(Decimal(value).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP))


@pytest.mark.skipif(not EXAMPLE.is_file(), reason="the oracle folder with the example of 6 RCNY 5-301 is not here")
def test_every_printed_impact_ratio_of_the_selection_example_comes_out() -> None:
    with EXAMPLE.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    tables: dict[str, dict[str, Tally]] = {}
    for row in rows:
        counts = Tally(int(row["selected"]), int(row["applicants"]))
        tables.setdefault(row["table"], {})[row["category"]] = counts
    ratios = {
        (table, each.group): each.value for table, groups in tables.items() for each in impact_ratios(groups, min_n=1)
    }
    matches = [
        printed(ratios[row["table"], row["category"]], int(row["published_decimals"]))
        == printed(float(row["published_impact_ratio"]), int(row["published_decimals"]))
        for row in rows
    ]
    assert (sum(matches), len(matches)) == (23, 23)


@pytest.mark.parametrize("table", ABOVE_MEDIAN)
def test_the_scoring_example_comes_out(table: str) -> None:
    expected = ABOVE_MEDIAN[table]
    found = impact_ratios({group: Tally(above, n) for group, (above, n, _) in expected.items()}, min_n=1)
    assert {each.group: printed(each.value, 2) for each in found} == {g: ratio for g, (_, _, ratio) in expected.items()}


def test_the_ratio_of_rows_that_were_scored_is_that_of_their_counts() -> None:
    """Strictly above the median of all: a score equal to it is not selected."""
    score = Column("score", ColumnKind.REAL)
    rows: dict[str, list[object]] = {"score": [1.0, 2.0, 2.0, 3.0, 4.0], "sex": ["F", "F", "M", "M", "M"]}
    plan = rate_plan(
        "scoring-rate",
        hit=(Predicate(score, Compare.GT, (2.0,)),),
        split=Split(group=(Column("sex", ColumnKind.TEXT),)),
    )
    found = {each.group: each.value for each in impact_ratios(NumpyCounts(rows).count(plan).tallies(), min_n=1)}
    assert found == {"F": 0.0, "M": float(Fraction(1))}
