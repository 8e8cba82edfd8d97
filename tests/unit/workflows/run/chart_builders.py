"""A credit system with ten days of traffic in a lake, and a ledger that knows its releases: where charts begin."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from watch_builders import ONE, TWO, World, a_monitor, at_day

from careloop.domain.counts import bucket_of
from careloop.domain.event import Event, EventKind
from careloop.domain.event_values import microseconds
from careloop.domain.monitor import Monitor
from careloop.domain.monitor_chart import ChartSeries, MonitorChart, SeriesRole, SystemCharts
from careloop.domain.system import System
from careloop.ports.count_engine import CountEngine
from careloop.ports.lake import Engine, Lake, Reading
from careloop.testing.lake_fake import LakeFake
from careloop.workflows.run.monitor_charts import ChartAsk, ChartDesk
from careloop.workflows.run.system_log import SystemLog

SYSTEM = System.model_validate(
    {
        "id": "credit",
        "name": "Credit",
        "owner": "ai-lead",
        "purpose": "Decides about accounts.",
        "origin": "built",
        "tier": "high",
        "tier_reason": "It decides about people.",
        "lifecycle": "operation",
        "autonomy": "human_decides",
        "domain": "credit",
        "personal_data": True,
        "affects_rights": True,
        "events": {
            "groups": {"sex": {"type": "category", "personal": True, "values": ["men", "women"]}},
            "business": {
                "granted": {"type": "number", "personal": False, "unit": "EUR"},
                "cases": {"type": "integer", "personal": False},
                "overridden": {"type": "boolean", "personal": False},
            },
            "protected_basis": "permitted",
        },
    }
)

GAP = a_monitor(minimum_n=3)
OVERRIDES = a_monitor(id="overrides", kind="performance", measure="override_rate", by=None, window="PT6H", minimum_n=2)
BY_HOUR = a_monitor(
    id="by-hour", measure="override_rate", by="sex", window="PT1H", reference="same_hour_of_week", minimum_n=1
)
LATENCY = a_monitor(id="latency", kind="latency", measure="latency_p90_ms", by=None, window="P1D", tolerance=50.0)
GRANTED = a_monitor(id="granted", kind="business", measure="granted", window="P1D", tolerance=900.0)
RATIO = a_monitor(id="ratio", measure="impact_ratio", minimum_n=3)
DRIFT = a_monitor(id="drift", kind="drift", measure="psi", by=None)
ALL = (GAP, OVERRIDES, BY_HOUR, LATENCY, GRANTED, RATIO, DRIFT)


def an_answer(number: int, at: datetime, **changed: Any) -> Event:
    """An inference of the credit system; women and men take turns."""
    unit = f"unit-{number % 40}"
    values: dict[str, Any] = {
        "id": f"event-{number}",
        "system": "credit",
        "release": ONE,
        "kind": EventKind.INFERENCE,
        "occurred_us": microseconds(at),
        "bucket": bucket_of(unit),
        "unit": unit,
        "groups": {"sex": "women" if number % 2 else "men"},
        "prediction": "approve" if number % 3 else "refuse",
        "latency_us": 1000 * (50 + number % 50),
        "business": {"granted": 1_500_000 * (number % 3), "cases": number % 4, "overridden": number % 10 == 0},
    }
    return Event(**{**values, **changed})


def a_lake(*, days: int = 10, a_day: int = 24, switch: int | None = 6) -> LakeFake:
    """Traffic that arrives when it happens; from day `switch` on release two answers."""
    lake = LakeFake()
    for number in range(days * a_day):
        at = at_day(number / a_day) + timedelta(seconds=number % 60)
        release = TWO if switch is not None and at >= at_day(switch) else ONE
        lake.append([an_answer(number, at, release=release)], now=at)
    return lake


def a_ledger(*, switch: int | None = 6) -> World:
    """Release one stood and answered from the first day on, release two from day `switch` on."""
    world = World()
    world.stand(ONE, day=0, version="1.0")
    world.deploy(ONE, day=0)
    if switch is not None:
        world.stand(TWO, day=switch, version="2.0")
        world.deploy(TWO, day=switch)
    return world


class ListeningLake:
    """A lake that notes which readings were counted, and by whom."""

    def __init__(self, behind: Lake) -> None:
        self._behind = behind
        self.counted: list[tuple[Reading, Engine]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._behind, name)

    @contextmanager
    def counting(self, reading: Reading, *, engine: Engine = Engine.DUCKDB) -> Iterator[CountEngine]:
        self.counted.append((reading, engine))
        with self._behind.counting(reading, engine=engine) as counts:
            yield counts


def draw(
    lake: Lake, world: World, *monitors: Monitor, desk: ChartDesk | None = None, most_windows: int = 400
) -> SystemCharts:
    """The charts of these monitors, or of all."""
    ask = ChartAsk(system=SYSTEM, monitors=monitors or ALL, most_windows=most_windows)
    return (desk or ChartDesk(lake)).charts(ask, SystemLog(world.ledger).read())


def chart_of(charts: SystemCharts, monitor: Monitor) -> MonitorChart:
    return next(chart for chart in charts.charts if chart.monitor.id == monitor.id)


def line(chart: MonitorChart, role: SeriesRole, group: str | None = None) -> ChartSeries:
    return next(series for series in chart.series if (series.role, series.group) == (role, group))


def points(series: ChartSeries) -> Sequence[tuple[float, str, int, float | None]]:
    """Day, release, n and value of each point."""
    begin = at_day(0).timestamp()
    return [((p.window - begin) / 86_400, p.release, p.n, p.value) for p in series.points]
