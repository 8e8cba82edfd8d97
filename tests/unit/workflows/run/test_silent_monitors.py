"""A monitor without rows is red: a system that says nothing is not healthy (R47)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from watch_builders import DAY, START, a_monitor

from careloop.domain.counts import CellKey, CountTable
from careloop.domain.event_rows import View
from careloop.domain.label_spec import Maturity
from careloop.domain.system import EventSchema
from careloop.workflows.run.compile_monitors import compile_monitors
from careloop.workflows.run.silent_monitors import silent_monitors
from careloop.workflows.run.watched_monitor import WatchedMonitor

SCHEMA = EventSchema.model_validate(
    {"groups": {"sex": {"type": "category", "personal": True, "values": ["women", "men"]}}, "favourable": ["yes"]}
)


def watched(**days: list[int]) -> WatchedMonitor:
    """A daily monitor with ten rows of each group on these days."""
    found = compile_monitors([a_monitor()], SCHEMA).watched[0]
    first = int(START.timestamp())
    cells = {
        CellKey("approval-gap", "v1", first + day * DAY, group, 0, 0): (5, 10)
        for group, on in days.items()
        for day in on
    }
    return replace(found, table=CountTable(found.plan.columns, cells))


def said(monitor: WatchedMonitor, *, day: float) -> list[str]:
    now = START + timedelta(days=day)
    return [each.because for each in silent_monitors([monitor], now=now)]


def test_rows_in_every_window_are_no_silence_and_one_gap_is_none_either() -> None:
    every = watched(women=list(range(10)), men=list(range(10)))
    assert said(every, day=10.1) == []
    assert said(every, day=12.0) == [], "two windows of silence are not over yet"
    assert said(every, day=12.1) == ["no row since the window of 2026-01-14 00:00 UTC"]


def test_a_group_that_vanishes_is_named_while_the_others_go_on() -> None:
    found = said(watched(women=list(range(5)), men=list(range(10))), day=10.1)
    assert found == ["no rows of women (since 2026-01-09 00:00 UTC)"]
    assert said(watched(men=list(range(10))), day=10.1) == ["no rows of women (never)"]


def test_a_monitor_that_never_had_a_row_knows_nothing_and_says_so() -> None:
    assert said(watched(), day=1) == ["no row has come yet, so nothing is known"]


@pytest.mark.parametrize(("label_days", "silent"), [(0.0, True), (14.0, False)])
def test_labels_are_awaited_until_their_horizon(label_days: float, silent: bool) -> None:
    matured = Maturity(after=timedelta(days=label_days))
    late = replace(watched(women=[0, 1], men=[0, 1]), view=View.MATURED, maturity=matured)
    assert bool(said(late, day=10)) is silent
