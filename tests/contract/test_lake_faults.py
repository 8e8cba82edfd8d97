"""R47: what goes wrong around a lake on a real disk: no room, clocks, storms of NaN, many groups, a changed schema."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path

import msgspec
import pytest

from careloop.adapters.parquet_lake import ParquetLake, open_lake
from careloop.documents.event_batch import json_batch
from careloop.domain.count_plan import Aggregate, Column, ColumnKind, CountPlan, EdgeBins
from careloop.domain.counts import BUCKETS, REMAINDER, UNKNOWN_GROUP, Tally
from careloop.domain.event_contract import EventContract
from careloop.domain.monitor import Monitor
from careloop.domain.system import EventSchema
from careloop.errors import Unavailable
from careloop.monitors.remainder import MOST_GROUPS
from careloop.ports.lake import Engine, Reading
from careloop.testing.event_builders import NOON, ReleasesFake, a_row, a_schema, an_event
from careloop.workflows.run.compile_monitors import compile_monitors, with_windows
from careloop.workflows.run.detect_changes import detect_changes
from careloop.workflows.run.ingest_events import Intake, ingest_events
from careloop.workflows.run.read_windows import WindowQuery, closed_windows

_FULL = """
import resource, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from careloop.adapters.parquet_lake import open_lake
from careloop.errors import Unavailable
from careloop.testing.event_builders import NOON, an_event
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
lake, told = open_lake(Path(sys.argv[1])), 0
for n in range(1000):
    try:
        lake.append([an_event(n)], now=NOON)
    except Unavailable as error:
        print("full after", n, error.message)
        break
for attempt in range(3):
    try:
        lake.append([an_event(5000 + attempt)], now=NOON)
        print("taken while full")
    except Unavailable:
        pass
try:
    lake.close_segments(even_if_small=True)
    print("compacted", lake.compact().rows)
except Unavailable as error:
    print("not compacted")
"""


def ids(lake: ParquetLake) -> list[str]:
    return [each.event.id for each in lake.events(Reading(system="credit", upto=lake.watermark()))]


def compacted(lake: ParquetLake) -> int:
    lake.close_segments(even_if_small=True)
    return lake.compact().rows


@pytest.mark.parametrize("room", [700, 1_000, 5_000])
def test_a_disk_that_is_full_refuses_and_loses_nothing_that_was_acknowledged(tmp_path: Path, room: int) -> None:
    run = subprocess.run(
        [sys.executable, "-c", _FULL, str(tmp_path), str(room)], capture_output=True, text=True, check=True
    )
    first = run.stdout.splitlines()[0]
    assert first.startswith("full after "), run.stdout
    assert "cannot be written" in first
    acknowledged = int(first.split()[2])
    assert acknowledged > 0
    with closing(open_lake(tmp_path)) as lake:
        found = ids(lake)
        assert found[:acknowledged] == [f"event-{n}" for n in range(acknowledged)]
        assert "taken while full" in run.stdout or len(found) == acknowledged
        assert lake.append([an_event(n) for n in range(acknowledged + 5)], now=NOON).duplicates[:acknowledged] == tuple(
            range(acknowledged)
        )
        compacted(lake)
        assert len(ids(lake)) == len(set(ids(lake))) == lake.watermark()


def test_a_clock_that_is_set_back_or_leaps_never_turns_the_order_around(tmp_path: Path) -> None:
    with closing(open_lake(tmp_path)) as lake:
        for n, leap in enumerate((0, -3600, 7200, -86_400)):
            lake.append([an_event(n)], now=NOON + timedelta(seconds=leap))
        compacted(lake)
        lake.append([an_event(9)], now=NOON - timedelta(days=400))
        stored = list(lake.events(Reading(system="credit", upto=lake.watermark())))
        assert [each.event.id for each in stored] == ["event-0", "event-1", "event-2", "event-3", "event-9"]
        assert [each.received_us for each in stored] == sorted(each.received_us for each in stored)


def an_intake(lake: ParquetLake, schema: EventSchema) -> Intake:
    return Intake(lake=lake, contracts={"credit": EventContract.of("credit", schema)}, releases=ReleasesFake())


def test_a_storm_of_nan_is_refused_row_by_row_and_the_report_stays_small(tmp_path: Path) -> None:
    rows = [{**a_row(n), "score": float("nan")} for n in range(5_000)]
    rows += [{**a_row(n), "score": float("inf") if n % 2 else None} for n in range(5_000, 5_100)]
    with closing(open_lake(tmp_path)) as lake:
        report = ingest_events(json_batch(json.dumps(rows).encode()), an_intake(lake, a_schema()), now=NOON)
        assert (report.accepted, report.refused_rows) == (50, 5_050)
        assert report.reasons == {"score: not a finite number": 5_050}
        assert len(ids(lake)) == 50


def test_events_of_the_future_are_refused_and_those_of_a_skewed_clock_are_not(tmp_path: Path) -> None:
    ahead = [{**a_row(n), "occurred_at": (NOON + timedelta(minutes=n)).isoformat()} for n in (4, 5, 6, 600_000)]
    with closing(open_lake(tmp_path)) as lake:
        report = ingest_events(json_batch(json.dumps(ahead).encode()), an_intake(lake, a_schema()), now=NOON)
        assert [row.index for row in report.refused] == [2, 3]
        assert report.reasons == {"occurred_at: lies in the future": 2}


def a_gap(**changed: object) -> Monitor:
    return Monitor.model_validate(
        {
            "id": "gap",
            "kind": "fairness",
            "measure": "dp_difference",
            "by": "region",
            "window": "PT1H",
            "reference": "previous_period",
            "tolerance": 0.1,
            "promise": "P30D",
            "minimum_n": 10,
            "severity": "severe",
            "response": "page",
            **changed,
        }
    )


def in_regions(names: list[str]) -> EventSchema:
    return a_schema(segment={"region": {"type": "category", "personal": False, "values": names}})


def test_ten_thousand_groups_in_one_monitor_are_watched_as_fifty_with_the_remainder_named(tmp_path: Path) -> None:
    names = [f"r{n}" for n in range(10_000)]
    found = compile_monitors([a_gap()], in_regions(names))
    assert found.left_out == ()
    (watched,) = found.watched
    assert (len(watched.groups), watched.groups[-1]) == (MOST_GROUPS, REMAINDER)
    assert "9,951 of 10,000 groups are watched together as (remainder)" in watched.note
    with closing(open_lake(tmp_path)) as lake:
        for hour in range(3):
            at = NOON - timedelta(hours=4 - hour)
            first = an_event(hour, segment={"region": "r0"}, occurred_at=at.isoformat())
            events = [
                msgspec.structs.replace(first, id=f"{hour}-{n}", segment={"region": name}, bucket=n % 64)
                for n, name in enumerate(names)
            ]
            lake.append(events, now=at + timedelta(minutes=1))
            if hour < 2:
                compacted(lake)
        (counted,) = with_windows([watched], lake=lake, system="credit", now=NOON)
        by_group = counted.table.tallies()
        assert set(by_group) == set(watched.groups)
        assert by_group[REMAINDER].n == 3 * 9_951
        assert by_group["r0"] == Tally(3, 3)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        assert detect_changes(counted, starts={}) == ()
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 * 1024


@pytest.mark.parametrize("engine", [Engine.DUCKDB, Engine.IN_PROCESS])
def test_a_window_has_no_more_cells_than_groups_by_buckets_whatever_the_rows_hold(
    tmp_path: Path, engine: Engine
) -> None:
    """The cap is where rows are counted: the table of 20,000 values, most of them declared by nobody, is no larger."""
    names = [f"r{n}" for n in range(500)]
    (watched,) = compile_monitors([a_gap()], in_regions(names)).watched
    at = NOON - timedelta(hours=3)
    first = an_event(0, segment={"region": "r0"}, occurred_at=at.isoformat())
    with closing(open_lake(tmp_path)) as lake:
        lake.append(
            [
                msgspec.structs.replace(
                    first, id=f"{n}", bucket=n % BUCKETS, unit=f"u{n}", segment={"region": f"r{n}"} if n % 50 else {}
                )
                for n in range(20_000)
            ],
            now=at,
        )
        compacted(lake)
        query = WindowQuery(system="credit", plans=[watched.plan], seconds=3600, engine=engine)
        table = closed_windows(lake, query, now=NOON).tables["gap"]
    assert len(table.cells) <= (MOST_GROUPS + 1) * (BUCKETS + 1)
    assert set(table.by_group()) <= {*watched.groups, UNKNOWN_GROUP}
    tallies = table.tallies()
    assert sum(tally.n for tally in tallies.values()) == 20_000, "pooled, and not one row lost"
    assert tallies[UNKNOWN_GROUP].n == 400


def test_a_group_that_vanishes_is_watched_again_when_it_comes_back(tmp_path: Path) -> None:
    found = compile_monitors([a_gap()], in_regions(["north", "south"]))
    (watched,) = found.watched
    with closing(open_lake(tmp_path)) as lake:
        number = 0
        for hour in range(160):
            at = NOON - timedelta(hours=161 - hour)
            here = ["north"] if 40 <= hour < 60 else ["north", "south"]
            one = partial(msgspec.structs.replace, an_event(hour, occurred_at=at.isoformat()))
            events = []
            for region in here:
                refused = region == "south" and hour >= 60
                for _ in range(40):
                    number += 1
                    answer = "refuse" if refused or number % 2 else "approve"
                    events.append(
                        one(id=f"{number}", segment={"region": region}, prediction=answer, bucket=number % 64)
                    )
            lake.append(events, now=at + timedelta(minutes=1))
        (counted,) = with_windows([watched], lake=lake, system="credit", now=NOON)
        moved = [change.signal for change in detect_changes(counted, starts={})]
        assert moved, "what the group suffered after its return is seen"
        assert {signal.window >= int((NOON - timedelta(hours=101)).timestamp()) for signal in moved} == {True}


@pytest.mark.parametrize("compacts", [True, False])
@pytest.mark.parametrize(("old", "new"), [(3, 3.5), (3.5, 3), (3, "three"), ("three", 3), (True, 3), (3, True)])
def test_a_window_across_a_change_of_schema_counts_rows_of_both(
    tmp_path: Path, old: object, new: object, compacts: bool
) -> None:
    """The declared type of a field changes while a window is open; rows of both are there and are counted."""
    with closing(open_lake(tmp_path)) as lake:
        lake.append([an_event(n, features={"x": old}) for n in range(4)], now=NOON)
        if compacts:
            compacted(lake)
        lake.append([an_event(n, features={"x": new, "y": 1}) for n in range(4, 9)], now=NOON)
        if compacts:
            compacted(lake)
        assert len(ids(lake)) == 9
        kind = {int: ColumnKind.REAL, float: ColumnKind.REAL, str: ColumnKind.TEXT, bool: ColumnKind.FLAG}[type(new)]
        column = Column("features.x", kind)
        plans = [CountPlan(monitor="all", aggregates=(Aggregate(name="n"),))]
        if kind is ColumnKind.REAL:
            plans.append(CountPlan(monitor="x", aggregates=(Aggregate(name="n"),), bins=EdgeBins(column, (0.0, 3.2))))
        found = []
        for engine in Engine:
            reading = Reading(system="credit", upto=lake.watermark(), columns=(column,))
            with lake.counting(reading, engine=engine) as counts:
                found.append([counts.count(plan).rows() for plan in plans])
        assert found[0] == found[1]
        assert sum(values[0] for _, values in found[0][-1]) == 9


def sent(numbers: range, **features: object) -> list[dict[str, object]]:
    return [a_row(n, features={"job": "clerk", **features}) for n in numbers]


def test_a_schema_that_changes_mid_window_undeclared_is_told_and_declared_goes_on(tmp_path: Path) -> None:
    """An application sends another type and a new field before anybody declared it; then somebody does."""
    new = a_schema(
        features={
            "job": {"type": "category", "personal": True, "values": ["clerk", "farmer", "pilot"]},
            "hours": {"type": "text", "personal": True},
            "rank": {"type": "integer", "personal": True},
        }
    )
    with closing(open_lake(tmp_path)) as lake:
        before, after = an_intake(lake, a_schema()), an_intake(lake, new)
        old_rows = sent(range(10), hours=40)
        assert ingest_events(json_batch(json.dumps(old_rows).encode()), before, now=NOON).accepted == 10
        compacted(lake)
        undeclared = [
            *sent(range(10, 20), hours="40 h"),
            *sent(range(20, 30), rank=3),
            *sent(range(30, 40), job="pilot"),
        ]
        told = ingest_events(json_batch(json.dumps(undeclared).encode()), before, now=NOON)
        assert (told.accepted, told.refused_rows) == (10, 20)
        assert {reason.partition(":")[0] for reason in told.reasons} == {"features.hours", "features.job"}
        assert dict(told.dropped) == {"features.rank": 10}
        changed = ingest_events(json_batch(json.dumps(undeclared).encode()), after, now=NOON)
        assert (changed.accepted, changed.duplicates, changed.refused_rows) == (20, 10, 0)
        compacted(lake)
        (watched,) = compile_monitors([a_drift()], new).watched
        query = WindowQuery(system="credit", plans=[watched.plan], seconds=3600)
        table = closed_windows(lake, query, now=NOON + timedelta(hours=2)).tables["jobs"]
        assert len({key.window for key in table.cells}) == 1
        assert table.by_bin() == {0: (30,), 2: (10,)}, "one window, rows of both declarations, and none twice"


def a_drift() -> Monitor:
    return a_gap(id="jobs", kind="drift", measure="psi", by=None, of="features.job")


def test_reading_a_lake_whose_parquet_is_gone_says_which_file(tmp_path: Path) -> None:
    with closing(open_lake(tmp_path)) as lake:
        lake.append([an_event(1)], now=NOON)
        compacted(lake)
        (path,) = tmp_path.rglob("*.parquet")
        path.unlink()
        with pytest.raises(Unavailable, match="parquet/system=credit"):
            ids(lake)
