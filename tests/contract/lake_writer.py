"""A process that takes events into a lake until it is stopped, saying each number only after it was acknowledged.

Arguments: folder, first number, count, events a batch; a fourth argument `compact` compacts every ten batches. Run by
`test_lake_processes.py`.
"""

import sys
from pathlib import Path

from careloop.adapters.parquet_lake import open_lake
from careloop.errors import Conflict
from careloop.testing.event_builders import NOON, an_event

if __name__ == "__main__":
    first, batches, size = (int(text) for text in sys.argv[2:5])
    compacting = sys.argv[5:] == ["compact"]
    lake = open_lake(Path(sys.argv[1]), segment_bytes=20_000)
    for number in range(batches):
        start = first + number * size
        answer = lake.append([an_event(n) for n in range(start, start + size)], now=NOON)
        sys.stdout.write(f"{start} {answer.accepted} {answer.last_seq}\n")
        sys.stdout.flush()
        if compacting and number % 10 == 9:
            try:
                lake.close_segments(even_if_small=True)
                lake.compact()
            except Conflict:
                continue
