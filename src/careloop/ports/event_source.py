"""Where events are fetched from, in batches that are told when they are durable; and how far each feed was read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

__all__ = ["EventSource", "FeedPositions", "Mark", "SourceBatch"]

Mark = datetime | int | float | str
"""How far a query was read: the greatest value of its watermark column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceBatch:
    """Rows as JSON, in the order of the source."""

    rows: tuple[bytes, ...]
    places: tuple[str, ...]
    """Where each row stands at the source, as a person finds it there."""


class EventSource(Protocol):
    """One feed. At least once: a batch that was not called durable comes again, here or in another process."""

    name: str
    """As a person calls it."""

    def batches(self) -> Iterator[SourceBatch]:
        """What is there, from the first that was never called durable to what was there at the end of the reading.

        Beginning anew is allowed at any time. Raises `Unavailable` when the source is out of reach, and `InvalidInput`
        when what it gives does not fit its declaration.
        """
        ...

    def durable(self, batch: SourceBatch) -> None:
        """Every row of this batch, the last that came, was made durable or refused for good."""
        ...

    def close(self) -> None:
        """Let go of the source."""
        ...


class FeedPositions(Protocol):
    """How far feeds were read that do not know it themselves. Raises `Unavailable` when out of reach."""

    def upto(self, feed: str) -> Mark | None:
        """The mark that was noted last, of the same type; null for a feed that was never read."""
        ...

    def note(self, feed: str, mark: Mark) -> None:
        """Remember the mark; it is on the disk when this returns."""
        ...
