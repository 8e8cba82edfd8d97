"""A source of events in memory, and how far feeds were read, for tests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from careloop.errors import Unavailable
from careloop.ports.event_source import Mark, SourceBatch

__all__ = ["EventSourceFake", "FeedPositionsFake"]


class EventSourceFake:
    """An `EventSource` over a list that may grow; `durable_upto` says how many of its rows were called durable.

    `out_of_reach = True` makes every reading raise `Unavailable`.
    """

    def __init__(self, rows: list[bytes], *, name: str = "fake", most: int = 2) -> None:
        self.name, self._rows, self._most = name, rows, most
        self.durable_upto = 0
        self.out_of_reach = False
        self._under_way: tuple[SourceBatch, int] | None = None

    def batches(self) -> Iterator[SourceBatch]:
        """From the first row that was never called durable."""
        at = self.durable_upto
        while at < len(self._rows):
            if self.out_of_reach:
                raise Unavailable(f"{self.name}: out of reach")
            rows: Sequence[bytes] = self._rows[at : at + self._most]
            places = tuple(f"{self.name}@{at + n}" for n in range(len(rows)))
            batch = SourceBatch(rows=tuple(rows), places=places)
            at += len(rows)
            self._under_way = batch, at
            yield batch

    def durable(self, batch: SourceBatch) -> None:
        """Go on behind it."""
        assert self._under_way is not None, "no batch is under way"
        assert self._under_way[0] is batch, "the last batch is called durable"
        self.durable_upto = self._under_way[1]

    def close(self) -> None:
        """Nothing is held."""


class FeedPositionsFake:
    """A `FeedPositions` in a dictionary; `out_of_reach = True` makes every call raise `Unavailable`."""

    def __init__(self) -> None:
        self._marks: dict[str, Mark] = {}
        self.out_of_reach = False

    def upto(self, feed: str) -> Mark | None:
        """The mark that was noted last."""
        self._reach()
        return self._marks.get(feed)

    def note(self, feed: str, mark: Mark) -> None:
        """Remember it."""
        self._reach()
        self._marks[feed] = mark

    def _reach(self) -> None:
        if self.out_of_reach:
            raise Unavailable("the marks are out of reach")
