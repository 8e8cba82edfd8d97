"""What was sent against what was declared, counted by the hour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from careloop.domain.schema_drift import SchemaTally

__all__ = ["SchemaNotes"]


class SchemaNotes(Protocol):
    """Keeps counts for some weeks. They explain and never decide: a count may be lost when a process is killed."""

    def note(self, tallies: Sequence[SchemaTally]) -> None:
        """Add counts. Never raises and never keeps events waiting: what cannot be kept now is kept later, or lost."""
        ...

    def tallies(self, system: str | None = None) -> Sequence[SchemaTally]:
        """What was counted, a tally for each system, hour and declaration, in that order; of one system, or of all.

        Raises `Unavailable`.
        """
        ...
