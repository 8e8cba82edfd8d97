"""Spark on two cores beside DuckDB on the same 50 million rows: equal digests, and a cost per row that stays the same.

Rows: spark_50m_equals_duckdb; spark_cost_of_a_further_row, beyond 10 M, and in `peer` between 1 M and 10 M. Seven plans
stand for the kinds there are: bins of numbers and of a category, groups with buckets of people, joined groups with
conditions, latencies, hours, a sum.
`ours` is processor seconds of Spark's JVM and of this process with the decoding of Parquet, after three runs at 1 M
that let the JVM compile; `peer` those of DuckDB. Exits with 1 when a digest differs. Needs PySpark (`make setup`).
"""

import argparse
import json
import os
import platform
import resource
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from careloop.domain.count_plan import (
    Aggregate,
    CategoryBins,
    Column,
    ColumnKind,
    Compare,
    CountPlan,
    EdgeBins,
    ExponentialBins,
    Predicate,
    WindowBy,
)
from careloop.ports.row_files import RowFiles
from careloop.wiring.rows import row_files

SPARK = Path(__file__).resolve().parents[1] / ".cache" / "spark"
MACHINE = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
MILLION = 1_000_000
_LEAST_FILES = 30

SEX, REGION = Column("sex", ColumnKind.TEXT), Column("region", ColumnKind.TEXT)
APPROVED, REPAID = Column("approved", ColumnKind.FLAG), Column("repaid", ColumnKind.FLAG)
INCOME, SCORE = Column("income", ColumnKind.REAL), Column("score", ColumnKind.REAL)
LATENCY, AMOUNT = Column("latency_us", ColumnKind.INTEGER), Column("amount_cents", ColumnKind.INTEGER)
PERSON, AT = Column("person", ColumnKind.TEXT), Column("occurred_at", ColumnKind.INSTANT)

REGIONS = ("north", "south", "east", "west")
N = Aggregate(name="n")
SELECTED = Aggregate(name="selected", where=(Predicate(APPROVED, Compare.EQ, (True,)),))
RIGHTLY = Aggregate(name="rightly", where=(*SELECTED.where, Predicate(REPAID, Compare.EQ, (True,))))
PLANS = (
    CountPlan(monitor="income", aggregates=(N,), bins=EdgeBins(INCOME, tuple(x / 5 for x in range(-9, 10)))),
    CountPlan(monitor="score", aggregates=(N,), bins=EdgeBins(SCORE, tuple(x / 20 for x in range(1, 20)))),
    CountPlan(monitor="region", aggregates=(N,), bins=CategoryBins(REGION, REGIONS)),
    CountPlan(monitor="fairness", aggregates=(N, SELECTED), group=(SEX,), unit=PERSON),
    CountPlan(monitor="odds", aggregates=(N, SELECTED, RIGHTLY), group=(SEX, REGION)),
    CountPlan(monitor="latency", aggregates=(N,), bins=ExponentialBins(LATENCY)),
    CountPlan(monitor="hourly", aggregates=(N, Aggregate(name="amount", sums=AMOUNT)), window=WindowBy(AT, 3600)),
)


def main() -> None:
    """Measure, print; exit when a digest differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--millions", type=int, default=50)
    options = parser.parse_args()
    if not (SPARK / "pyspark").is_dir():
        sys.exit("PySpark is not here: run `make setup`")
    sys.path.append(str(SPARK))
    os.environ["PYSPARK_SUBMIT_ARGS"] = "--master local[2] pyspark-shell"
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SPARK_LOCAL_DIRS"] = folder
        files = [written(Path(folder, f"{number}.parquet"), seed=number) for number in range(options.millions)]
        measure(files)


def measure(files: Sequence[Path]) -> None:
    """Print both rows; the second only of thirty millions or more."""
    for _ in range(3):
        counted(files[:1], "spark")
    small = min(counted(files[:1], "spark")[0] for _ in range(3))
    peer, wanted = counted(files, "duckdb")
    middle = counted(files[:10], "spark")[0]
    large, found = counted(files, "spark")
    if found != wanted:
        sys.exit(f"spark counts {found}, duckdb {wanted}")
    rows = len(files) * MILLION
    said = {"unit": "CPU s", "n": rows, "plans": len(PLANS), "rss_mb": most_memory(jvm()), "machine": MACHINE}
    figures = {"ours": round(large, 1), "peer": round(peer, 1), "ratio": round(peer / large, 2)}
    print(json.dumps({"name": f"spark_{len(files)}m_equals_duckdb", **figures, **said, "digests_equal": True}))
    if len(files) < _LEAST_FILES:
        return  # what lies between is smaller than what the JVM's compiler takes by chance
    further = {"ours": round((large - middle) / (len(files) - 10) * 1e3), "peer": round((middle - small) / 9 * 1e3)}
    ratio = round(further["peer"] / further["ours"], 2)
    told = {"name": "spark_cost_of_a_further_row", **further, "ratio": ratio, **said, "unit": "CPU ns/row"}
    print(json.dumps(told | {"first_million_cpu_s": round(small, 1), "first_ten_cpu_s": round(middle, 1)}), flush=True)


def counted(files: Sequence[Path], engine: str) -> tuple[float, list[str]]:
    """Processor seconds, and the digest of each plan's table."""
    before = used()
    rows: RowFiles
    with closing(row_files(files, engine=engine)) as rows:
        digests = [table.digest() for table in rows.count_all(PLANS)]
    return used() - before, digests


def used() -> float:
    """Processor seconds of this process and of Spark's JVM."""
    ours = resource.getrusage(resource.RUSAGE_SELF)
    process = jvm()
    if process is None:
        return ours.ru_utime + ours.ru_stime
    told = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return ours.ru_utime + ours.ru_stime + (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


def jvm() -> int | None:
    """The process of Spark's JVM, once there is one."""
    from pyspark import SparkContext

    gateway = SparkContext._gateway
    return None if gateway is None else gateway.proc.pid


def most_memory(process: int | None) -> int:
    """Most memory that a process has had, in MB."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) // 1024


def written(path: Path, *, seed: int) -> Path:
    """A million rows as the lake writes them."""
    dice = np.random.default_rng(seed)
    income = dice.normal(0, 1, MILLION)
    income[::101] = np.nan
    moments = np.sort(dice.integers(0, 10**12, MILLION)) + seed * 10**12
    columns = {
        "sex": words_of(["F", "M", ""], dice),
        "region": words_of([*REGIONS, "abroad"], dice),
        "approved": pa.array(dice.random(MILLION) < 0.3),
        "repaid": pa.array(dice.random(MILLION) < 0.8, mask=dice.random(MILLION) < 0.1),
        "income": income,
        "score": dice.random(MILLION),
        "latency_us": (2 ** (dice.random(MILLION) * 30)).astype(np.int64),
        "amount_cents": dice.integers(-(10**6), 10**12, MILLION),
        "person": pa.array(dice.integers(0, 10**6, MILLION)).cast(pa.string()),
        "occurred_at": pa.array(moments).cast(pa.timestamp("us", "UTC")),
    }
    split, words = dict.fromkeys(("income", "score"), "BYTE_STREAM_SPLIT"), ["sex", "region"]
    pq.write_table(
        pa.table(columns), path, compression="zstd", use_dictionary=words, column_encoding=split, row_group_size=131_072
    )
    return path


def words_of(words: list[str], dice: np.random.Generator) -> pa.Array:
    """A million of these words."""
    return pa.DictionaryArray.from_arrays(dice.integers(0, len(words), MILLION, dtype=np.int32), words)


if __name__ == "__main__":
    main()
