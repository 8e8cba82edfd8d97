"""Drift of 20 numeric and 5 categorical columns beside Evidently (PSI) and NannyML, in one run: one JSON row a line.

Rows: drift_1m_vs_evidently_psi, drift_1m_vs_nannyml, drift_10m. `ours` and `peer` are processor seconds with the
decoding of Parquet and without imports, the median of runs that each have a process of their own. Ours is the path of
monitors: edges and counts of the reference are kept from when the monitor was made, the new rows are counted, PSI and
its interval follow; `ours_with_reference` counts the reference too, as tools do that keep no counts.
Goals: 10 M rows within 6 CPU s and 600 MB; 100 times Evidently and 30 times NannyML at 1 M.
"""

import argparse
import json
import os
import platform
import statistics
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
NUMBERS, TEXTS, CITIES = 20, 5, ("north", "south", "east", "west", "centre", "abroad")
CHUNK = 1_000_000
Row = dict[str, object]

OURS = """
import json, resource, sys
from pathlib import Path
from careloop.domain.count_plan import CategoryBins, Column, ColumnKind, EdgeBins
from careloop.domain.counts import CellKey, CountTable
from careloop.measures.drift import drift_plan, psi
from careloop.wiring.rows import row_files
import careloop.adapters.polars_rows, careloop.adapters.row_files
kept, current, engine, reference = json.loads(Path(sys.argv[1]).read_text()), sys.argv[2], sys.argv[3], sys.argv[4:]
bins = {name: EdgeBins(Column(name, ColumnKind.REAL), tuple(cut)) if isinstance(cut[0], float)
        else CategoryBins(Column(name, ColumnKind.TEXT), tuple(cut)) for name, cut in kept["bins"].items()}
plans = [drift_plan(name, bins=each) for name, each in bins.items()]
start = resource.getrusage(resource.RUSAGE_SELF)
new = row_files([Path(current)], engine=engine).count_all(plans)
if reference:
    old = row_files([Path(reference[0])], engine=engine).count_all(plans)
else:
    tables = {name: {CellKey(*key): tuple(n) for key, n in rows} for name, rows in kept.get("counts", {}).items()}
    old = [CountTable(("n",), tables[plan.monitor]) for plan in plans] if tables else new
values = {plan.monitor: psi(a, b, bins=bins[plan.monitor]).value for plan, a, b in zip(plans, old, new)}
end = resource.getrusage(resource.RUSAGE_SELF)
# the kernel's ru_maxrss would include what the process that started this one held
most = next(int(line.split()[1]) // 1024 for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(json.dumps({"cpu_s": end.ru_utime + end.ru_stime - start.ru_utime - start.ru_stime,
                  "rss_mb": most, "values": values,
                  "counts": {plan.monitor: table.rows() for plan, table in zip(plans, new)}}))
"""


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", default="evidently,nannyml,10m", help="which rows, comma separated")
    parser.add_argument("--engine", default="auto")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for row in measure(Path(folder), options.rows.split(","), options.engine):
            print(json.dumps(row), flush=True)


def measure(folder: Path, wanted: list[str], engine: str) -> Iterator[Row]:
    """The rows that are wanted."""
    old, new = written(folder / "old.parquet", 1, seed=1), written(folder / "new.parquet", 1, seed=2)
    kept = folder / "monitor.json"
    kept.write_text(json.dumps({"bins": cuts(old)}))
    learnt = ask_ours(kept, old, engine)
    kept.write_text(json.dumps({"bins": cuts(old), "counts": learnt["counts"]}))
    ours = [ask_ours(kept, new, engine) for _ in range(5)]
    both = statistics.median(ask_ours(kept, new, engine, str(old))["cpu_s"] for _ in range(3))
    for tool, name in (("evidently", "drift_1m_vs_evidently_psi"), ("nannyml", "drift_1m_vs_nannyml")):
        if tool in wanted:
            peer = ask_peer(tool, "drift_peers.py", tool, str(old), str(new))
            yield a_row(name, CHUNK, ours, peer) | {"ours_with_reference": round(both, 3)}
    if "10m" in wanted:
        large = written(folder / "large.parquet", 10, seed=3)
        yield a_row("drift_10m", 10 * CHUNK, [ask_ours(kept, large, engine) for _ in range(2)], None)


def written(path: Path, chunks: int, *, seed: int) -> Path:
    """Rows as the lake writes them: floats split by byte, dictionaries for texts."""
    dice = np.random.default_rng(seed)
    writer = None
    for _ in range(chunks):
        columns = {f"x{n}": dice.normal(0.01 * seed * n, 1 + n / 10, CHUNK) for n in range(NUMBERS)}
        words: dict[str, object] = {
            f"c{n}": pa.array(np.array(CITIES)[dice.integers(0, len(CITIES), CHUNK)]) for n in range(TEXTS)
        }
        table = pa.table({**columns, **words})
        if writer is None:
            split = dict.fromkeys(columns, "BYTE_STREAM_SPLIT")
            writer = pq.ParquetWriter(
                path, table.schema, compression="zstd", use_dictionary=list(words), column_encoding=split
            )
        writer.write_table(table, row_group_size=131_072)
    assert writer is not None
    writer.close()
    return path


def cuts(path: Path) -> dict[str, list[float] | list[str]]:
    """Twenty bins of each number from the reference, and the categories."""
    table = pq.read_table(path)
    shares = np.linspace(0, 1, 21)[1:-1]
    numbers = {f"x{n}": np.quantile(table[f"x{n}"].to_numpy(), shares).tolist() for n in range(NUMBERS)}
    return {**numbers, **{f"c{n}": list(CITIES) for n in range(TEXTS)}}


def ask_ours(kept: Path, new: Path, engine: str, *reference: str) -> dict[str, Any]:
    """Processor seconds and most memory of our path, in a process of its own."""
    command = [sys.executable, "-c", OURS, str(kept), str(new), engine, *reference]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def a_row(name: str, count: int, ours: list[dict[str, Any]], peer: dict[str, Any] | None) -> Row:
    """One row."""
    cpu = statistics.median(one["cpu_s"] for one in ours)
    return {
        "name": name,
        "ours": round(cpu, 3),
        "peer": None if peer is None else round(peer["cpu_s"], 2),
        "ratio": None if peer is None else round(peer["cpu_s"] / cpu, 1),
        "unit": "CPU s",
        "n": count,
        "repeats": len(ours),
        "rss_mb": max(one["rss_mb"] for one in ours),
        "peer_rss_mb": None if peer is None else peer["rss_mb"],
        "machine": MACHINE,
    }


if __name__ == "__main__":
    main()
