"""Tell other tools what happened: the ledger is read on where it stopped, and each tool gets a message in the outbox.

A message has the id of the record, so that reading the same entries twice tells nothing twice. A tool that is named for
the first time is told what happens from then on; `since` tells it of the past as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from careloop.domain.happening import Announced, Happening
from careloop.domain.outgoing import Message, MessageKind
from careloop.plans.happenings import happening_body, happening_of
from careloop.ports.ledger import Ledger
from careloop.ports.outbox import Outbox
from careloop.workflows.run.send_messages import Subscription

__all__ = [
    "announce_from_the_start",
    "announce_new",
    "announce_since",
    "preview_new",
    "preview_since",
]

_AT_A_TIME: Final = 5_000
"""Entries that one turn reads; the next turn reads on."""


def announce_from_the_start(outbox: Outbox, subscriptions: Iterable[str]) -> None:
    """While there is no ledger yet: all that it will hold is still to happen."""
    for name in subscriptions:
        if outbox.read_upto(name) is None:
            outbox.note_read(name, upto=0)


def announce_new(ledger: Ledger, outbox: Outbox, subscriptions: Mapping[str, Subscription]) -> tuple[Announced, ...]:
    """Write down, for every tool, what happened since it was told last."""
    if not subscriptions:
        return ()
    size, marks = ledger.size(), _marks(outbox, subscriptions)
    known = {name: min(mark, size) for name, mark in marks.items() if mark is not None}
    start = min(known.values(), default=size)
    upto = min(size, start + _AT_A_TIME)
    found = _wanted(_read(ledger, start, upto), subscriptions, known)
    outbox.put([_message(one) for one in found])
    for name, mark in marks.items():
        read = size if mark is None else max(known[name], upto)
        if read != mark:
            outbox.note_read(name, upto=read)
    return found


def preview_new(ledger: Ledger, outbox: Outbox, subscriptions: Mapping[str, Subscription]) -> tuple[Announced, ...]:
    """What `announce_new` would write down, each with its requests."""
    size, marks = ledger.size(), _marks(outbox, subscriptions)
    known = {name: min(mark, size) for name, mark in marks.items() if mark is not None}
    start = min(known.values(), default=size)
    return _shown(_wanted(_read(ledger, start, size), subscriptions, known), subscriptions)


def announce_since(
    ledger: Ledger, outbox: Outbox, subscriptions: Mapping[str, Subscription], *, since: datetime
) -> tuple[Announced, ...]:
    """Write down what happened from `since` on; what a tool was told before is not told again."""
    found = _past(ledger, subscriptions, since)
    outbox.put([_message(one) for one in found])
    return found


def preview_since(
    ledger: Ledger, subscriptions: Mapping[str, Subscription], *, since: datetime
) -> tuple[Announced, ...]:
    """What `announce_since` would write down, each with its requests."""
    return _shown(_past(ledger, subscriptions, since), subscriptions)


def _past(ledger: Ledger, subscriptions: Mapping[str, Subscription], since: datetime) -> tuple[Announced, ...]:
    happened = [one for one in _read(ledger, 0, ledger.size()) if one.at >= since]
    return _wanted(happened, subscriptions, dict.fromkeys(subscriptions, 0))


def _marks(outbox: Outbox, subscriptions: Mapping[str, Subscription]) -> dict[str, int | None]:
    return {name: outbox.read_upto(name) for name in subscriptions}


def _read(ledger: Ledger, start: int, end: int) -> list[Happening]:
    if start >= end:
        return []
    return [found for entry in ledger.entries(start, end) if (found := happening_of(entry)) is not None]


def _wanted(
    happened: Iterable[Happening], subscriptions: Mapping[str, Subscription], marks: Mapping[str, int]
) -> tuple[Announced, ...]:
    return tuple(
        Announced(channel=name, happening=one)
        for one in happened
        for name, subscription in subscriptions.items()
        if name in marks and one.entry >= marks[name] and subscription.wants(one)
    )


def _shown(found: Iterable[Announced], subscriptions: Mapping[str, Subscription]) -> tuple[Announced, ...]:
    return tuple(
        Announced(
            channel=one.channel,
            happening=one.happening,
            previews=subscriptions[one.channel].outlet.preview(one.happening),
        )
        for one in found
    )


def _message(one: Announced) -> Message:
    happening = one.happening
    return Message(
        id=happening.id,
        channel=one.channel,
        kind=MessageKind.HAPPENING,
        system=happening.system,
        body=happening_body(happening),
        made_at=happening.at,
        not_before=happening.at,
    )
