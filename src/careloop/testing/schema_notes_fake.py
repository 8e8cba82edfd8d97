"""Counts of what was sent, in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from careloop.domain.schema_drift import SchemaTally

__all__ = ["SchemaNotesFake"]


class SchemaNotesFake:
    """`SchemaNotes` that are gone when the test ends."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, datetime, str], SchemaTally] = {}

    def note(self, tallies: Sequence[SchemaTally]) -> None:
        """Add counts."""
        for tally in tallies:
            key = tally.system, tally.hour, tally.schema
            before = self._known.get(key)
            self._known[key] = tally if before is None else _added(before, tally)

    def tallies(self, system: str | None = None) -> Sequence[SchemaTally]:
        """What was counted, of one system or of all."""
        return [tally for key, tally in sorted(self._known.items()) if system in (None, key[0])]


def _added(one: SchemaTally, other: SchemaTally) -> SchemaTally:
    return SchemaTally(
        system=one.system,
        hour=one.hour,
        schema=one.schema,
        rows=one.rows + other.rows,
        answers=one.answers + other.answers,
        refused=Counter(one.refused) + Counter(other.refused),
        undeclared=Counter(one.undeclared) + Counter(other.undeclared),
        absent=Counter(one.absent) + Counter(other.absent),
    )
