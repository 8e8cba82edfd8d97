"""Events over HTTP into the lake, with the generator, a server and a compactor on this machine. One JSON row a form.

Rows: ingest_10min (JSON lists), ingest_10min_arrow (Arrow IPC streams). Batches of 500 events, each acknowledged after
fdatasync, checked against what the system declares, told apart by id; some batches are sent twice. The generator sends
at a fixed rate whether answers come or not, and times each batch from the moment it was due, so that a stall is counted
for every batch that it kept waiting. `lag_s` is how long after its acknowledgement an event stood in Parquet. At the
end the lake is counted: `lost` and `twice` must be 0. There is no peer; `--seconds 600` is the published length.
"""

import argparse
import asyncio
import io
import json
import multiprocessing
import os
import platform
import statistics
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT / "tests" / "scenarios"))

from ingest_rooms import SYSTEM, a_server, acme, an_offer  # noqa: E402 - the same server that the tests start

from careloop.adapters.lake_manifest import read_manifest  # noqa: E402
from careloop.adapters.parquet_lake import open_lake  # noqa: E402
from careloop.domain.count_plan import Aggregate, CountPlan  # noqa: E402
from careloop.ports.lake import Reading  # noqa: E402
from careloop.ports.ledger import Actor, ActorKind  # noqa: E402
from careloop.workflows.run.compact_lake import compact_lake  # noqa: E402

BATCH = 500
TWICE_EVERY = 100
MACHINE = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
TICK = os.sysconf("SC_CLK_TCK")
FORMS = {"json": "application/json", "arrow": "application/vnd.apache.arrow.stream"}


@dataclass
class Tally:
    """What the generator and the clock beside it saw, and the CPU seconds of each process."""

    waits: list[tuple[float, float]] = field(default_factory=list)
    """When each batch was due, in seconds from the start, and how long it took from then."""
    acknowledged: list[tuple[float, int]] = field(default_factory=list)
    accepted: int = 0
    duplicates: int = 0
    failed: int = 0
    lags: list[float] = field(default_factory=list)
    cpu: dict[str, float] = field(default_factory=dict)
    took_s: float = 0.0


def main() -> None:
    """Send, count, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--rate", type=int, default=20_000, help="events a second")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--forms", default="json,arrow")
    options = parser.parse_args()
    for form in options.forms.split(","):
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(measure(Path(folder), form, options)), flush=True)


def measure(folder: Path, form: str, options: Any) -> dict[str, object]:
    """One run."""
    root = acme(folder)
    lake_folder = root / ".care" / "lake"
    stop = multiprocessing.Event()
    with a_server(root) as server:
        compactor = multiprocessing.Process(target=compact_on, args=(lake_folder, stop))
        compactor.start()
        tally = Tally()
        before = time.process_time()
        asyncio.run(drive(server.url, form, options, tally, lambda: tally.lags.append(lag(lake_folder, tally))))
        tally.cpu["generator"] = time.process_time() - before
        tally.cpu["server"] = sum(map(cpu_of, family(server.process.pid)))
        tally.cpu["compactor"] = cpu_of(compactor.pid or 0)
        stop.set()
        compactor.join()
    return row_of(form, options, tally, counted(lake_folder))


def row_of(form: str, options: Any, tally: Tally, found: tuple[int, int]) -> dict[str, object]:
    """What is printed."""
    sent = tally.accepted + tally.duplicates
    waits = sorted(wait * 1000 for _, wait in tally.waits)
    minutes = [sorted(wait * 1000 for due, wait in tally.waits if due // 60 == minute) for minute in minutes_of(tally)]
    rows, ids = found
    return {
        "name": "ingest_10min" if form == "json" else f"ingest_10min_{form}",
        "ours": round(sent / tally.took_s),
        "peer": None,
        "ratio": None,
        "unit": "events/s",
        "seconds": round(tally.took_s, 1),
        "batch": BATCH,
        "n": sent,
        "p50_ms": at(waits, 0.5),
        "p95_ms": at(waits, 0.95),
        "p99_ms": at(waits, 0.99),
        "p99_ms_by_minute": [round(at(each, 0.99)) for each in minutes],
        "worst_ms": at(waits, 1.0),
        "lag_s": {"median": round(statistics.median(tally.lags), 1), "worst": round(max(tally.lags), 1)},
        "cpu_us_per_event": {who: round(seconds * 1e6 / sent, 1) for who, seconds in tally.cpu.items()},
        "duplicates": tally.duplicates,
        "failed": tally.failed,
        "lost": tally.accepted - ids,
        "twice": rows - ids,
        "machine": MACHINE,
    }


def minutes_of(tally: Tally) -> range:
    """Numbers of the minutes in which batches were due."""
    return range(int(max(due for due, _ in tally.waits) // 60) + 1)


def at(waits: list[float], share: float) -> float:
    """The wait that this share of the batches did not exceed; `waits` are sorted."""
    return round(waits[min(len(waits) - 1, int(len(waits) * share))], 1)


async def drive(url: str, form: str, options: Any, tally: Tally, each_second: Any) -> None:
    """Send batches at their times over some connections; whichever is free takes the one that is due longest."""
    host, port = url.removeprefix("http://").split(":")
    every = BATCH / options.rate
    many = int(options.seconds / every)
    start = time.perf_counter() + 0.5
    numbers = iter(range(many))
    bodies = body_maker(form)

    async def line() -> None:
        reader, writer = await asyncio.open_connection(host, int(port))
        for number in numbers:
            due = start + number * every
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            again = number > 1 and number % TWICE_EVERY == 1
            request = request_of(bodies(number - 1 if again else number), form)
            tally.waits.append((due - start, await send(reader, writer, request, tally) - due))
        writer.close()

    async def clock() -> None:
        while True:
            await asyncio.sleep(1)
            each_second()

    watching = asyncio.ensure_future(clock())
    await asyncio.gather(*(line() for _ in range(options.connections)))
    tally.took_s = time.perf_counter() - start
    watching.cancel()


def request_of(body: bytes, form: str) -> bytes:
    """The whole request for a batch."""
    head = f"POST /api/v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: {FORMS[form]}\r\nContent-Length: {len(body)}"
    return head.encode() + b"\r\n\r\n" + body


async def send(reader: Any, writer: Any, request: bytes, tally: Tally) -> float:
    """One batch, until it is acknowledged: a server that is too busy is asked again. When that was."""
    while True:
        writer.write(request)
        answer = await reader.readuntil(b"\r\n\r\n")
        length = next(int(h.split(b":")[1]) for h in answer.lower().split(b"\r\n") if h.startswith(b"content-length"))
        told = json.loads(await reader.readexactly(length))
        if answer.startswith(b"HTTP/1.1 200"):
            break
        tally.failed += 1
        await asyncio.sleep(0.5)
    now = time.perf_counter()
    tally.accepted += told["accepted"]
    tally.duplicates += told["duplicates"]
    if told["last_seq"]:
        tally.acknowledged.append((now, told["last_seq"]))
    return now


def body_maker(form: str) -> Any:
    """Makes the body of a batch by its number, with ids of its own, at little cost."""
    mark = b"0000000000"
    stamp = datetime.now(UTC).isoformat()
    rows = [
        {**an_offer(n, unit=f"customer-{n}", occurred_at=stamp), "id": f"offer-{mark.decode()}-{n:03d}"}
        for n in range(BATCH)
    ]
    if form == "json":
        whole = json.dumps(rows).encode()
    else:
        content = io.BytesIO()
        table = pa.Table.from_pylist(rows)
        with pa.ipc.new_stream(content, table.schema) as writer:
            writer.write_table(table)
        whole = content.getvalue()
    return lambda number: whole.replace(mark, b"%010d" % number)


def lag(folder: Path, tally: Tally) -> float:
    """Seconds since the oldest acknowledgement of an event that is not in Parquet yet."""
    upto = read_manifest(folder).compacted_upto
    tally.acknowledged = [each for each in tally.acknowledged if each[1] > upto]
    return time.perf_counter() - min((at for at, _ in tally.acknowledged), default=time.perf_counter())


def compact_on(folder: Path, stop: Any) -> None:
    """The compactor: as soon as there is something, at most every two seconds."""
    os.nice(5)  # as `care worker` gives compaction
    actor = Actor(iss="careloop", sub="benchmark", kind=ActorKind.SERVICE)
    with closing(open_lake(folder)) as lake:
        while not stop.wait(2):
            compact_lake(lake, ledger=None, actor=actor, now=datetime.now(UTC))
        compact_lake(lake, ledger=None, actor=actor, now=datetime.now(UTC))


def counted(folder: Path) -> tuple[int, int]:
    """Rows in the lake, and different ids among them."""
    with closing(open_lake(folder)) as lake:
        reading = Reading(system=SYSTEM, upto=lake.watermark())
        with lake.counting(reading) as counts:
            (rows,) = counts.count(CountPlan(monitor="all", aggregates=(Aggregate(name="n"),))).total()
        files = [str(folder / file.path) for file in read_manifest(folder).files]
    import duckdb

    ((ids,),) = duckdb.sql(f"SELECT count(DISTINCT id) FROM read_parquet({files!r})").fetchall()
    return rows, ids


def family(pid: int) -> list[int]:
    """The process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in map(int, children) for each in family(child))]


def cpu_of(pid: int) -> float:
    """CPU seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


if __name__ == "__main__":
    main()
