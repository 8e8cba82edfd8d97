"""Messages that leave the house: each is written down before it is sent, sent at least once, and never lost in silence.

A message is sent again after a pause that doubles and is scattered, so that many do not come at once; what nobody took
after the last attempt is a dead letter that people see.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

__all__ = [
    "HAPPENINGS",
    "ORDERS",
    "PAGES",
    "Message",
    "MessageKey",
    "MessageKind",
    "MessageState",
    "OutboxEntry",
    "RetryPolicy",
]


class MessageKind(StrEnum):
    """What a message is about."""

    PAGE = "page"
    """Tells people."""
    ORDER = "order"
    """Tells a deployer what is to answer."""
    HAPPENING = "happening"
    """Tells another tool what happened."""


class MessageState(StrEnum):
    """How far a message came."""

    WAITING = "waiting"
    SENT = "sent"
    DEAD = "dead"
    """Given up: refused, or not taken after the last attempt."""


class MessageKey(NamedTuple):
    """Names one message in the outbox."""

    message: str
    """Id of the message."""
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message for one channel."""

    id: str
    """The receiver's idempotency key: the same however often it is sent."""
    channel: str
    kind: MessageKind
    system: str
    body: Mapping[str, str]
    made_at: datetime
    """Aware UTC."""
    not_before: datetime
    """Quiet hours may hold a notice back; a severe page has `made_at` here."""

    @property
    def key(self) -> MessageKey:
        """Its name in the outbox."""
        return MessageKey(self.id, self.channel)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxEntry:
    """A message and what became of it."""

    message: Message
    state: MessageState
    attempts: int
    """How often it was tried, or taken for trying by somebody who died."""
    due_at: datetime
    """When it may be tried (again)."""
    leased_until: datetime | None
    """While somebody is sending it: until when it is theirs."""
    why: str
    """What the last attempt met; empty before the first."""
    settled_at: datetime | None
    """When it was sent or given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How patiently a message is sent."""

    first_s: float
    """Pause after the first attempt in seconds; it doubles from there."""
    longest_s: float
    attempts: int
    """After so many it is given up, 1 or more."""
    lease_s: float
    """How long one attempt belongs to one worker; longer than the attempt's own time limit."""

    def next_due(self, attempts: int, now: datetime, scatter: float) -> datetime | None:
        """When to try again after so many attempts; None to give up. `scatter` is a chance in [0, 1].

        >>> from datetime import UTC
        >>> policy = RetryPolicy(first_s=2, longest_s=60, attempts=4, lease_s=15)
        >>> noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
        >>> [(policy.next_due(n, noon, 1) - noon).total_seconds() for n in (1, 2, 3)], policy.next_due(4, noon, 1)
        ([2.0, 4.0, 8.0], None)
        """
        if attempts >= self.attempts:
            return None
        pause = min(self.longest_s, self.first_s * 2 ** (attempts - 1))
        return now + timedelta(seconds=pause * (1 + scatter) / 2)


PAGES: Final = RetryPolicy(first_s=2, longest_s=600, attempts=16, lease_s=30)
"""Fast at first, then every ten minutes: given up after about an hour and a half."""
HAPPENINGS: Final = RetryPolicy(first_s=5, longest_s=3600, attempts=33, lease_s=120)
"""Given up after most of a day: a tool may be away for a night, and a model be registered in the morning."""
ORDERS: Final = RetryPolicy(first_s=1, longest_s=8, attempts=5, lease_s=30)
"""A deployer that is away for some fifteen seconds is waited for; after that the plan goes on to the safe state."""
