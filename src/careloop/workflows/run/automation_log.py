"""The entries that automation reads, each read once: an append-only log only grows."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

from careloop.plans.automation_history import READS
from careloop.ports.ledger import Entry, Ledger

__all__ = ["AutomationLog", "automation_entries"]


def automation_entries(ledger: Ledger) -> list[Entry]:
    """Every entry that automation reads, in the order of the log, as of one size."""
    return AutomationLog().entries(ledger)


@dataclass
class AutomationLog:
    """Remembers what it read of one ledger; a storm of alarms does not read the log anew for each of them."""

    _found: list[Entry] = field(default_factory=list)
    _size: int = 0

    def entries(self, ledger: Ledger) -> list[Entry]:
        """Every entry that automation reads, in the order of the log, as of one size; not to be changed."""
        size = ledger.size()
        if size < self._size:  # another ledger, or one that was restored from a backup
            self._found, self._size = [], 0
        if size > self._size:
            self._found = [*self._found, *self._since(ledger, size)]
            self._size = size
        return self._found

    def _since(self, ledger: Ledger, size: int) -> list[Entry]:
        if not self._found:
            found = [ledger.query(type=kind, upto=size) for kind in READS]
        else:
            since = self._found[-1].recorded_at
            found = [ledger.query(type=kind, upto=size, since=since) for kind in READS]
        last = self._found[-1].index if self._found else -1
        return [entry for entry in heapq.merge(*found, key=lambda entry: entry.index) if entry.index > last]
