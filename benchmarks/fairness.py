"""Selection rates, demographic parity and equalised odds by group beside Fairlearn, in one run: one JSON row a line.

Rows: fairness_1m_vs_fairlearn, fairness_10m. `ours` and `peer` are processor seconds with the decoding of Parquet and
without imports; ours is repeated until a second has gone by. Goals: 10 M rows within 0.6 CPU s; 400 times Fairlearn
(MetricFrame and both differences) at 1 M, equal to 12 digits.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from peer_environments import ask_peer

MACHINE = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
MILLION = 1_000_000
Row = dict[str, object]

OURS = """
import json, resource, sys
from pathlib import Path
from careloop.domain.count_plan import Column, ColumnKind, Compare, Predicate
from careloop.measures.fairness import demographic_parity_difference, equalised_odds_difference, odds_plan
from careloop.measures.split import Split
from careloop.wiring.rows import row_files
import careloop.adapters.polars_rows, careloop.adapters.row_files
answer, label = Column("answer", ColumnKind.INTEGER), Column("label", ColumnKind.INTEGER)
plan = odds_plan("fair", selected=Predicate(answer, Compare.EQ, (1,)), deserved=Predicate(label, Compare.EQ, (1,)),
                 labelled=Predicate(label, Compare.IS_PRESENT), split=Split(group=(Column("group", ColumnKind.TEXT),)))
def used():
    one = resource.getrusage(resource.RUSAGE_SELF)
    return one.ru_utime + one.ru_stime
start, repeats = used(), 0
while repeats == 0 or used() - start < 1:
    (table,) = row_files([Path(sys.argv[1])], engine=sys.argv[2]).count_all([plan])
    rates = table.tallies("selected", "n")
    values = {"dp_difference": demographic_parity_difference(rates, min_n=1).value,
              "equalised_odds_difference": equalised_odds_difference(table, min_n=1).value,
              "groups": {name: each.hits / each.n for name, each in rates.items()}}
    repeats += 1
print(json.dumps({"cpu_s": (used() - start) / repeats, "repeats": repeats, "values": values,
                  "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}))
"""


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", default="duckdb")
    parser.add_argument("--no-peer", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for row in measure(Path(folder), options.engine, peer=not options.no_peer):
            print(json.dumps(row), flush=True)


def measure(folder: Path, engine: str, *, peer: bool) -> Iterator[Row]:
    """The rows."""
    small = written(folder / "small.parquet", 1)
    ours = ask_ours(small, engine)
    theirs = ask_peer("fairlearn", "fairness_peer.py", str(small)) if peer else None
    yield a_row("fairness_1m_vs_fairlearn", MILLION, ours, theirs)
    yield a_row("fairness_10m", 10 * MILLION, ask_ours(written(folder / "large.parquet", 10), engine), None)


def written(path: Path, chunks: int) -> Path:
    """Rows with five groups of different rates."""
    dice = np.random.default_rng(5)
    groups = np.array(["a", "b", "c", "d", "e"])
    schema = pa.schema([("answer", pa.int8()), ("label", pa.int8()), ("group", pa.string())])
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for _ in range(chunks):
            group = dice.integers(0, 5, MILLION)
            label = dice.random(MILLION) < 0.2 + group / 20
            answer = dice.random(MILLION) < 0.3 + label / 3 + group / 50
            columns = [answer.astype(np.int8), label.astype(np.int8), groups[group]]
            writer.write_table(pa.table(columns, schema=schema), row_group_size=131_072)
    return path


def ask_ours(path: Path, engine: str) -> dict[str, Any]:
    """What our path says, in a process of its own."""
    done = subprocess.run([sys.executable, "-c", OURS, str(path), engine], capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def a_row(name: str, count: int, ours: dict[str, Any], theirs: dict[str, Any] | None) -> Row:
    """One row; exits when the figures differ."""
    if theirs is not None and not same(ours["values"], theirs["values"]):
        sys.exit(f"{name}: {ours['values']} is not {theirs['values']}")
    return {
        "name": name,
        "ours": round(ours["cpu_s"], 4),
        "peer": None if theirs is None else round(theirs["cpu_s"], 2),
        "ratio": None if theirs is None else round(theirs["cpu_s"] / ours["cpu_s"]),
        "unit": "CPU s",
        "n": count,
        "repeats": ours["repeats"],
        "rss_mb": ours["rss_mb"],
        "peer_rss_mb": None if theirs is None else theirs["rss_mb"],
        "equal_to_digits": None if theirs is None else 12,
        "machine": MACHINE,
    }


def same(ours: Any, theirs: Any) -> bool:
    """Whether all figures are equal to twelve digits."""
    if isinstance(ours, dict):
        return ours.keys() == theirs.keys() and all(same(ours[name], theirs[name]) for name in ours)
    return abs(ours - theirs) <= 1e-12


if __name__ == "__main__":
    main()
