"""Let threads that arrive together share one commit, so that a busy ledger flushes the disk once for many.

The first thread to get its turn leads: it takes everything that waits and commits it as one; the others find their
outcome ready. With a single thread it is a plain call.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Generic, TypeVar

from careloop.errors import CareloopError, Unavailable

__all__ = ["GroupCommit"]

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


@dataclass(slots=True)
class _Ticket(Generic[Item, Outcome]):
    item: Item
    outcome: Outcome | CareloopError | None = None


class GroupCommit(Generic[Item, Outcome]):
    """Collects what waits and hands it to `commit`, which gives one outcome or error for each item, in order."""

    def __init__(self, commit: Callable[[Sequence[Item]], Sequence[Outcome | CareloopError]]) -> None:
        self._commit = commit
        self._change = threading.Condition()
        self._waiting: list[_Ticket[Item, Outcome]] = []
        self._busy = False

    @property
    def waiting(self) -> int:
        """How many wait for the next commit."""
        return len(self._waiting)

    def submit(self, item: Item) -> Outcome:
        """Commit the item with whatever else waits; raises the error that belongs to it."""
        ticket: _Ticket[Item, Outcome] = _Ticket(item)
        with self._change:
            self._waiting.append(ticket)
            while self._busy and ticket.outcome is None:
                self._change.wait()
            tickets: list[_Ticket[Item, Outcome]] = []
            if ticket.outcome is None:
                self._busy = True
                tickets, self._waiting = self._waiting, tickets
        if tickets:
            self._lead(tickets)
        if ticket.outcome is None:
            raise _interrupted()
        if isinstance(ticket.outcome, CareloopError):
            raise ticket.outcome
        return ticket.outcome

    def _lead(self, tickets: Sequence[_Ticket[Item, Outcome]]) -> None:
        outcomes: Sequence[Outcome | CareloopError] = ()
        try:
            outcomes = self._commit([ticket.item for ticket in tickets])
        except CareloopError as error:
            outcomes = [error] * len(tickets)
        finally:
            with self._change:
                for ticket, outcome in zip_longest(tickets, outcomes, fillvalue=None):
                    if ticket is not None:
                        ticket.outcome = _interrupted() if outcome is None else outcome
                self._busy = False
                self._change.notify_all()


def _interrupted() -> Unavailable:
    return Unavailable("the commit was interrupted", hint="Send it again: what was recorded is not repeated.")
