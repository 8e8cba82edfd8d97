"""A measure as it came out, with the digest of the counts that it follows from."""

from __future__ import annotations

from dataclasses import dataclass

from careloop.domain.measured import Measured
from careloop.measures.measure_kind import MeasureKind

__all__ = ["TakenMeasure"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenMeasure:
    """One measure as it came out."""

    id: str
    kind: MeasureKind
    by: tuple[str, ...]
    measured: Measured
    digest: str
    """Of the table of integer counts that the value follows from; another engine must reproduce it."""
    reference_digest: str | None = None
    edges: tuple[float, ...] = ()
    """Where a number was cut into bins; kept, they cut the next period alike."""
