"""What the inside asks of a place outside the ledger's database that remembers how long the log was, and its root."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

from careloop.ports.ledger import Checkpoint

__all__ = ["CHECKPOINT_MEDIA_TYPE", "Anchor", "AnchorReceipt", "Continuation"]

CHECKPOINT_MEDIA_TYPE: Final = "text/x-tlog-checkpoint"

Continuation: TypeAlias = Callable[[int], tuple[bytes, ...]]
"""Size of an older log -> RFC 6962 proof that the newest one begins with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchorReceipt:
    """What the place gives back, for the evidence: a cosigned checkpoint, a time stamp, a tag."""

    content: bytes
    media: str


class Anchor(Protocol):
    """One such place. Every call raises `Unavailable` when it is out of reach."""

    @property
    def id(self) -> str:
        """How the organisation calls it."""

    def newest(self) -> str | None:
        """The note of the longest log it remembers; None when there is none, or when it does not tell."""

    def keep(self, checkpoint: Checkpoint, continuation: Continuation) -> AnchorReceipt:
        """Remember this checkpoint; raises `Refused` when it knows of a longer log, or of another one."""
