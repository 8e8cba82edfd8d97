"""A worker of its own: sends what the outbox holds, and may die between sending and noting it.

Arguments: database, log, name, which message to die at (-1: none), and `outlives` for a clock that goes on to the end
of the leases of the dead.
"""

import os
import signal
import sys
from datetime import timedelta
from pathlib import Path

from careloop.adapters.sqlite_outbox import SqliteOutbox
from careloop.domain.outgoing import MessageState
from careloop.testing.contracts.outbox import NOON

database, log, name, die_at, outlives = (*sys.argv[1:5], sys.argv[5:] == ["outlives"])
box, now, sent = SqliteOutbox(Path(database)), NOON, 0
with Path(log).open("a", buffering=1) as book:
    while box.entries(state=MessageState.WAITING):
        leased = box.lease(holder=name, now=now, lease_s=3600)
        for one in leased:
            book.write(f"{name} {one.message.id}\n")
            if sent == int(die_at):
                os.kill(os.getpid(), signal.SIGKILL)
            box.sent(one.message.key, now=now)
            sent += 1
        if not leased and outlives:
            now += timedelta(hours=1)
