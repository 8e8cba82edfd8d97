"""A process that appends to a ledger until it is stopped, saying each id only after it was acknowledged.

Arguments: database, first number, count. Run by `test_ledger_processes.py`.
"""

import sys
from datetime import timedelta
from pathlib import Path

from careloop.adapters.sqlite_ledger import open_ledger
from careloop.testing.contracts.ledger import NOON, a_record

if __name__ == "__main__":
    first, count = int(sys.argv[2]), int(sys.argv[3])
    with open_ledger(Path(sys.argv[1]), origin="acme.example/care/dev", create=True) as ledger:
        for number in range(first, first + count):
            receipt = ledger.append([a_record(number)], recorded_at=NOON + timedelta(milliseconds=number))[0]
            sys.stdout.write(f"{receipt.id} {receipt.index}\n")
            sys.stdout.flush()
