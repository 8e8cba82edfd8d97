"""The ledger beside pymerkle on SQLite and beside plain SQLite inserts, in one run: one JSON row a line.

Rows: ledger_append_32, ledger_batch, ledger_prove_1m, ledger_verify_1m, ledger_export_verify_1m,
ledger_append_postgres_4. `ours` and `peer` are microseconds a record on the wall, so that a higher ratio (peer/ours) is
better; rates, tails and processor seconds stand beside. Ours checks each record, seals it into canonical bytes, indexes
it, and signs and anchors a checkpoint before it acknowledges; the peers are given the finished bytes. The peer of the
PostgreSQL row are plain inserts into the same server.
"""

import argparse
import base64
import gc
import json
import multiprocessing
import os
import platform
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from careloop.adapters.ledger_export import export_ledger
from careloop.adapters.postgres_ledger import open_postgres_ledger
from careloop.adapters.sqlite_ledger import open_ledger
from careloop.adapters.sqlite_ledger_verification import verify_sqlite_ledger
from careloop.ledger.record import seal
from careloop.testing.contracts.ledger import NOON, a_record
from careloop.testing.postgres_server import PostgresServer
from peer_environments import ask_peer

PROJECT = Path(__file__).resolve().parents[1]
ORIGIN = "acme.example/care/dev"
CLIENTS, BATCH, WRITERS, THREADS = 32, 1000, 4, 8
MACHINE = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
Row = dict[str, object]


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=16_000, help="records of the append rows")
    parser.add_argument("--entries", type=int, default=1_000_000, help="entries of the verify and prove rows")
    parser.add_argument("--rows", default="append,batch,verify,postgres", help="which rows, comma separated")
    parser.add_argument("--no-peer", action="store_true", help="leave the peers out")
    options = parser.parse_args()
    makers: dict[str, Callable[[Path], Iterator[Row]]] = {
        "append": lambda folder: append_rows(folder, options.records, peer=not options.no_peer),
        "batch": lambda folder: batch_rows(folder, options.records * 4, peer=not options.no_peer),
        "verify": lambda folder: verify_rows(folder, options.entries),
        "postgres": lambda folder: postgres_rows(folder, options.records),
    }
    for name in options.rows.split(","):
        with tempfile.TemporaryDirectory() as folder:
            for row in makers[name](Path(folder)):
                print(json.dumps(row), flush=True)


def append_rows(folder: Path, count: int, *, peer: bool) -> Iterator[Row]:
    """Many clients in one process, one record each at a time, each acknowledged."""
    records = [a_record(number) for number in range(count)]
    waits: list[float] = []
    with open_ledger(folder / "care" / "ledger.sqlite", origin=ORIGIN, create=True) as ledger:

        def work(first: int) -> None:
            for record in records[first::CLIENTS]:
                start = time.perf_counter()
                ledger.append([record], recorded_at=datetime.now(UTC))
                waits.append(time.perf_counter() - start)

        wall, cpu = timed(lambda: in_threads(work, range(CLIENTS)))
    waits.sort()
    theirs = peers(folder, count, "clients") if peer else {}
    yield a_row("ledger_append_32", wall, cpu, count, theirs) | {
        "p50_ms": round(waits[count // 2] * 1e3, 1),
        "p99_ms": round(waits[count * 99 // 100] * 1e3, 1),
    }


def batch_rows(folder: Path, count: int, *, peer: bool) -> Iterator[Row]:
    """One client, a thousand records a call."""
    records = [a_record(number) for number in range(count)]
    gc.freeze()  # nobody holds so many prepared records: they are not to be looked through meanwhile
    with open_ledger(folder / "care" / "ledger.sqlite", origin=ORIGIN, create=True) as ledger:

        def work() -> None:
            for start in range(0, count, BATCH):
                ledger.append(records[start : start + BATCH], recorded_at=datetime.now(UTC))

        wall, cpu = timed(work)
    yield a_row("ledger_batch", wall, cpu, count, peers(folder, count, "batch") if peer else {}) | {"batch": BATCH}


def verify_rows(folder: Path, count: int) -> Iterator[Row]:
    """A proof out of a long log, and the check of the whole of it; no peer keeps records that could be checked."""
    database = folder / "care" / "ledger.sqlite"
    with open_ledger(database, origin=ORIGIN, create=True) as ledger:
        for start in range(0, count, 5 * BATCH):
            batch = [a_record(number) for number in range(start, min(start + 5 * BATCH, count))]
            ledger.append(batch, recorded_at=datetime.now(UTC))
        size = ledger.size()
        waits = []
        for step in range(500):
            start_at = time.perf_counter()
            ledger.prove(step * 7919 % size, size)
            waits.append(time.perf_counter() - start_at)
    waits.sort()
    yield a_row("ledger_prove_1m", sum(waits), sum(waits), len(waits), {}) | {
        "entries": size,
        "p99_ms": round(waits[len(waits) * 99 // 100] * 1e3, 2),
        "most_ms": round(waits[-1] * 1e3, 2),
    }
    sound: list[bool] = []
    wall, cpu = timed(lambda: sound.append(verify_sqlite_ledger(database).sound))
    if sound != [True]:
        sys.exit("the ledger of the benchmark is not sound")
    yield a_row("ledger_verify_1m", wall, cpu, size, {}) | {"entries": size}
    archive = folder / "export.zip"
    with open_ledger(database, origin=ORIGIN, read_only=True) as ledger:
        export_ledger(ledger, archive)
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([PROJECT / ".venv" / "bin" / "care-verify", archive], check=True, stdout=subprocess.DEVNULL)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    yield a_row("ledger_export_verify_1m", wall, cpu, size, {}) | {
        "entries": size,
        "bytes": archive.stat().st_size,
        "rss_mb": after.ru_maxrss // 1024,
    }


def postgres_rows(folder: Path, count: int) -> Iterator[Row]:
    """Four processes of eight clients each on one PostgreSQL, beside the same clients with plain inserts."""
    with PostgresServer() as server:
        url = server.new_database()
        open_postgres_ledger(url, folder, origin=ORIGIN, create=True).close()
        ours, waits = by_writers(ledger_writer, url, folder, count)
        with psycopg.connect(url, autocommit=True) as db:
            db.execute("CREATE TABLE plain (idx bigserial PRIMARY KEY, body bytea NOT NULL)")
        plain, _ = by_writers(plain_writer, url, folder, count)
    theirs = {"plain_postgres": {"wall_s": plain, "cpu_s": 0.0}}
    yield a_row("ledger_append_postgres_4", ours, None, count, theirs) | {
        "processes": WRITERS,
        "clients_each": THREADS,
        "p99_ms": round(waits[len(waits) * 99 // 100] * 1e3, 1),
    }


def by_writers(target: Callable[..., None], url: str, folder: Path, count: int) -> tuple[float, list[float]]:
    """Seconds on the wall from when all writers are ready until the last is done, and how long each record took."""
    context = multiprocessing.get_context("spawn")
    ready, told = context.Barrier(WRITERS + 1), context.SimpleQueue()
    share = count // WRITERS
    writers = [
        context.Process(target=target, args=(url, str(folder), n * share, share, ready, told)) for n in range(WRITERS)
    ]
    for writer in writers:
        writer.start()
    ready.wait()
    start = time.perf_counter()
    waits = sorted(wait for _ in writers for wait in told.get())
    wall = time.perf_counter() - start
    for writer in writers:
        writer.join()
    if len(waits) != share * WRITERS:
        sys.exit("a writer did not write all of its records")
    return wall, waits


def ledger_writer(url: str, folder: str, first: int, count: int, ready, told) -> None:  # type: ignore[no-untyped-def]  # noqa: PLR0913, PLR0917
    """A process that appends to the ledger."""
    records = [a_record(number) for number in range(first, first + count)]
    with open_postgres_ledger(url, Path(folder), origin=ORIGIN) as ledger:
        ready.wait()
        told.put(measured(lambda number: ledger.append([records[number]], recorded_at=datetime.now(UTC)), count))


def plain_writer(url: str, folder: str, first: int, count: int, ready, told) -> None:  # type: ignore[no-untyped-def]  # noqa: PLR0913, PLR0917
    """A process that inserts finished bytes, each client by a connection of its own."""
    bodies = [seal(a_record(number), recorded_at=NOON) for number in range(first, first + count)]
    lines = [psycopg.connect(url, autocommit=True) for _ in range(THREADS)]
    ready.wait()
    told.put(
        measured(lambda n: lines[n % THREADS].execute("INSERT INTO plain (body) VALUES (%b)", (bodies[n],)), count)
    )


def measured(write: Callable[[int], object], count: int) -> list[float]:
    """Seconds that each record took, written by the clients of one process."""
    waits: list[float] = []

    def work(first: int) -> None:
        for number in range(first, count, THREADS):
            start = time.perf_counter()
            write(number)
            waits.append(time.perf_counter() - start)

    in_threads(work, range(THREADS))
    return waits


def in_threads(work: Callable[[int], None], numbers: range) -> None:
    """Let each number have a thread, and wait for all."""
    threads = [threading.Thread(target=work, args=(number,)) for number in numbers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds on the wall, and of the processor with all child processes."""
    before, start = _cpu_s(), time.perf_counter()
    work()
    return time.perf_counter() - start, _cpu_s() - before


def _cpu_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def peers(folder: Path, count: int, what: str) -> dict[str, dict[str, float]]:
    """What pymerkle and plain SQLite take for the same bytes, in an environment of their own."""
    bodies = folder / "bodies"
    lines = (base64.b64encode(seal(a_record(number), recorded_at=NOON)) for number in range(count))
    bodies.write_bytes(b"\n".join(lines))
    return ask_peer("ledger", "merkle_sqlite.py", str(bodies), str(folder), what, str(CLIENTS), str(BATCH))


def a_row(name: str, wall: float, cpu: float | None, count: int, theirs: dict[str, dict[str, float]]) -> Row:
    """One row; the first of the peers gives the ratio."""
    ours = wall / count * 1e6
    named = {peer: round(found["wall_s"] / count * 1e6, 2) for peer, found in theirs.items()}
    peer = next(iter(named.values()), None)
    return {
        "name": name,
        "ours": round(ours, 2),
        "peer": peer,
        "ratio": round(peer / ours, 2) if peer is not None else None,
        "unit": "us/record",
        "n": count,
        "machine": MACHINE,
        "per_s": round(count / wall),
        "seconds": round(wall, 2),
        "cpu_seconds": None if cpu is None else round(cpu, 2),
        "peers": named,
        "peers_cpu_seconds": {one: round(found["cpu_s"], 2) for one, found in theirs.items()},
    }


if __name__ == "__main__":
    main()
