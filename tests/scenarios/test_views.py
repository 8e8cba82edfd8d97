"""Business figures of a real Prometheus stand beside the monitors: read by the worker, shown with their age (R46)."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from ingest_rooms import SYSTEM, acme
from prometheus_server import MISSING, free_port, openmetrics, prometheus_server

from careloop import wiring
from careloop.domain.view import ViewKey
from careloop.errors import CareloopError
from careloop.wiring.views import view_store
from careloop.worker.side_loops import side_loops

pytestmark = pytest.mark.skipif(MISSING is not None, reason=str(MISSING))

VIEWS = """
views:
  conversion:
    kind: prometheus
    title: Conversion of offers
    address: {url}
    query: sum by (region) (rate(shop_paid_total[10s])) / sum by (region) (rate(shop_offers_total[10s]))
    by: region
    unit: share
    step: PT1S
    keep: PT2H
  revenue:
    kind: prometheus
    title: Revenue
    address: {url}
    query: sum(shop_revenue)
    unit: EUR
    step: PT5M
    keep: P30D
"""


class Said(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def views(self) -> dict[str, Any]:
        return {one["view"]: one for one in json.loads(self.out)["views"]}


def care(root: Path, *words: str, env: Mapping[str, str] | None = None) -> Said:
    command = [sys.executable, "-c", "from careloop.cli.main import run; run()", *words, "--repo", str(root)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=None if env is None else dict(env))
    return Said(done.returncode, done.stdout, done.stderr)


@contextmanager
def a_shop() -> Iterator[str]:
    """What a shop shows to a Prometheus: ten offers a second in two regions, of which the coast pays for every fifth;
    inland offers nothing, so that its conversion is nothing that could be divided."""
    began = time.monotonic()

    class Metrics(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seconds = time.monotonic() - began
            rows = [
                f'shop_offers_total{{region="coast"}} {10 * seconds:.3f}',
                f'shop_paid_total{{region="coast"}} {2 * seconds:.3f}',
                'shop_offers_total{region="inland"} 0',
                'shop_paid_total{region="inland"} 0',
            ]
            self.send_response(200)
            self.end_headers()
            self.wfile.write(("\n".join(rows) + "\n").encode())

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Metrics)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def declare(root: Path, views: str) -> None:
    file = root / "systems" / SYSTEM / "system.yaml"
    file.write_text(file.read_text() + views)


def scraped(target: str) -> str:
    return f'{{job_name: shop, scrape_interval: 1s, static_configs: [{{targets: ["{target}"]}}]}}'


def test_a_worker_reads_what_a_prometheus_scraped_and_a_stranger_sees_it_with_its_age(tmp_path: Path) -> None:
    root, folder, port = acme(tmp_path), tmp_path / "prometheus", free_port()
    folder.mkdir()
    declare(root, VIEWS.format(url=f"http://127.0.0.1:{port}"))
    now = int(wiring.now().timestamp())
    past = {("shop_revenue", "coast"): tuple((now // 300 * 300 - 300 * n, 1000.0 + n) for n in range(2000, -1, -1))}
    loops = {one.name: one for one in side_loops(root, threading.Event()).loops}
    turn, other = loops[f"view {SYSTEM}/conversion"], loops[f"view {SYSTEM}/revenue"]
    assert turn.every_s == 60.0

    with pytest.raises(CareloopError, match="cannot be reached"):
        turn.work(wiring.now())
    never = care(root, "monitor", "views", SYSTEM)
    assert never.code == 1
    assert f"unread: never read: http://127.0.0.1:{port} cannot be reached" in never.out

    with a_shop() as target, prometheus_server(folder, past=openmetrics(past), scrape=scraped(target), port=port):
        store, key = view_store(root, None), ViewKey(SYSTEM, "conversion")
        while True:
            turn.work(wiring.now())
            found = store.reading(key)
            assert found is not None
            known = {one.label: [point for point in one.points if point.value is not None] for one in found.series}
            if len(known.get("coast", [])) > 3:
                break
            time.sleep(1)
        other.work(wiring.now())
        fresh = care(root, "monitor", "views", SYSTEM, "--read")
        told = care(root, "monitor", "views", SYSTEM, "--format", "json")
    assert (fresh.code, told.code) == (0, 0), fresh.out + fresh.err
    assert "fresh: read " in fresh.out
    assert "inland  not evaluable (NaN) at " in fresh.out, "0 of 0 is no conversion of 0"
    conversion, revenue = told.views["conversion"], told.views["revenue"]
    coast, inland = conversion["lines"]
    assert coast["newest"]["value"] == pytest.approx(0.2, abs=0.02)
    assert (inland["newest"]["value"], inland["highest"]) == (None, None)
    assert inland["not_a_number"] == inland["samples"] > 0
    (alone,) = revenue["lines"]
    assert (alone["lowest"], alone["highest"]) == (1000.0, 3000.0)
    assert alone["samples"] in (2001, 2002), "a sample is current for five minutes"

    gone = care(root, "monitor", "views", SYSTEM, "--read")
    assert gone.code == 0, "what was read seconds ago is of now"
    assert gone.err.count("cannot be reached") == 2
    assert "the last try failed: http://127.0.0.1" in gone.out


def test_a_series_that_cannot_be_told_apart_is_told_with_place_and_way_out(tmp_path: Path) -> None:
    root = acme(tmp_path)
    now = int(wiring.now().timestamp())
    past = {("shop_orders", region): tuple((now - 60 * n, 1.0) for n in range(60, 0, -1)) for region in ("n", "s")}
    with prometheus_server(tmp_path, past=openmetrics(past)) as url:
        view = f"{{kind: prometheus, title: Orders, address: '{url}', query: shop_orders, keep: P1D}}"
        declare(root, f"\nviews:\n  orders: {view}\n")
        said = care(root, "monitor", "views", SYSTEM, "--read")
    assert said.code == 1
    assert (
        f"error: systems/{SYSTEM}/system.yaml: views.orders: the query has 2 series, which differ in region" in said.err
    )
    assert "next: aggregate it" in said.err
    assert "unread: never read: systems/" in said.out


def test_a_secret_comes_from_the_environment_by_its_name_and_a_missing_one_is_told(tmp_path: Path) -> None:
    root = acme(tmp_path)
    declare(
        root,
        "\nviews:\n  orders:\n    {kind: prometheus, title: Orders, address: 'https://prom.invalid', query: x,"
        " secret: SHOP_PROMETHEUS_TOKEN}\n",
    )
    said = care(root, "monitor", "views", SYSTEM, "--read")
    assert said.code == 1
    assert "views.orders.secret: the environment has no variable SHOP_PROMETHEUS_TOKEN" in said.err
    turn = next(one for one in side_loops(root, threading.Event()).loops if one.name == f"view {SYSTEM}/orders")
    with pytest.raises(CareloopError, match="SHOP_PROMETHEUS_TOKEN"):
        turn.work(wiring.now())
    told = care(root, "monitor", "views", SYSTEM)
    assert "never read: systems/" in told.out


@pytest.mark.parametrize(
    ("system", "told"), [(SYSTEM, "declares no view"), ("nobody", "systems/nobody/system.yaml declares no view")]
)
def test_a_system_without_views_is_told_where_they_are_declared(tmp_path: Path, system: str, told: str) -> None:
    said = care(acme(tmp_path), "monitor", "views", system)
    assert (said.code, told in said.err, "feeds.md" in said.err) == (2, True, True), said


def test_a_view_is_no_feed_and_no_measure_can_be_taken_of_it(tmp_path: Path) -> None:
    root = acme(tmp_path)
    declare(root, VIEWS.format(url="http://127.0.0.1:9"))
    as_feed = care(root, "ingest", "--system", SYSTEM, "--from", "conversion")
    assert (as_feed.code, "there is no 'conversion'" in as_feed.err) == (2, True), as_feed
    monitors = root / "systems" / SYSTEM / "monitors.yaml"
    text = monitors.read_text()
    assert "monitors:\n" in text
    watched = (
        "monitors:\n  - {id: from-a-view, kind: business, measure: rate, of: views.conversion, values: ['1'],"
        " window: P1D, reference: previous_period, tolerance: 0.1, promise: P1Y, minimum_n: 10, severity: sev3,"
        " response: alert}\n"
    )
    monitors.write_text(text.replace("monitors:\n", watched, 1))
    git = ["git", "-C", str(root), "-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "A monitor of a view"]):
        subprocess.run([*git, *words], check=True)
    said = care(root, "monitor", "run", SYSTEM)
    assert "from-a-view" in said.out, said
    assert "views.conversion" in said.out, said
