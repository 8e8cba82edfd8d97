"""What the inside asks of the place where outgoing messages wait."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from careloop.domain.outgoing import Message, MessageKey, MessageState, OutboxEntry

__all__ = ["Outbox"]


class Outbox(Protocol):
    """Keeps messages until they are sent. Several processes may use it at once; all instants are aware UTC.

    Every call raises `Unavailable` when the store is out of reach: then nothing was changed.
    """

    def put(self, messages: Sequence[Message]) -> None:
        """Keep them, durably, when this returns; a message whose id and channel are known stays as it is."""
        ...

    def lease(
        self, *, holder: str, now: datetime, lease_s: float, only: Collection[MessageKey] | None = None
    ) -> tuple[OutboxEntry, ...]:
        """Take messages that are due for sending, oldest first: no other holder gets them until the lease ends.

        `only` are pairs of id and channel; None takes whatever is due, 100 at most. Each counts as an attempt.
        """
        ...

    def sent(self, key: MessageKey, *, now: datetime) -> None:
        """The receiver took it, whoever sent it."""
        ...

    def failed(self, key: MessageKey, *, holder: str, why: str, now: datetime, due_at: datetime | None) -> bool:
        """It was not taken; to be tried again at `due_at`, or never for None. False when the lease was lost."""
        ...

    def retry(self, *, now: datetime, message: str | None = None) -> int:
        """Have what was given up tried again from the start, one message's or all, but no order; how many.

        An order belongs to its plan, which has gone on without it.
        """
        ...

    def entries(self, *, state: MessageState | None = None, message: str | None = None) -> tuple[OutboxEntry, ...]:
        """What is kept, oldest first."""
        ...

    def read_upto(self, channel: str) -> int | None:
        """How far the ledger was read for a channel: the first entry that was not; None for a new channel."""
        ...

    def note_read(self, channel: str, *, upto: int) -> None:
        """Remember, durably, that everything below this entry was put. Said again, the last word counts."""
        ...
