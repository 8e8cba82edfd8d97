"""What the inside asks of the store of personal values: kept beside the log, found by commitment, erased for good.

A line is `["salt","field",value]` in canonical JSON; its SHA-256 is the commitment that stands in a record. Any store
of ledgers may fill the port; the contract suite says what it must do. Source: LEDGER 9.
"""

from collections.abc import Iterator, Sequence
from typing import Protocol

__all__ = ["PersonalValues"]


class PersonalValues(Protocol):
    """Lines by commitment. Every call raises `Unavailable` when the store is out of reach."""

    def keep(self, lines: Sequence[bytes]) -> tuple[str, ...]:
        """Keep all of them, durably, or none, and give their commitments; the same line twice is kept once.

        Raises `InvalidInput` for what is no line of a personal value.
        """

    def find(self, commitment: str) -> bytes | None:
        """The line of a commitment; None when it was erased or never kept. Raises `Refused` when it was altered."""

    def lines(self) -> Iterator[bytes]:
        """Every line, in order of commitments."""

    def erase(self, commitments: Sequence[str]) -> int:
        """Erase them so that the store's files hold nothing of them, and say how many were there; safe to repeat."""

    def close(self) -> None:
        """Release the store."""
