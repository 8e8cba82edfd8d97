"""Pages over a made-up fleet of 200 systems with 10 monitors each: server, bytes and browser. JSON rows.

Rows: page_overview, page_systems, page_system, page_live, page_requirements, page_charts. Milliseconds as the server
itself says them (`Server-Timing`), the median and the 95 % quantile of `--repeat` requests by one reader on a warm
server; `worst` is the slowest; `kb` is what goes over the wire (gzip), `kb_plain` what the browser unpacks. Then what
headless Chromium does while `--rate` events a second come for all systems (`web_browser.py`): browser_live,
browser_system, browser_number_arrives; `--seconds 300` shows whether memory grows.
There is no peer to compare with. The fleet is the one of `web_projections.py`.
"""

import argparse
import gzip
import http.client
import json
import os
import platform
import re
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from careloop.adapters.parquet_lake import open_lake
from careloop.domain.deployment import ServeRelease
from web_projections import Pages, built

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT / "tests" / "scenarios"))

from served import Visitor, accounts, serving  # noqa: E402 - the same server that the tests start

from web_browser import Events, browser_rows  # noqa: E402

READER = "reader@fleet.example"


def main() -> None:
    """Serve, read, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--systems", type=int, default=200)
    parser.add_argument("--fleet", type=Path, help="a folder that tools/build_fleet.py made")
    parser.add_argument("--repeat", type=int, default=30)
    parser.add_argument(
        "--seconds", type=float, default=20.0, help="how long the browser stays on each page; 0: not at all"
    )
    parser.add_argument("--rate", type=int, default=1000, help="events a second, of all systems, while it stays")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "fleet"
        shutil.copytree(options.fleet or built(options.systems), root, symlinks=True)
        accounts(root, READER)
        releases = releases_that_answer(root)
        with serving(root) as port:
            for row in measure(port, options.systems, options.repeat):
                print(json.dumps(row), flush=True)
            for row in watch(port, releases, options) if options.seconds else ():
                print(json.dumps(row), flush=True)


def measure(port: int, systems: int, repeat: int) -> Iterator[dict[str, object]]:
    """One row a page."""
    reader = Visitor(port)
    reader.sign_in(READER)
    names = sorted(set(re.findall(r'href="/systems/([a-z0-9-]+)/"', reader.get("/systems/").text)))
    assert len(names) == systems, len(names)
    system = names[len(names) // 2]
    for name, path in {
        "page_overview": "/",
        "page_systems": "/systems/",
        "page_system": f"/systems/{system}/",
        "page_live": "/run/",
        "page_requirements": "/evidence/",
        "page_charts": f"/systems/{system}/charts.json",
    }.items():
        reader.get(path)
        took = sorted(_server_ms(reader, path) for _ in range(repeat))
        wire, plain = _sizes(reader, path)
        yield {
            "name": name,
            "ours": round(statistics.median(took), 1),
            "p95": round(took[int(0.95 * len(took))], 1),
            "worst": round(took[-1], 1),
            "kb": round(wire / 1024, 1),
            "kb_plain": round(plain / 1024, 1),
            "peer": None,
            "ratio": None,
            "unit": "ms of the server",
            "n": repeat,
            "systems": systems,
            "machine": _machine(),
        }


def watch(port: int, releases: dict[str, str], options: argparse.Namespace) -> Iterator[dict[str, object]]:
    """What a browser does on the page of the fleet and on the page of a system while events of all systems come."""
    system = sorted(releases)[len(releases) // 2]
    events = Events(port, releases, rate=options.rate)
    pages = {"live": "/run/", "system": f"/systems/{system}/"}
    for row in browser_rows(port, READER, pages, events, seconds=options.seconds):
        yield {**row, "peer": None, "ratio": None, "systems": len(releases), "machine": _machine()}


def releases_that_answer(root: Path) -> dict[str, str]:
    """System to the lock digest of what answers, of those that a model answers for."""
    lake = open_lake(root / ".care" / "lake")
    try:
        served = {row.card.id: row.serving.served for row in Pages(root, lake).overview().rows if row.serving}
    finally:
        lake.close()
    return {name: one.lock for name, one in served.items() if isinstance(one, ServeRelease)}


def _machine() -> str:
    return f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def _sizes(reader: Visitor, path: str) -> tuple[int, int]:
    """Bytes over the wire, and unpacked."""
    connection = http.client.HTTPConnection("127.0.0.1", reader.port, timeout=60)
    cookies = "; ".join(f"{name}={value}" for name, value in reader.cookies.items())
    connection.request("GET", path, headers={"Cookie": cookies, "Accept-Encoding": "gzip"})
    response = connection.getresponse()
    body, packed = response.read(), response.headers.get("Content-Encoding") == "gzip"
    connection.close()
    return len(body), len(gzip.decompress(body)) if packed else len(body)


def _server_ms(reader: Visitor, path: str) -> float:
    answer = reader.get(path)
    assert answer.status == 200, path
    return float(answer.headers["server-timing"].rpartition("dur=")[2])


if __name__ == "__main__":
    main()
