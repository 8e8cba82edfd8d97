"""A process that makes or opens a ledger, appends three records one by one and says each id once it is acknowledged.

Arguments: database, first number. Run under fault injection by `test_ledger_torture.py`: exit 0 when it could do its
work, 3 with one line on stderr when careloop itself said why not; anything else is a fault that nobody thought of.
"""

import sys
from datetime import timedelta
from pathlib import Path

from careloop.adapters.sqlite_ledger import open_ledger
from careloop.errors import CareloopError
from careloop.testing.contracts.ledger import NOON, a_record


def main() -> int:
    """Append, say, stop."""
    first = int(sys.argv[2])
    try:
        with open_ledger(Path(sys.argv[1]), origin="acme.example/care/dev", create=True) as ledger:
            for number in range(first, first + 3):
                receipt = ledger.append([a_record(number)], recorded_at=NOON + timedelta(milliseconds=number))[0]
                sys.stdout.write(f"{receipt.id} {receipt.index}\n")
                sys.stdout.flush()
    except CareloopError as error:
        sys.stderr.write(f"{error}\n")
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
