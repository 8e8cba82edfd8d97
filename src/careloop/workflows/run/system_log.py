"""The ledger by system: what pages about systems ask of it, read once and grouped, however many systems there are."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from careloop.plans.automation_history import READS
from careloop.ports.ledger import Entry, Ledger

__all__ = ["SystemEntries", "SystemLog"]

_TYPES: Final = frozenset(
    {*READS, "approval.given", "approval.requested", "gate.decision", "release.revoked", "release.standing"}
)
"""What automation reads, and decisions about releases."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemEntries:
    """The entries about each system as of one size of the ledger."""

    size: int
    by_system: Mapping[str, tuple[Entry, ...]]
    """Of systems that are named in some entry, those about all systems included; in the order of the log."""
    for_all: tuple[Entry, ...] = ()
    """Entries about all systems at once, such as a pause of all automation."""

    def of(self, system: str) -> tuple[Entry, ...]:
        """Everything about a system; the same tuple as long as nothing was added."""
        return self.by_system.get(system, self.for_all)


class SystemLog:
    """Reads a ledger on where it stopped the last time: the log only grows. Threads may share it."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._reading = threading.Lock()
        self._known = SystemEntries(size=0, by_system={})

    def blob(self, digest: str) -> bytes:
        """What is kept beside the log under a digest; raises `NotFound`."""
        return self._ledger.get_blob(digest)

    def read(self) -> SystemEntries:
        """The entries up to now; the same value as long as there are no new ones."""
        with self._reading:
            size = self._ledger.size()
            if size > self._known.size:
                self._known = self._grown(size)
            return self._known

    def _grown(self, size: int) -> SystemEntries:
        known = self._known
        new: dict[str, list[Entry]] = {}
        for_all = list(known.for_all)
        for entry in self._ledger.entries(known.size, size):
            if entry.record.type not in _TYPES:
                continue
            system = entry.record.data.get("system")
            if isinstance(system, str):
                new.setdefault(system, list(known.by_system.get(system, for_all))).append(entry)
                continue
            for named in known.by_system.keys() | new.keys():
                new.setdefault(named, list(known.by_system.get(named, for_all))).append(entry)
            for_all.append(entry)
        changed = {system: tuple(entries) for system, entries in new.items()}
        return SystemEntries(size=size, by_system={**known.by_system, **changed}, for_all=tuple(for_all))
