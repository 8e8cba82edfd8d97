"""Tables that grow over the real lake: segments, Parquet and a compaction in between give what a fresh count gives."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

import pytest

from careloop.adapters.parquet_lake import open_lake
from careloop.adapters.segment_store import SegmentStore
from careloop.domain.count_plan import Compare, Predicate
from careloop.domain.event import Event
from careloop.domain.event_columns import LABEL, PREDICTION, column_named
from careloop.domain.event_rows import View
from careloop.measures.rate import rate_plan
from careloop.measures.split import Split
from careloop.ports.lake import Lake
from careloop.testing.contracts.lake import a_label
from careloop.testing.event_builders import NOON, a_schema, an_event
from careloop.workflows.run.read_windows import FEW, window_plan
from careloop.workflows.run.window_tables import WindowTables

APPROVED = (Predicate(PREDICTION, Compare.EQ, ("approve",)),)
RATE = rate_plan("approvals", hit=APPROVED, split=Split(group=(column_named("sex", a_schema()),)))
RIGHT = rate_plan("right", hit=(Predicate(LABEL, Compare.EQ, ("approve",)),))
PLANS = tuple(
    window_plan(plan, view=view, seconds=3600)
    for plan, view in ((RATE, View.OCCURRED), (RATE, View.RECEIVED), (RIGHT, View.OCCURRED))
)


def some(first: int, last: int) -> list[Event]:
    return [
        an_event(
            n,
            occurred_at=(NOON - timedelta(minutes=37 * (n % 11))).isoformat(),
            groups={"sex": "male" if n % 2 else "female"},
            prediction="approve" if n % 3 else "no",
        )
        for n in range(first, last)
    ]


def tables(found: WindowTables, lake: Lake) -> list[list[object]]:
    grown = found.bring_up(PLANS, upto=lake.watermark())
    return [list(grown[plan].table.rows()) for plan in PLANS]


@pytest.mark.parametrize("few", [0, FEW], ids=["by DuckDB", "in process"])
def test_growing_tables_equal_fresh_ones_on_either_engine(tmp_path: Path, few: int) -> None:
    lake = open_lake(tmp_path)
    growing = WindowTables(lake, "credit", few=few)
    for turn in range(6):
        lake.append([*some(turn * 20, turn * 20 + 20), an_event(turn, system="shop")], now=NOON + timedelta(hours=turn))
        if turn % 2:
            lake.append([a_label(turn * 7, label="approve")], now=NOON + timedelta(hours=turn))
        if turn == 3:
            lake.close_segments(even_if_small=True)
            lake.compact()
        assert tables(growing, lake) == tables(WindowTables(lake, "credit"), lake)
    assert all(tables(growing, lake))
    lake.close()


def test_what_came_since_is_read_from_near_its_place_in_the_segment(tmp_path: Path) -> None:
    lake = open_lake(tmp_path)
    for turn in range(40):
        lake.append(some(turn * 20, turn * 20 + 20), now=NOON)
    store = SegmentStore(tmp_path / "segments")
    with store.exclusive():
        frames = list(store.catch_up())
        (segment,) = store.files()
        for seq in (1, 400, 780, sys.maxsize):
            stretches = store.stretches(segment, seq=seq, system="credit")
            behind = [frame for stretch in stretches for frame in segment.frames(*stretch)]
            assert behind == frames[len(frames) - len(behind) :]
            assert all(frame.next_seq <= seq for frame in frames[: len(frames) - len(behind)])
        assert store.stretches(segment, seq=1, system="credit") == [(0, segment.size)]
        ((near, end),) = store.stretches(segment, seq=780, system="credit")
        assert 0 < near < end == segment.size
    counted = WindowTables(lake, "credit").bring_up(PLANS[:1], upto=800)
    assert counted[PLANS[0]].table.total()[1] == 800
    store.close()
    lake.close()


def test_a_lake_that_another_handle_writes_and_compacts_grows_as_well(tmp_path: Path) -> None:
    writer, reader = open_lake(tmp_path), open_lake(tmp_path)
    growing = WindowTables(reader, "credit")
    for turn in range(4):
        writer.append(some(turn * 10, turn * 10 + 10), now=NOON + timedelta(hours=turn))
        if turn == 2:
            writer.close_segments(even_if_small=True)
            writer.compact()
        assert reader.newest()["credit"].seq == 10 * turn + 10
        assert tables(growing, reader) == tables(WindowTables(writer, "credit"), writer)
    writer.close()
    reader.close()
