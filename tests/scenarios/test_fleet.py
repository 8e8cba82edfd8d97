"""The made-up fleet is a real one: documents that pass, a ledger that verifies, events that were admitted."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree

import pytest

from careloop import wiring
from careloop.documents.compile import compile_tree
from careloop.documents.event_batch import BatchRow
from careloop.domain.monitor import Monitors
from careloop.domain.system import System
from careloop.plans.automation_history import deployments
from careloop.web.board import Board
from careloop.workflows.run.fleet_overview import FleetReading, Silence, fleet_overview
from careloop.workflows.run.ingest_events import ingest_events
from careloop.workflows.run.monitor_charts import ChartAsk, ChartDesk
from careloop.workflows.run.system_cards import system_cards
from careloop.workflows.run.system_log import SystemLog

CARE = Path(sys.executable).with_name("care")
ROOT = Path(__file__).resolve().parents[2]
UNTIL = datetime(2026, 11, 27, tzinfo=UTC)


def build(folder: Path) -> Path:
    tool, size = ROOT / "tools" / "build_fleet.py", ["--systems", "3", "--days", "10", "--events", "150"]
    subprocess.run([sys.executable, str(tool), str(folder), *size], check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("fleet") / "one")


def test_nothing_is_to_be_mended_and_the_ledger_verifies(fleet: Path) -> None:
    environment = {**os.environ, "CARELOOP_CACHE": str(fleet.parent / "cache"), "NO_COLOR": "1"}
    for words in (["check", str(fleet)], ["ledger", "verify", "--repo", str(fleet)]):
        command = [str(CARE), *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        assert done.returncode == 0, (words, done.stdout, done.stderr)


def test_the_same_arguments_give_the_same_fleet(fleet: Path, tmp_path: Path) -> None:
    again = build(tmp_path / "two")
    with closing(wiring.open_ledger(fleet)) as one, closing(wiring.open_ledger(again)) as other:
        assert [entry.body for entry in one.query()] == [entry.body for entry in other.query()]
        assert one.size() > 40
    heads = [wiring.repository_source(root).resolve("HEAD") for root in (fleet, again)]
    assert heads[0] == heads[1]
    with closing(wiring.lake(fleet)) as one_lake, closing(wiring.lake(again)) as other_lake:
        assert one_lake.newest() == other_lake.newest()


def test_its_pages_show_what_happened(fleet: Path) -> None:
    repository = compile_tree(wiring.repository_source(fleet).work_tree()).repository
    with closing(wiring.open_ledger(fleet)) as ledger, closing(wiring.lake(fleet)) as lake:
        entries = SystemLog(ledger).read()
        reading = FleetReading(
            cards=system_cards(repository),
            entries=entries,
            newest=lake.newest(),
            presence=wiring.file_registry(fleet).artefacts.presence,
        )
        rows = {row.card.id: row for row in fleet_overview(reading, environment="production", now=UNTIL).rows}
        assert list(rows) == ["claim-triage-at", "credit-limit-at", "offer-ranking-at"]
        assert {row.freshness.silent for row in rows.values()} == {Silence.NO}
        assert [row.target_version for row in rows.values()] == ["1.0", "1.0", "1.0"]
        desk = ChartDesk(lake)
        for document, monitors in repository.all(Monitors):
            system = next(one for one in repository.nouns(System) if one.id == document.folder)
            charts = desk.charts(ChartAsk(system=system, monitors=monitors.monitors), entries)
            drawn = [chart for chart in charts.charts if chart.not_charted is None]
            assert len(drawn) == 9
            assert all(chart.windows for chart in drawn)
            assert [mark.version for mark in charts.switches] == ["1.0", "2.0"]


def test_an_event_renews_the_rows_within_seconds_and_reads_no_document_r47(fleet: Path, tmp_path: Path) -> None:
    """Of a large group a whole picture takes seconds: it waits until documents or the ledger have changed."""
    root = tmp_path / "served"
    copytree(fleet, root, symlinks=True)
    board = Board(root)
    board.start()
    try:
        before = board.picture()
        send_heartbeat(root)
        until = time.monotonic() + 60
        while (after := board.picture()).head.watermark == before.head.watermark:
            assert time.monotonic() < until, "nobody noticed the event"
            time.sleep(0.1)
    finally:
        board.stop()
    row, renewed = before.row("credit-limit-at"), after.row("credit-limit-at")
    assert row is not None
    assert renewed is not None
    assert renewed.freshness.newest != row.freshness.newest
    assert after.read_at == before.read_at
    assert after.computed_at > before.computed_at
    assert after.number > before.number


def send_heartbeat(root: Path) -> None:
    with closing(wiring.open_ledger(root)) as ledger:
        entries = SystemLog(ledger).read().of("credit-limit-at")
    locks = [lock for lock, _ in deployments(entries, system="credit-limit-at", environment="production")]
    now = datetime.now(UTC)
    event = {
        "id": "one-more",
        "system": "credit-limit-at",
        "release": locks[0],
        "kind": "heartbeat",
        "occurred_at": now.isoformat(),
        "source": "service",
        "seq": 900_000,
    }
    with closing(wiring.lake(root)) as lake:
        report = ingest_events([BatchRow(0, event)], wiring.intake(root, lake), now=now)
    assert report.accepted == 1
