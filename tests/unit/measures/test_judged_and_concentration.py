"""Rates by a judge who errs, callers who stand out, data that is old or contradicts itself (R44, R46; MEASURES)."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from measure_builders import a_cell

from careloop.adapters.numpy_counts import NumpyCounts
from careloop.domain.count_plan import Column, ColumnKind, Compare, Predicate
from careloop.domain.counts import MISSING, CountTable, Tally, bucket_of
from careloop.measures.business import amount, amount_per_row, amount_plan
from careloop.measures.catalogue import measure_kind
from careloop.measures.concentration import concentration, concentration_plan
from careloop.measures.judged import JudgeAudit, judged_rate
from careloop.measures.measure_kind import Terms
from careloop.measures.quality import currentness, currentness_plan
from careloop.measures.split import Split

UNIT, MOMENT = Column("unit", ColumnKind.TEXT), Column("confirmed_at", ColumnKind.INSTANT)
CENTS, REGION = Column("cents", ColumnKind.INTEGER), Column("region", ColumnKind.TEXT)
NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
DAY = 86_400


def said(hits: int, n: int) -> CountTable:
    return CountTable(("hits", "n"), {a_cell(): (hits, n)})


def an_audit(found: tuple[int, int], passed: tuple[int, int]) -> JudgeAudit:
    return JudgeAudit(found=Tally(*found), passed=Tally(*passed))


def test_a_judge_that_passes_99_in_100_reads_a_twelfth_of_a_percent_as_more_than_one() -> None:
    true, found, passed = 0.0007, 0.9, 0.99
    hits = round(1_000_000 * (true * found + (1 - true) * (1 - passed)))
    raw = judged_rate(said(hits, 1_000_000), audit=None)
    assert raw.value == pytest.approx(0.0106, abs=0.00005)
    mended = judged_rate(said(hits, 1_000_000), audit=an_audit((9_000, 10_000), (99_000, 100_000)))
    assert mended.value == pytest.approx(true, abs=1e-5)
    assert "the judge says 0.01062; it found 9000 of 10000 problems" in (mended.note or "")


@pytest.mark.parametrize(("true", "n", "audited"), [(0.0007, 20_000, 300), (0.05, 2_000, 200), (0.3, 500, 100)])
def test_the_interval_holds_the_truth_as_often_as_it_says(true: float, n: int, audited: int) -> None:
    dice, held, rounds = np.random.default_rng(3), 0, 400
    for _ in range(rounds):
        hits = int(dice.binomial(n, true * 0.9 + (1 - true) * 0.01))
        audit = an_audit((int(dice.binomial(audited, 0.9)), audited), (int(dice.binomial(audited, 0.99)), audited))
        interval = judged_rate(said(hits, n), audit=audit).interval
        assert interval is not None
        held += interval.low <= true <= interval.high
    assert held / rounds >= 0.92


def test_a_judge_no_better_than_chance_tells_nothing() -> None:
    found = judged_rate(said(5, 10), audit=an_audit((1, 2), (1, 2)))
    assert (found.value, found.reason) == (
        None,
        "the judge is no better than chance, so nothing follows from its verdicts",
    )
    assert judged_rate(said(5, 10), audit=an_audit((10, 10), (1, 50))).interval is None
    assert judged_rate(CountTable(("hits", "n"), {}), audit=an_audit((9, 10), (9, 10))).reason == "no rows"


def test_one_caller_among_many_stands_out_and_is_not_named() -> None:
    units = [f"account-{n % 4_000}" for n in range(40_000)]
    plan = concentration_plan("c", split=Split(unit=UNIT))
    even = concentration(NumpyCounts({"unit": units}).count(plan))
    copied = concentration(NumpyCounts({"unit": [*units, *["thief"] * 20_000, None]}).count(plan))
    assert even.value is not None
    assert 1 <= even.value < 1.5
    assert copied.interval is not None
    assert copied.value == pytest.approx(64 * (20_000 + units_in(bucket_of("thief"))) / 60_000)
    assert copied.interval.low > 10
    assert copied.note == "64 of 64 buckets asked at all; 1 rows named no unit"
    nobody = CountTable(("n",), {a_cell(bucket=MISSING): (3,)})
    assert concentration(nobody).reason == "no rows that name a unit"


def units_in(bucket: int) -> int:
    return 10 * sum(bucket_of(f"account-{n}") == bucket for n in range(4_000))


def test_current_is_what_is_of_the_last_days_and_not_what_is_of_tomorrow() -> None:
    days = [datetime(2026, 11, day, 23, 59, 59, tzinfo=UTC) for day in (18, 28, 17, 1, 29)]
    table = NumpyCounts({"confirmed_at": [*days, None]}).count(currentness_plan("c", column=MOMENT))
    found = currentness(table, as_of=int(NOON.timestamp()) // DAY * DAY, days=10)
    assert (found.value, found.n, found.note) == (2 / 5, 5, "1 rows are of a later day")


def test_consistent_is_who_keeps_the_rule_among_those_it_is_for() -> None:
    work, employer = Column("work", ColumnKind.TEXT), Column("employer", ColumnKind.TEXT)
    terms = Terms(
        name="c",
        column=employer,
        rule=(Predicate(employer, Compare.EQ, ("none",)),),
        condition=(Predicate(work, Compare.IN, ("retired",)),),
    )
    kind = measure_kind("consistency")
    rows: dict[str, list[object]] = {
        "work": ["retired", "retired", "retired", "clerk"],
        "employer": ["none", "Acme", None, "Acme"],
    }
    found = kind.value(NumpyCounts(rows).count(kind.plan_for(terms)), None, terms)
    assert (found.value, found.n) == (1 / 3, 3)


def test_amounts_are_told_for_each_segment_too() -> None:
    rows: dict[str, list[object]] = {"cents": [1_050, 950, -25, None], "region": ["n", "n", "s", "s"]}
    table = NumpyCounts(rows).count(amount_plan("a", column=CENTS, split=Split(group=(REGION,))))
    whole, each = amount(table, digits=2), amount_per_row(table, digits=2)
    assert (whole.value, each.value) == (19.75, 19.75 / 4)
    assert [(g.group, g.value, g.n) for g in whole.groups] == [("n", 20.0, 2), ("s", -0.25, 2)]
    assert [g.value for g in each.groups] == [10.0, -0.125]
