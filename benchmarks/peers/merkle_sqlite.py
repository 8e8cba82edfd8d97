"""pymerkle's tree on SQLite, and plain inserts into SQLite, on the same bytes: run by benchmarks/ledger.py.

Arguments: file with one base64 body a line, folder for databases, what (`clients` or `batch`), clients, records.
Prints one JSON object: seconds on the wall and of the processor for each of the two. Runs in a locked environment.
"""

import base64
import json
import os
import sqlite3
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from pymerkle import SqliteTree


def main(bodies: list[bytes], folder: Path, what: str, clients: int, batch: int) -> None:
    """Measure both."""
    tree = SqliteTree(str(folder / "tree.sqlite"))
    db = sqlite3.connect(folder / "plain.sqlite", check_same_thread=False, isolation_level=None)
    for pragma in ("journal_mode = WAL", "synchronous = FULL"):
        db.execute(f"PRAGMA {pragma}")
    db.execute("CREATE TABLE entry (idx INTEGER PRIMARY KEY, body BLOB NOT NULL)")
    lock = threading.Lock()

    def plain(some: list[bytes]) -> None:
        with lock:
            db.execute("BEGIN IMMEDIATE")
            db.executemany("INSERT INTO entry (body) VALUES (?)", [(body,) for body in some])
            db.execute("COMMIT")

    def merkle(some: list[bytes]) -> None:
        if len(some) == 1:
            tree.append_entry(some[0])
        else:
            tree.append_entries(some)

    found = {}
    for name, write in (("pymerkle", merkle), ("plain_sqlite", plain)):
        if what == "clients":
            found[name] = timed(lambda write=write: by_clients(bodies, clients, write))
        else:
            found[name] = timed(lambda write=write: in_batches(bodies, batch, write))
    print(json.dumps(found))


def by_clients(bodies: list[bytes], clients: int, write: Callable[[list[bytes]], None]) -> None:
    """Each client writes its share, one record at a time."""

    def work(number: int) -> None:
        for body in bodies[number::clients]:
            write([body])

    threads = [threading.Thread(target=work, args=(n,)) for n in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def in_batches(bodies: list[bytes], batch: int, write: Callable[[list[bytes]], None]) -> None:
    """One client, many records a commit."""
    for start in range(0, len(bodies), batch):
        write(bodies[start : start + batch])


def timed(work: Callable[[], None]) -> dict[str, float]:
    """Seconds on the wall and of the processor."""
    before, start = os.times(), time.perf_counter()
    work()
    wall, after = time.perf_counter() - start, os.times()
    return {"wall_s": wall, "cpu_s": after.user + after.system - before.user - before.system}


if __name__ == "__main__":
    lines = Path(sys.argv[1]).read_bytes().split()
    main([base64.b64decode(line) for line in lines], Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
