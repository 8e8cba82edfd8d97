"""The releases that the ledger knows: what events may name, by lock digest, version or alias."""

from __future__ import annotations

from collections.abc import Iterator

from careloop.ports.ledger import Entry, Ledger

__all__ = ["RecordedReleases"]

_TYPES = ("release.recorded", "release.standing", "gate.decision")
_NAMES = ("alias", "version")


class RecordedReleases:
    """A `KnownReleases` that is filled from the ledger, and again whenever that has grown.

    A release is known once it was recorded, put before the gate or given standing. An alias or version means the
    release that was last recorded under it. Without a ledger no release is known.
    """

    def __init__(self, ledger: Ledger | None) -> None:
        self._ledger = ledger
        self._size = -1
        self._known: dict[tuple[str, str], str] = {}

    def resolve(self, system: str, name: str) -> str | None:
        """The lock digest behind a digest or alias; None when the ledger knows no such release of the system."""
        size = 0 if self._ledger is None else self._ledger.size()
        if size != self._size:
            self._known, self._size = self._read(size), size
        return self._known.get((system, name))

    def _read(self, size: int) -> dict[tuple[str, str], str]:
        known: dict[tuple[str, str], str] = {}
        for entry in self._entries(size):
            system, lock = entry.record.data.get("system"), entry.record.data.get("lock")
            if isinstance(system, str) and isinstance(lock, str):
                known[system, lock] = lock
                for key in _NAMES:
                    name = entry.record.data.get(key)
                    if isinstance(name, str):
                        known[system, name] = lock
        return known

    def _entries(self, size: int) -> Iterator[Entry]:
        if self._ledger is None:
            return iter(())
        found = [entry for kind in _TYPES for entry in self._ledger.query(type=kind, upto=size)]
        return iter(sorted(found, key=lambda entry: entry.index))
