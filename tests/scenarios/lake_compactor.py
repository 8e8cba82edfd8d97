"""A process that compacts a lake again and again until it is stopped: `python lake_compactor.py FOLDER`."""

import sys
import time
from contextlib import closing
from pathlib import Path

from careloop.adapters.parquet_lake import open_lake

if __name__ == "__main__":
    with closing(open_lake(Path(sys.argv[1]))) as lake:
        while True:
            lake.close_segments(even_if_small=True)
            lake.compact()
            time.sleep(0.01)
