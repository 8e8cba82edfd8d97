"""What went wrong, for whom, and which rows show it (SEMANTICS 23; R49, R56)."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DataSlice"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSlice:
    """The rows that an alarm rests on: enough to find them again, to hold them, and to train on what was missing."""

    system: str
    release: str
    monitor: str
    since: int
    """Start of the first window, in seconds since 1970."""
    until: int
    """End of the last window: the first second that is no longer part of it."""
    by: str | None
    """Field that splits the rows, such as `region`; None when all rows count alike."""
    group: str | None
    """The group that stands out."""
    n: int
    """Rows of the release in these windows that the monitor counted."""
    digest: str
    """SHA-256, in hex, of the integer count table of these windows."""
