"""Tables that are only added to equal tables that are counted afresh, whatever comes late."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from chart_builders import ListeningLake, a_lake, an_answer
from hypothesis import given
from hypothesis import strategies as st
from watch_builders import at_day

from careloop.domain.count_plan import Compare, CountPlan, Predicate
from careloop.domain.event import EventKind
from careloop.domain.event_columns import LABEL, PREDICTION, column_named
from careloop.domain.event_rows import View
from careloop.domain.system import EventSchema
from careloop.errors import InvalidInput
from careloop.measures.rate import rate_plan
from careloop.measures.split import Split
from careloop.ports.lake import Engine, Lake
from careloop.testing.lake_fake import LakeFake
from careloop.workflows.run.read_windows import WindowQuery, event_windows, window_plan
from careloop.workflows.run.window_tables import WindowTables

SCHEMA = EventSchema.model_validate({"groups": {"sex": {"type": "category", "personal": True, "values": ["a", "b"]}}})
APPROVED = (Predicate(PREDICTION, Compare.EQ, ("approve",)),)
BARE = rate_plan("approvals", hit=APPROVED, split=Split(group=(column_named("sex", SCHEMA),)))
RIGHT = rate_plan("right", hit=(Predicate(LABEL, Compare.EQ, ("approve",)),), among=())
PLANS = (
    window_plan(BARE, view=View.OCCURRED, seconds=3600),
    replace(window_plan(BARE, view=View.OCCURRED, seconds=86_400), unit=None),
    window_plan(BARE, view=View.RECEIVED, seconds=3600),
    window_plan(RIGHT, view=View.OCCURRED, seconds=3600),
)


def afresh(lake: Lake, plans: tuple[CountPlan, ...] = PLANS) -> list[object]:
    found = WindowTables(lake, "credit").bring_up(plans, upto=lake.watermark())
    return [found[plan].table.rows() for plan in plans]


@given(
    arrivals=st.lists(st.tuples(st.integers(0, 100), st.sampled_from(["answer", "label", "other"])), max_size=25),
    looks=st.sets(st.integers(0, 25)),
)
def test_tables_that_grow_equal_tables_counted_afresh(arrivals: list[tuple[int, str]], looks: set[int]) -> None:
    lake = LakeFake()
    tables = WindowTables(lake, "credit")
    for number, (minutes_late, what) in enumerate(arrivals):
        now = at_day(1) + timedelta(minutes=10 * number)
        event = an_answer(number, now - timedelta(minutes=minutes_late))
        if what == "label":
            label = {"kind": EventKind.LABEL, "inference_id": f"event-{number // 2}", "label": "approve"}
            event = an_answer(number, now, **label)
        elif what == "other":
            event = an_answer(number, now, system="shop")
        lake.append([event], now=now)
        if number in looks:
            found = tables.bring_up(PLANS, upto=lake.watermark())
            assert [found[plan].table.rows() for plan in PLANS] == afresh(lake)


def test_the_shown_table_is_that_of_event_windows() -> None:
    lake = a_lake()
    found = WindowTables(lake, "credit").bring_up(PLANS[:1], upto=lake.watermark())
    shown = event_windows(lake, WindowQuery(system="credit", plans=[BARE], seconds=3600))
    assert found[PLANS[0]].table.digest() == shown.digests["approvals"]


def test_only_what_came_since_is_counted_and_in_process_while_it_is_little() -> None:
    lake = ListeningLake(a_lake())
    tables = WindowTables(lake, "credit")
    tables.bring_up(PLANS[:3], upto=240)
    lake.append([an_answer(900, at_day(2))], now=at_day(11))
    found = tables.bring_up(PLANS[:3], upto=241)
    assert [(reading.after, reading.upto, engine) for reading, engine in lake.counted] == [
        (0, 240, Engine.IN_PROCESS),
        (240, 241, Engine.IN_PROCESS),
    ]
    added = found[PLANS[0]].added
    assert added is not None
    assert [key.window for key in added.cells] == [int(at_day(2).timestamp())]


def test_nothing_is_counted_when_nothing_came() -> None:
    lake = ListeningLake(a_lake())
    tables = WindowTables(lake, "credit")
    before = tables.bring_up(PLANS, upto=240)
    again = tables.bring_up(PLANS, upto=240)
    assert [again[plan].table for plan in PLANS] == [before[plan].table for plan in PLANS]
    assert all(grown.added is not None and not grown.added.cells for grown in again.values())
    assert len(lake.counted) == 1


def test_a_plan_that_reads_labels_is_counted_afresh_by_the_engine_for_many_rows() -> None:
    lake = ListeningLake(a_lake())
    tables = WindowTables(lake, "credit")
    tables.bring_up(PLANS, upto=240)
    label = {"kind": EventKind.LABEL, "inference_id": "event-3", "label": "approve"}
    lake.append([an_answer(900, at_day(11), **label)], now=at_day(11))
    found = tables.bring_up(PLANS, upto=241)
    assert found[PLANS[3]].added is None
    assert found[PLANS[3]].table.total()[0] == 1
    assert {(reading.after, engine) for reading, engine in lake.counted} == {
        (0, Engine.DUCKDB),
        (240, Engine.IN_PROCESS),
    }


def test_a_plan_that_is_asked_for_no_more_is_let_go_and_a_new_one_counted_whole() -> None:
    lake = ListeningLake(a_lake())
    tables = WindowTables(lake, "credit")
    tables.bring_up(PLANS[:2], upto=240)
    found = tables.bring_up(PLANS[1:3], upto=240)
    assert [found[plan].added is None for plan in PLANS[1:3]] == [False, True]
    tables.let_go(PLANS[1:2])
    assert tables.bring_up(PLANS[:2], upto=240)[PLANS[1]].added is None


def test_tables_never_go_back() -> None:
    lake = a_lake(days=1)
    tables = WindowTables(lake, "credit")
    tables.bring_up(PLANS, upto=10)
    with pytest.raises(InvalidInput, match="cannot go back to 9"):
        tables.bring_up(PLANS, upto=9)
