"""What became of the rows of a batch of events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

__all__ = ["IngestReport", "RefusedRow", "counted_names"]

_MOST_NAMES: Final = 100
_MOST_REFUSED: Final = 1_000
_MOST_NAME: Final = 120
_OTHERS: Final = "(others)"


def counted_names(names: Iterable[str]) -> Mapping[str, int]:
    """How often each name came up; of very many names, the first hundred and the rest together."""
    return _bounded({}, Counter(name[:_MOST_NAME] for name in names))


def _bounded(one: Mapping[str, int], other: Mapping[str, int]) -> Mapping[str, int]:
    counted = dict(one)
    for name, n in other.items():
        kept = name if name in counted or len(counted) < _MOST_NAMES else _OTHERS
        counted[kept] = counted.get(kept, 0) + n
    return counted


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that was not taken, and why."""

    index: int
    """Place in the batch from 0."""
    reason: str
    """Begins with the field; never repeats the value."""
    place: str = ""
    """Where the row stands at its source, where that says more than the index: `orders[0]@17`."""


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
    reasons: Mapping[str, int] = field(default_factory=dict)
    """Reason to the number of rows refused for it; at most 100 reasons, then `(others)`. Many rows with one reason,
    such as a value that is not declared, are a drift of the schema and not odd rows."""
    last_seq: int | None = None
    """Highest `ingest_seq` among the accepted rows."""

    @property
    def rows(self) -> int:
        """Rows in the batch."""
        return self.accepted + self.duplicates + self.refused_rows

    def plus(self, other: IngestReport) -> IngestReport:
        """Both batches as one."""
        return IngestReport(
            accepted=self.accepted + other.accepted,
            duplicates=self.duplicates + other.duplicates,
            marked=self.marked + other.marked,
            refused_rows=self.refused_rows + other.refused_rows,
            refused=(self.refused + other.refused)[:_MOST_REFUSED] if self.rows else other.refused,
            dropped=_bounded(self.dropped, other.dropped),
            reasons=_bounded(self.reasons, other.reasons),
            last_seq=max((seq for seq in (self.last_seq, other.last_seq) if seq is not None), default=None),
        )
