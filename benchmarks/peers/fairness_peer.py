"""What Fairlearn takes for selection rates by group with both differences; prints one JSON line.

Run in its own environment: `python fairness_peer.py DATA`.
"""

import json
import resource
import sys
import time

import pandas as pd
from fairlearn.metrics import MetricFrame, demographic_parity_difference, equalized_odds_difference, selection_rate


def main() -> None:
    """Read, measure, print processor seconds with reading, most memory, and the figures."""
    before, start = used(), time.perf_counter()
    rows = pd.read_parquet(sys.argv[1])
    said = {"y_true": rows["label"], "y_pred": rows["answer"], "sensitive_features": rows["group"]}
    frame = MetricFrame(metrics={"selection_rate": selection_rate}, **said)
    values = {
        "dp_difference": float(demographic_parity_difference(**said)),
        "equalised_odds_difference": float(equalized_odds_difference(**said)),
        "groups": {str(name): float(value) for name, value in frame.by_group["selection_rate"].items()},
    }
    wall, cpu = time.perf_counter() - start, used() - before
    rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"wall_s": wall, "cpu_s": cpu, "rss_mb": rss, "values": values}))


def used() -> float:
    """Processor seconds of this process."""
    one = resource.getrusage(resource.RUSAGE_SELF)
    return one.ru_utime + one.ru_stime


main()
