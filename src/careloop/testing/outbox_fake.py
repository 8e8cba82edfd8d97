"""An outbox in memory, for tests."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from careloop.domain.outgoing import Message, MessageKey, MessageKind, MessageState, OutboxEntry
from careloop.errors import Unavailable

__all__ = ["OutboxFake"]

_MOST = 100


class OutboxFake:
    """An `Outbox`; `out_of_reach = True` makes every call raise `Unavailable`."""

    def __init__(self) -> None:
        self._kept: dict[MessageKey, OutboxEntry] = {}
        self._holders: dict[MessageKey, str] = {}
        self._read: dict[str, int] = {}
        self.out_of_reach = False

    def put(self, messages: Sequence[Message]) -> None:
        """Keep what is new."""
        self._check()
        for one in messages:
            fresh = OutboxEntry(
                message=one,
                state=MessageState.WAITING,
                attempts=0,
                due_at=one.not_before,
                leased_until=None,
                why="",
                settled_at=None,
            )
            self._kept.setdefault(one.key, fresh)

    def lease(
        self, *, holder: str, now: datetime, lease_s: float, only: Collection[MessageKey] | None = None
    ) -> tuple[OutboxEntry, ...]:
        """Take what is due."""
        self._check()
        due = [key for key, one in self._kept.items() if _free(one, now) and (only is None or key in only)]
        due = sorted(due, key=lambda key: (self._kept[key].due_at, key))
        for key in due[:_MOST]:
            one = self._kept[key]
            until = now + timedelta(seconds=lease_s)
            self._kept[key] = replace(one, attempts=one.attempts + 1, leased_until=until)
            self._holders[key] = holder
        return tuple(self._kept[key] for key in due[:_MOST])

    def sent(self, key: MessageKey, *, now: datetime) -> None:
        """Settle it."""
        self._check()
        one = self._kept[key]
        if one.state is not MessageState.SENT:
            self._kept[key] = replace(one, state=MessageState.SENT, leased_until=None, settled_at=now)

    def failed(self, key: MessageKey, *, holder: str, why: str, now: datetime, due_at: datetime | None) -> bool:
        """Note why."""
        self._check()
        one = self._kept[key]
        if self._holders.get(key) != holder or one.leased_until is None:
            return False
        state, settled = (MessageState.DEAD, now) if due_at is None else (MessageState.WAITING, None)
        self._kept[key] = replace(
            one, state=state, why=why, due_at=due_at or one.due_at, leased_until=None, settled_at=settled
        )
        return True

    def retry(self, *, now: datetime, message: str | None = None) -> int:
        """Wake the dead."""
        self._check()
        dead = [
            key
            for key, one in self._kept.items()
            if one.state is MessageState.DEAD
            and one.message.kind is not MessageKind.ORDER
            and message in (None, key.message)
        ]
        for key in dead:
            one = self._kept[key]
            self._kept[key] = replace(one, state=MessageState.WAITING, attempts=0, due_at=now, settled_at=None)
        return len(dead)

    def entries(self, *, state: MessageState | None = None, message: str | None = None) -> tuple[OutboxEntry, ...]:
        """All that fit."""
        self._check()
        found = [one for one in self._kept.values() if state in (None, one.state) and message in (None, one.message.id)]
        return tuple(sorted(found, key=lambda one: (one.message.made_at, one.message.id, one.message.channel)))

    def read_upto(self, channel: str) -> int | None:
        """The last word."""
        self._check()
        return self._read.get(channel)

    def note_read(self, channel: str, *, upto: int) -> None:
        """Remember."""
        self._check()
        self._read[channel] = upto

    def _check(self) -> None:
        if self.out_of_reach:
            raise Unavailable("the outbox is out of reach")


def _free(one: OutboxEntry, now: datetime) -> bool:
    return (
        one.state is MessageState.WAITING
        and one.due_at <= now
        and (one.leased_until is None or one.leased_until <= now)
    )
