"""Let threads that arrive together share one commit, so that a busy ledger flushes the disk once for many.

The first thread to get its turn leads: it takes everything that waits and commits it as one; the others find their
outcome ready. With a single thread it is a plain call.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
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
        self._door = threading.Lock()
        self._turn = threading.Lock()
        self._waiting: list[_Ticket[Item, Outcome]] = []

    def submit(self, item: Item) -> Outcome:
        """Commit the item with whatever else waits; raises the error that belongs to it."""
        ticket: _Ticket[Item, Outcome] = _Ticket(item)
        with self._door:
            self._waiting.append(ticket)
        with self._turn:
            if ticket.outcome is None:
                self._lead()
        if isinstance(ticket.outcome, CareloopError):
            raise ticket.outcome
        if ticket.outcome is None:
            raise Unavailable("the commit was interrupted", hint="Send it again: what was recorded is not repeated.")
        return ticket.outcome

    def _lead(self) -> None:
        with self._door:
            tickets, self._waiting = self._waiting, []
        outcomes: Sequence[Outcome | CareloopError] = ()
        try:
            outcomes = self._commit([ticket.item for ticket in tickets])
        except CareloopError as error:
            outcomes = [error] * len(tickets)
        finally:
            lost = Unavailable("the commit was interrupted", hint="Send it again: what was recorded is not repeated.")
            for ticket, outcome in zip(tickets, [*outcomes, *[lost] * (len(tickets) - len(outcomes))], strict=True):
                ticket.outcome = outcome
