"""What pages read, computed over a made-up fleet: how long from nothing, and how long when a little came. JSON rows.

Rows: overview_cold, overview_warm, overview_after_500, charts_cold, charts_warm, charts_after_500, stores_head, and
projections_memory. CPU milliseconds of all threads, the median of `--repeat` runs; there is no peer to compare with.
The fleet is built once below .cache/fleets, in minutes, unless `--fleet` names one; events are added to a copy of it.
"""

import argparse
import gc
import json
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from careloop import wiring
from careloop.adapters.parquet_lake import ParquetLake, open_lake
from careloop.adapters.remembered_ledger import RememberedLedger
from careloop.documents.compile import compile_tree
from careloop.domain.monitor import Monitors
from careloop.domain.repository import Repository
from careloop.domain.system import System
from careloop.ports.lake import Reading
from careloop.workflows.run.fleet_overview import FleetOverview, FleetReading, fleet_overview
from careloop.workflows.run.monitor_charts import ChartAsk, ChartDesk
from careloop.workflows.run.stores_head import stores_head
from careloop.workflows.run.system_cards import SystemCard, system_cards
from careloop.workflows.run.system_log import SystemLog

PROJECT = Path(__file__).resolve().parents[1]
UNTIL = datetime(2026, 11, 27, tzinfo=UTC)
MORE = 500


def main() -> None:
    """Build, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--systems", type=int, default=200)
    parser.add_argument("--fleet", type=Path, help="a folder that tools/build_fleet.py made")
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    root = options.fleet or built(options.systems)
    with tempfile.TemporaryDirectory() as folder:
        lake_folder = Path(folder) / "lake"
        shutil.copytree(root / ".care" / "lake", lake_folder)
        lake = open_lake(lake_folder)
        for row in measure(root, lake, options.repeat):
            print(json.dumps(row), flush=True)
        gc.unfreeze()
        lake.close()


def built(systems: int) -> Path:
    """A fleet of that size, built on first use."""
    root = PROJECT / ".cache" / "fleets" / str(systems)
    if not (root / ".care").exists():
        shutil.rmtree(root, ignore_errors=True)
        command = [sys.executable, str(PROJECT / "tools" / "build_fleet.py"), str(root), "--systems", str(systems)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return root


class Pages:
    """What a server holds in memory to answer from."""

    def __init__(self, root: Path, lake: ParquetLake) -> None:
        self.source, self.lake = wiring.repository_source(root), lake
        self.repository: Repository = compile_tree(self.source.work_tree()).repository
        self.cards: tuple[SystemCard, ...] = system_cards(self.repository)
        self.ledger = RememberedLedger(wiring.open_ledger(root))
        self.log = SystemLog(self.ledger)
        self.registry = wiring.file_registry(root)
        self.desk = ChartDesk(lake)

    def overview(self) -> FleetOverview:
        """Every system at a glance."""
        reading = FleetReading(
            cards=self.cards,
            entries=self.log.read(),
            newest=self.lake.newest(),
            presence=self.registry.artefacts.presence,
        )
        return fleet_overview(reading, environment="production", now=UNTIL)

    def charts(self, system: str, desk: ChartDesk | None = None) -> None:
        """The monitors of one system."""
        found = next(one for one in self.repository.nouns(System) if one.id == system)
        monitors = next(one.monitors for at, one in self.repository.all(Monitors) if at.folder == system)
        (desk or self.desk).charts(ChartAsk(system=found, monitors=monitors), self.log.read())


def measure(root: Path, lake: ParquetLake, repeat: int) -> Iterator[dict[str, object]]:
    """All rows; the engine's libraries are loaded before the clock runs."""
    pages = Pages(root, lake)
    chosen = [row.card.id for row in pages.overview().rows if row.version is not None][20:]
    pages.charts(chosen[-1])
    gc.collect()
    gc.freeze()  # as a server does: the documents stay, and need not be looked through at each collection
    systems, monitors = len(pages.cards), sum(card.monitors for card in pages.cards)
    yield row("overview_cold", median(lambda: Pages(root, lake).overview(), repeat), systems)
    yield row("overview_warm", median(pages.overview, repeat), systems)
    yield row("charts_cold", median_of(lambda n: pages.charts(chosen[n], ChartDesk(lake)), repeat), 10)
    pages.charts(chosen[0])
    yield row("charts_warm", median(lambda: pages.charts(chosen[0]), repeat), 10)
    overview, charts = [], []
    for turn in range(repeat):
        more_events(lake, chosen[0], turn)
        overview.append(milliseconds(pages.overview))
        charts.append(milliseconds(lambda: pages.charts(chosen[0])))
    yield row("overview_after_500", statistics.median(overview), systems)
    yield row("charts_after_500", statistics.median(charts), 10)
    head = median(lambda: stores_head(pages.source, ledger=pages.ledger, lake=lake), repeat)
    yield row("stores_head", head, systems)
    for system in chosen[:32]:
        pages.charts(system)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    yield {**row("projections_memory", peak, monitors), "unit": "MB peak, charts of 32 systems kept"}


def more_events(lake: ParquetLake, system: str, turn: int) -> None:
    """So many events more of one system, half of them an hour or two late."""
    last = [each.event for each in lake.events(Reading(system=system, upto=lake.watermark()))][-MORE:]
    now = UNTIL + timedelta(minutes=turn)
    events = [
        msgspec.structs.replace(
            event, id=f"more-{turn}-{n}", occurred_us=int((now - timedelta(hours=n % 2)).timestamp() * 1e6) + n
        )
        for n, event in enumerate(last)
    ]
    lake.append(events, now=now)


def milliseconds(call: Callable[[], object]) -> float:
    """CPU time of one call."""
    begin = time.process_time()
    call()
    return (time.process_time() - begin) * 1000


def median(call: Callable[[], object], repeat: int) -> float:
    """How long a call takes, of several."""
    return statistics.median(milliseconds(call) for _ in range(repeat))


def median_of(call: Callable[[int], object], repeat: int) -> float:
    """How long a call takes, each time with another number."""
    return statistics.median(milliseconds(lambda n=n: call(n)) for n in range(repeat))  # type: ignore[misc]


def row(name: str, ours: float, n: int) -> dict[str, object]:
    """One row; `n` is systems of an overview, monitors of charts."""
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    return {
        "name": name,
        "ours": round(ours, 1),
        "peer": None,
        "ratio": None,
        "unit": "CPU ms",
        "n": n,
        "machine": machine,
    }


if __name__ == "__main__":
    main()
