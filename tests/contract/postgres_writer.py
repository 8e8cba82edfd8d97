"""A process that appends to a ledger in PostgreSQL until it is stopped, saying each id only after it was acknowledged.

Arguments: address, folder of the keys, first number, count, threads. Run by `test_ledger_postgres.py`.
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

from careloop.adapters.postgres_ledger import open_postgres_ledger
from careloop.testing.contracts.ledger import NOON, a_record


def main(url: str, folder: str, first: int, count: int, threads: int) -> None:
    """Append `count` records, so many at a time."""
    with open_postgres_ledger(url, Path(folder), origin="acme.example/care", create=True) as ledger:

        def one(number: int) -> None:
            receipt = ledger.append([a_record(number)], recorded_at=NOON + timedelta(milliseconds=number))[0]
            sys.stdout.write(f"{receipt.id} {receipt.index}\n")
            sys.stdout.flush()

        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(one, range(first, first + count)))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6]))
