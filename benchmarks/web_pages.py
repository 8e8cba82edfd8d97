"""Server time of the pages over a made-up fleet of 200 systems with 10 monitors each. JSON rows.

Rows: page_overview, page_systems, page_system, page_live, page_requirements, page_charts. Milliseconds as the server
itself says them (`Server-Timing`), the median of `--repeat` requests by one reader on a warm server; `worst` is the
slowest. There is no peer to compare with. The fleet is the one of `web_projections.py`.
"""

import argparse
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

from web_projections import built

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT / "tests" / "scenarios"))

from served import Visitor, accounts, serving  # noqa: E402 - the same server that the tests start

READER = "reader@fleet.example"


def main() -> None:
    """Serve, read, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--systems", type=int, default=200)
    parser.add_argument("--fleet", type=Path, help="a folder that tools/build_fleet.py made")
    parser.add_argument("--repeat", type=int, default=30)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "fleet"
        shutil.copytree(options.fleet or built(options.systems), root, symlinks=True)
        accounts(root, READER)
        with serving(root) as port:
            for row in measure(port, options.systems, options.repeat):
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
        took = [_server_ms(reader, path) for _ in range(repeat)]
        machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
        yield {
            "name": name,
            "ours": round(statistics.median(took), 1),
            "worst": round(max(took), 1),
            "peer": None,
            "ratio": None,
            "unit": "ms of the server",
            "n": repeat,
            "systems": systems,
            "machine": machine,
        }


def _server_ms(reader: Visitor, path: str) -> float:
    answer = reader.get(path)
    assert answer.status == 200, path
    return float(answer.headers["server-timing"].rpartition("dur=")[2])


if __name__ == "__main__":
    main()
