"""What Evidently (PSI) or NannyML (univariate drift) take for the columns of two Parquet files; prints one JSON line.

Run in the peer's own environment: `python drift_peers.py evidently|nannyml REFERENCE CURRENT`. Imports are not counted.
"""

import json
import resource
import sys
import time
from collections.abc import Callable

import pandas as pd


def main() -> None:
    """Read, measure, print processor seconds with reading, most memory, and how much was said."""
    tool, reference, current = sys.argv[1:]
    measure = {"evidently": evidently, "nannyml": nannyml}[tool]()
    before, start = used(), time.perf_counter()
    said = measure(pd.read_parquet(reference), pd.read_parquet(current))
    wall, cpu = time.perf_counter() - start, used() - before
    rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"wall_s": wall, "cpu_s": cpu, "rss_mb": rss, "said": said}))


def used() -> float:
    """Processor seconds of this process."""
    one = resource.getrusage(resource.RUSAGE_SELF)
    return one.ru_utime + one.ru_stime


def evidently() -> Callable[[pd.DataFrame, pd.DataFrame], int]:
    """PSI of every column."""
    from evidently import Report
    from evidently.presets import DataDriftPreset

    return lambda old, new: len(Report([DataDriftPreset(method="psi")]).run(new, old).dict()["metrics"])


def nannyml() -> Callable[[pd.DataFrame, pd.DataFrame], int]:
    """Jensen-Shannon distance of every column, the default, over the whole as one chunk."""
    from nannyml import UnivariateDriftCalculator

    def measure(old: pd.DataFrame, new: pd.DataFrame) -> int:
        calculator = UnivariateDriftCalculator(column_names=list(old.columns), chunk_number=1)
        calculator.fit(old)
        return len(calculator.calculate(new).to_df().columns)

    return measure


main()
