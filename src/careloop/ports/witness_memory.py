"""What a witness asks of the place where it remembers: the newest checkpoint of each log, never lost, never older."""

from collections.abc import Callable
from typing import Protocol, TypeVar

__all__ = ["WitnessMemory"]

Answer = TypeVar("Answer")


class WitnessMemory(Protocol):
    """One note for each log. Raises `Unavailable` when it is out of reach; nothing is cosigned then."""

    def newest(self, origin: str) -> str | None:
        """The newest checkpoint cosigned of this log, as its note; None when there was none."""

    def update(self, origin: str, decide: Callable[[str | None], tuple[str | None, Answer]]) -> Answer:
        """Give the newest note to `decide`, and keep the note that it returns, if it returns one, durably.

        Between the two nobody else updates this log, in this process or another.
        """
