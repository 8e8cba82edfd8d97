"""Where an application's events go on their way to the lake."""

from collections.abc import Sequence
from typing import Protocol

__all__ = ["EventSink"]


class EventSink(Protocol):
    """Takes batches of events as JSON lines."""

    def send(self, lines: Sequence[bytes]) -> int:
        """Hand over a batch; returns how many of its rows were refused for good.

        Raises `Unavailable` when it should be tried again; rows that did arrive are told apart by their id then.
        """
        ...
