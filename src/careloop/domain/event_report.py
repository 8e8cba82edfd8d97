"""What became of the rows of a batch of events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

__all__ = ["IngestReport", "RefusedRow"]

_MOST_NAMES: Final = 100
_MOST_REFUSED: Final = 1_000
_OTHERS: Final = "(others)"


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that was not taken, and why."""

    index: int
    """Place in the batch from 0."""
    reason: str
    """Begins with the field; never repeats the value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestReport:
    """Every row of a batch is exactly one of accepted, duplicate and refused; adding reports adds batches."""

    accepted: int = 0
    """Rows that are now durable."""
    duplicates: int = 0
    """Rows whose id the system had sent before: acknowledged, not kept twice."""
    marked: int = 0
    """Accepted rows of drills, or made up: kept, never counted as real."""
    refused_rows: int = 0
    refused: tuple[RefusedRow, ...] = ()
    """The refused rows of a batch; of several batches added, the first thousand."""
    dropped: Mapping[str, int] = field(default_factory=dict)
    """Undeclared field to the number of accepted or duplicate rows that had it; at most 100 names, then `(others)`."""
    last_seq: int | None = None
    """Highest `ingest_seq` among the accepted rows."""

    @property
    def rows(self) -> int:
        """Rows in the batch."""
        return self.accepted + self.duplicates + self.refused_rows

    def plus(self, other: IngestReport) -> IngestReport:
        """Both batches as one."""
        dropped = dict(self.dropped)
        for name, n in other.dropped.items():
            kept = name if name in dropped or len(dropped) < _MOST_NAMES else _OTHERS
            dropped[kept] = dropped.get(kept, 0) + n
        return IngestReport(
            accepted=self.accepted + other.accepted,
            duplicates=self.duplicates + other.duplicates,
            marked=self.marked + other.marked,
            refused_rows=self.refused_rows + other.refused_rows,
            refused=(self.refused + other.refused)[:_MOST_REFUSED] if self.rows else other.refused,
            dropped=dropped,
            last_seq=max((seq for seq in (self.last_seq, other.last_seq) if seq is not None), default=None),
        )
