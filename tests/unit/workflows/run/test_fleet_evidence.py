"""What the newest day says of a system: loud where its release got worse, quiet elsewhere, nothing when it is old."""

from __future__ import annotations

import math
from datetime import timedelta

import pytest
from chart_builders import SYSTEM, a_ledger, an_answer
from watch_builders import ONE, TWO, a_monitor, at_day

from careloop.domain.monitor import MonitorKind
from careloop.testing.lake_fake import LakeFake
from careloop.workflows.run.chart_board import ChartAsk
from careloop.workflows.run.fleet_evidence import system_evidence
from careloop.workflows.run.system_log import SystemLog

SWITCH, DAYS = 30, 36
OVERRIDES = a_monitor(
    id="overrides", kind="performance", measure="override_rate", by=None, window="PT6H", tolerance=0.05
)
REFUSED = a_monitor(id="answers", kind="fairness", measure="selection_rate", by=None, window="P1D", response="page")
LATENCY = a_monitor(id="latency", kind="latency", measure="latency_p90_ms", by=None, window="PT6H", tolerance=50.0)


@pytest.fixture(scope="module")
def lake() -> LakeFake:
    """From day 34 on half of what release two answers is overridden by people."""
    made = LakeFake()
    for number in range(DAYS * 80):
        day = number / 80
        at = at_day(day) + timedelta(seconds=number % 50)
        bad = day >= 34 and number % 2 == 0
        business = {"granted": 1_000_000, "cases": 1, "overridden": bad or number % 10 == 0}
        made.append([an_answer(number, at, release=TWO if day >= SWITCH else ONE, business=business)], now=at)
    return made


def test_the_monitor_whose_rate_moved_is_the_worst_and_the_others_are_quiet(lake: LakeFake) -> None:
    entries = SystemLog(a_ledger(switch=SWITCH).ledger).read().of("credit")
    ask = ChartAsk(system=SYSTEM, monitors=(OVERRIDES, REFUSED, LATENCY))
    found = system_evidence(lake, ask, entries, now=at_day(DAYS) + timedelta(minutes=30))
    assert [one.monitor for one in found.monitors] == ["overrides", "answers", "latency"]
    worst = found.worst
    assert worst is not None
    assert (worst.monitor, worst.kind, worst.since) == ("overrides", MonitorKind.PERFORMANCE, at_day(DAYS - 1))
    assert worst.log_e > math.log(20)
    assert worst.windows == 4
    for quiet in ("answers", "latency"):
        one = found.of(quiet)
        assert one is not None
        assert one.e_value < 5


def test_the_day_before_the_change_says_nothing(lake: LakeFake) -> None:
    """Only windows that had closed by then count, and of one release with its own past."""
    before = LakeFake()
    for number in range(33 * 80):
        at = at_day(number / 80) + timedelta(seconds=number % 50)
        before.append([an_answer(number, at, release=TWO if number >= SWITCH * 80 else ONE)], now=at)
    entries = SystemLog(a_ledger(switch=SWITCH).ledger).read().of("credit")
    ask = ChartAsk(system=SYSTEM, monitors=(OVERRIDES,))
    found = system_evidence(before, ask, entries, now=at_day(33) + timedelta(minutes=30))
    assert [one.e_value < 5 for one in found.monitors] == [True]


def test_a_day_that_is_long_past_says_nothing_of_today(lake: LakeFake) -> None:
    entries = SystemLog(a_ledger(switch=SWITCH).ledger).read().of("credit")
    ask = ChartAsk(system=SYSTEM, monitors=(OVERRIDES, REFUSED))
    found = system_evidence(lake, ask, entries, now=at_day(DAYS + 10))
    assert found.monitors == ()
    assert found.worst is None


def test_without_rows_there_is_no_evidence() -> None:
    ask = ChartAsk(system=SYSTEM, monitors=(OVERRIDES, LATENCY))
    assert system_evidence(LakeFake(), ask, (), now=at_day(3)).monitors == ()
