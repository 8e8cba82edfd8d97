"""Let threads that arrive together share one commit, so that a busy ledger flushes the disk once for many.

The first thread to get its turn leads: it takes everything that waits and commits it as one; the others sleep, each at
a gate of its own, until their outcome is there or it is their turn to lead. With a single thread it is a plain call.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
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
    leads: bool = False
    gate: threading.Lock = field(default_factory=threading.Lock)


class GroupCommit(Generic[Item, Outcome]):
    """Collects what waits and hands it to `commit`, which gives one outcome or error for each item, in order.

    `settle` is what must follow before anybody is told. Whoever leads waits up to `gather_s` for those who were told a
    moment ago and are about to come again: one commit for all costs less than two for halves.
    """

    def __init__(
        self,
        commit: Callable[[Sequence[Item]], Sequence[Outcome | CareloopError]],
        *,
        settle: Callable[[], None] = lambda: None,
        gather_s: float = 0.003,
    ) -> None:
        self._commit, self._settle, self._gather_s = commit, settle, gather_s
        self._change = threading.Lock()
        self._arrived, self._crowd = threading.Condition(self._change), 0
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
            if len(self._waiting) == self._crowd:
                self._arrived.notify_all()
            ticket.leads, self._busy = not self._busy, True
            if not ticket.leads:
                ticket.gate.acquire()
        if not ticket.leads:
            self._wait(ticket)
        if ticket.leads:
            self._lead(ticket)
        if ticket.outcome is None:
            raise _interrupted()
        if isinstance(ticket.outcome, CareloopError):
            raise ticket.outcome
        return ticket.outcome

    def _wait(self, ticket: _Ticket[Item, Outcome]) -> None:
        woken = False
        try:
            woken = ticket.gate.acquire()  # opened by whoever commits it, or hands the lead over
        finally:
            if not woken:
                with self._change:
                    if ticket in self._waiting:
                        self._waiting.remove(ticket)
                    if ticket.leads:
                        self._hand_over()

    def _lead(self, own: _Ticket[Item, Outcome]) -> None:
        tickets = self._gathered(own)
        outcomes: Sequence[Outcome | CareloopError] = ()
        try:
            outcomes = self._commit_and_settle(tickets)
        except CareloopError as error:
            outcomes = [error] * len(tickets)
        finally:
            for ticket, outcome in zip_longest(tickets, outcomes, fillvalue=None):
                if ticket is not None:
                    ticket.outcome = _interrupted() if outcome is None else outcome
                    if ticket.gate.locked():
                        ticket.gate.release()

    def _gathered(self, own: _Ticket[Item, Outcome]) -> list[_Ticket[Item, Outcome]]:
        """Everything that waits, once all who are expected are there or enough time has passed."""
        gathered = False
        with self._change:
            try:
                self._arrived.wait_for(lambda: len(self._waiting) >= self._crowd, timeout=self._gather_s)
                gathered = True
            finally:
                if not gathered:  # interrupted: somebody else must lead
                    self._waiting.remove(own)
                    self._hand_over()
            tickets, self._waiting = self._waiting, []
        return tickets

    def _commit_and_settle(self, tickets: Sequence[_Ticket[Item, Outcome]]) -> Sequence[Outcome | CareloopError]:
        try:
            outcomes = self._commit([ticket.item for ticket in tickets])
            self._settle()
        finally:
            with self._change:
                self._crowd = len(tickets) + len(self._waiting)
                self._hand_over()
        return outcomes

    def _hand_over(self) -> None:
        """Let the one that waits longest lead; needs the lock."""
        self._busy = bool(self._waiting)
        if self._waiting:
            self._waiting[0].leads = True
            self._waiting[0].gate.release()


def _interrupted() -> Unavailable:
    return Unavailable("the commit was interrupted", hint="Send it again: what was recorded is not repeated.")
