"""Events that wait to be sent: in memory, bounded, oldest first; what does not fit any more is counted."""

from __future__ import annotations

import threading
from collections import deque

__all__ = ["WaitingEvents"]


class WaitingEvents:
    """A queue that never makes anybody wait: when it is full, the oldest event makes room.

    A batch that was taken stays here until it is `done`, so that whoever closes the queue finds it.
    """

    def __init__(self, *, most_events: int, most_bytes: int) -> None:
        self._most_events, self._most_bytes = most_events, most_bytes
        self._events: deque[bytes] = deque()
        self._taken: list[bytes] = []
        self._bytes = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """Events that nobody took over yet, those of a batch on its way among them."""
        return len(self._events) + len(self._taken)

    def add(self, event: bytes) -> int:
        """Put an event last; returns how many were pushed out for it, itself when it alone is too large."""
        if len(event) > self._most_bytes:
            return 1
        with self._lock:
            self._events.append(event)
            self._bytes += len(event)
            pushed = 0
            while len(self._events) > self._most_events or self._bytes > self._most_bytes:
                self._bytes -= len(self._events.popleft())
                pushed += 1
            return pushed

    def take(self, most: int) -> list[bytes]:
        """The oldest events as a batch that is on its way from now on."""
        with self._lock:
            self._taken = [self._events.popleft() for _ in range(min(most, len(self._events)))]
            self._bytes -= sum(map(len, self._taken))
            return self._taken

    def done(self) -> None:
        """The batch was taken over by somebody."""
        with self._lock:
            self._taken = []

    def back(self) -> None:
        """Nobody took the batch: it waits on, as the oldest."""
        with self._lock:
            self._events.extendleft(reversed(self._taken))
            self._bytes += sum(map(len, self._taken))
            self._taken = []

    def take_all(self) -> list[bytes]:
        """Everything, a batch on its way among it, which may then arrive twice."""
        with self._lock:
            everything = [*self._taken, *self._events]
            self._taken, self._bytes = [], 0
            self._events.clear()
            return everything
