"""A fleet that is watched while it sends: 100 systems with 10 monitors each, 10,000 events a second. One JSON row.

Row: fleet_100x10. Each system posts its own batch of answers every second to a real server; a real `care worker` judges
ten monitors of each in windows of a minute, by group, and compacts. Told are the cores that server and worker took
together, from `/proc`, over `--seconds` that begin once the worker has seen the thirty days before; the goal is one.
`behind_s` is how long after a minute closed the worker had judged it for all systems. The fleet is the one of
`tools/build_fleet.py`; there is no peer.
"""

import argparse
import asyncio
import json
import os
import platform
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from web_projections import built

PROJECT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(PROJECT / "tests" / "scenarios"), str(PROJECT / "tools")]

from ingest_rooms import a_server  # noqa: E402 - the same server that the tests start
from served import care_command  # noqa: E402

from careloop import wiring  # noqa: E402
from careloop.adapters.parquet_lake import open_lake  # noqa: E402
from careloop.domain.deployment import ServeRelease  # noqa: E402
from careloop.plans.automation_history import serving_by_ledger  # noqa: E402
from careloop.ports.lake import Reading  # noqa: E402
from careloop.workflows.run.automation_log import automation_entries  # noqa: E402
from fleet_documents import FleetSystem, fleet_systems  # noqa: E402
from ingest import Tally, at, cpu_of, family, send  # noqa: E402

MACHINE = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
SENDERS = 20
"""Connections; each belongs to some systems."""


@dataclass
class Cpu:
    """CPU seconds of who works, at one moment."""

    who: dict[str, int]
    at: float = 0.0
    seconds: dict[str, float] = field(default_factory=dict)

    def read(self) -> "Cpu":
        """As it is now."""
        seconds = {name: sum(map(cpu_of, family(pid))) for name, pid in self.who.items()}
        return Cpu(self.who, time.perf_counter(), seconds)


def main() -> None:
    """Build, send, watch, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--systems", type=int, default=100)
    parser.add_argument("--rate", type=int, default=10_000, help="events a second, all systems together")
    parser.add_argument("--seconds", type=float, default=360)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "fleet"
        shutil.copytree(built(fleet_size(options.systems)), root, symlinks=True)
        minute_windows(root)
        print(json.dumps(measure(root, options)), flush=True)


def fleet_size(systems: int) -> int:
    """A few more, since some are only being built and some have been stopped."""
    return systems + systems // 8 + 4


def minute_windows(root: Path) -> None:
    """Every monitor judges windows of a minute from now on."""
    for path in (root / "systems").glob("*/monitors.yaml"):
        path.write_text(re.sub(r"window: \w+", "window: PT1M", path.read_text(encoding="utf-8")), encoding="utf-8")
    git = ["git", "-C", str(root), "-c", "user.name=Farah Haddad", "-c", "user.email=farah.haddad@meridian.example"]
    subprocess.run([*git, "commit", "-qam", "Judge windows of a minute"], check=True)


def measure(root: Path, options: Any) -> dict[str, object]:
    """One run."""
    systems = serving(root, fleet_systems(fleet_size(options.systems)), options.systems)
    bodies = {system.id: body_maker(system, lock, options.rate // len(systems)) for system, lock in systems.items()}
    with a_server(root) as server, worker(root, every_s=1.0) as process:
        wait_for_beat(root, process)
        tally, cpu = Tally(), Cpu({"server": server.process.pid, "worker": process.pid})
        before = cpu.read()
        beats = asyncio.run(drive(server.url, bodies, options.seconds, tally, root))
        after = cpu.read()
    took = after.at - before.at
    cores = {name: (after.seconds[name] - before.seconds[name]) / took for name in cpu.who}
    waits = sorted(wait * 1000 for _, wait in tally.waits)
    behind = behind_of(beats, len(systems))
    return {
        "name": "fleet_100x10",
        "ours": round(sum(cores.values()), 3),
        "peer": None,
        "ratio": None,
        "unit": "cores, server and worker together",
        "cores": {name: round(each, 3) for name, each in cores.items()},
        "systems": len(systems),
        "monitors": 10 * len(systems),
        "window_s": 60,
        "events_per_s": round((tally.accepted + tally.duplicates) / tally.took_s),
        "seconds": round(took, 1),
        "n": tally.accepted,
        "p50_ms": at(waits, 0.5),
        "p99_ms": at(waits, 0.99),
        "behind_s": {"median": round(statistics.median(behind), 1), "worst": round(max(behind), 1)},
        "failed": tally.failed + sum(len(beat["failed"]) for beat in beats),
        "lost": tally.accepted - in_lake(root, systems),
        "machine": MACHINE,
    }


def serving(root: Path, fleet: tuple[FleetSystem, ...], many: int) -> dict[FleetSystem, str]:
    """The first so many systems of which a release answers, each with its digest."""
    found = {}
    with closing(wiring.open_ledger(root)) as ledger:
        entries = automation_entries(ledger)
    for system in fleet:
        now = serving_by_ledger(entries, system=system.id, environment="production")
        if now is not None and isinstance(now.served, ServeRelease):
            found[system] = now.served.lock
    assert len(found) >= many, f"only {len(found)} systems answer"
    return dict(list(found.items())[:many])


@contextmanager
def worker(root: Path, *, every_s: float) -> Any:
    """A real worker."""
    command = care_command("worker", "--repo", str(root), "--every", str(every_s))
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(60)


def wait_for_beat(root: Path, process: Any) -> None:
    """Until the worker has looked at everything once."""
    while not (root / ".care" / "worker.json").exists():
        assert process.poll() is None, "the worker ended by itself"
        time.sleep(0.5)


def body_maker(system: FleetSystem, lock: str, many: int) -> Callable[[int, datetime], bytes]:
    """Makes a system's batch of a second, with ids and times of its own, at little cost."""
    chance = random.Random(system.number)
    mark, stamp = b"0000000000", b"2026-01-01T00:00:00.000Z"
    rows = [
        {
            "id": f"live-{mark.decode()}-{number:04d}",
            "system": system.id,
            "release": lock,
            "kind": "inference",
            "occurred_at": stamp.decode(),
            "unit": f"c-{chance.randrange(20_000)}",
            "features": {"history_years": round(chance.expovariate(0.2), 1), "open_cases": chance.randrange(4)},
            "groups": {"sex": chance.choice(("female", "male")), "age_band": chance.choice(("under_30", "30_to_59"))},
            "segment": {"region": chance.choice(("north", "south")), "channel": chance.choice(("web", "branch"))},
            "prediction": system.kind.yes if chance.random() < 0.6 else system.kind.no,
            "score": round(chance.random(), 4),
            "latency_ms": round(90 * chance.lognormvariate(0.0, 0.35), 1),
            "business": {
                system.kind.amount: float(chance.randrange(10, 900)),
                "converted": chance.random() < 0.3,
                "complained": chance.random() < 0.02,
                "overridden": chance.random() < 0.05,
            },
        }
        for number in range(many)
    ]
    whole = json.dumps(rows).encode()

    def body(number: int, now: datetime) -> bytes:
        told = now.isoformat(timespec="milliseconds").replace("+00:00", "Z").encode()
        return whole.replace(mark, b"%010d" % number).replace(stamp, told)

    return body


async def drive(url: str, bodies: dict[str, Any], seconds: float, tally: Tally, root: Path) -> list[dict[str, Any]]:
    """Each system's batch every second, spread over the second; the worker's beats meanwhile."""
    host, port = url.removeprefix("http://").split(":")
    names, start = sorted(bodies), time.perf_counter() + 0.5
    beats: list[dict[str, Any]] = []

    async def line(mine: list[int]) -> None:
        reader, writer = await asyncio.open_connection(host, int(port))
        for second in range(int(seconds)):
            for place in mine:
                due = start + second + place / len(names)
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                body = bodies[names[place]](second, datetime.now(UTC))
                head = "POST /api/v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                head += f"Content-Length: {len(body)}\r\n\r\n"
                tally.waits.append((due - start, await send(reader, writer, head.encode() + body, tally) - due))
        writer.close()

    async def clock() -> None:
        while True:
            await asyncio.sleep(0.2)
            beat = json.loads((root / ".care" / "worker.json").read_text(encoding="utf-8"))
            if not beats or beat["at"] != beats[-1]["at"]:
                beats.append({**beat, "seen": time.time()})

    watching = asyncio.ensure_future(clock())
    await asyncio.gather(*(line(list(range(n, len(names), SENDERS))) for n in range(SENDERS)))
    tally.took_s = time.perf_counter() - start
    watching.cancel()
    return beats


def behind_of(beats: list[dict[str, Any]], systems: int) -> list[float]:
    """For each round that looked at all systems, how long after the minute had closed it was over."""
    whole = [beat for beat in beats if len(beat["looked"]) >= systems]
    return [beat["seen"] % 60 for beat in whole] or [float("inf")]


def in_lake(root: Path, systems: dict[FleetSystem, str]) -> int:
    """How many of the events that were sent lie in the lake, each once."""
    found = 0
    with closing(open_lake(root / ".care" / "lake")) as lake:
        upto = lake.watermark()
        for system in systems:
            ids = (one.event.id for one in lake.events(Reading(system=system.id, upto=upto)))
            found += len({each for each in ids if each.startswith("live-")})
    return found


if __name__ == "__main__":
    main()
