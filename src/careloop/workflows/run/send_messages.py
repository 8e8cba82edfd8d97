"""Send what is to leave the house: written down first, then sent at least once, over every channel, until it is taken.

Whoever dies in between leaves a lease that ends, and the next worker sends again under the same id. A page counts as
taken when one channel took it; the others go on. What nobody took is a dead letter, and itself the matter of a page.
What other tools are told of goes the same way; when one of them does not take it, that is a notice and no page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo

from careloop.domain.channels import QuietHours
from careloop.domain.deployment import ServeSafeState, Switched, SwitchOrder, served_name
from careloop.domain.happening import Happening, HappeningKind
from careloop.domain.outgoing import (
    HAPPENINGS,
    ORDERS,
    PAGES,
    Message,
    MessageKey,
    MessageKind,
    MessageState,
    OutboxEntry,
    RetryPolicy,
)
from careloop.domain.plan_steps import Urgency
from careloop.errors import CareloopError, Conflict, Refused, Unavailable
from careloop.ledger.canonical import instant_text, read_instant
from careloop.plans.happenings import read_happening
from careloop.ports.deployer import Deployer
from careloop.ports.outbox import Outbox
from careloop.ports.outlet import Outlet
from careloop.ports.pager import Page, Pager

__all__ = [
    "Delivered",
    "GaveUp",
    "OutboxDeployer",
    "OutboxPager",
    "PostRoom",
    "Route",
    "Subscription",
    "UnderWay",
    "deliver_messages",
]

_ABOUT_DEAD = "/undelivered"
_DEPLOYER = "deployer"
_LEFT_ALONE = timedelta(seconds=10)


class GaveUp(Refused):
    """An order was sent again and again, and nobody knows whether it was carried out."""


class UnderWay(Unavailable):
    """Another process is giving the order at this very moment: nobody has to be woken, and its answer comes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One channel and the service behind it."""

    pager: Pager
    notices: bool = True
    """Whether it is told what can wait, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A tool that is told what happened, and of what."""

    outlet: Outlet
    about: frozenset[HappeningKind]
    systems: frozenset[str] | None = None
    """Only of these; None: of every system."""

    def wants(self, happening: Happening) -> bool:
        """Whether the tool is told of it."""
        return happening.kind in self.about and (self.systems is None or happening.system in self.systems)


@dataclass(frozen=True, slots=True, kw_only=True)
class PostRoom:
    """What sending takes."""

    outbox: Outbox
    routes: Mapping[str, Route]
    """By channel; at least one."""
    holder: str
    """Who sends, different for every process."""
    clock: Callable[[], datetime]
    scatter: Callable[[], float]
    """A chance in [0, 1]."""
    quiet: QuietHours | None = None
    zone: tzinfo | None = None
    """In which the quiet hours are meant."""
    subscriptions: Mapping[str, Subscription] = field(default_factory=dict)
    """By channel; what other tools are told."""
    pages: RetryPolicy = PAGES
    happenings: RetryPolicy = HAPPENINGS
    orders: RetryPolicy = ORDERS

    def patience(self, kind: MessageKind) -> RetryPolicy:
        """How a message that is no order is tried again."""
        return self.happenings if kind is MessageKind.HAPPENING else self.pages

    def not_before(self, page: Page) -> datetime:
        """Now, for a page; a notice waits for the end of the quiet hours."""
        if page.urgency is Urgency.PAGE or self.quiet is None or self.zone is None:
            return page.at
        return self.quiet.over_at(page.at, self.zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What one round of sending came to."""

    sent: int
    put_off: int
    """Not taken, and tried again later."""
    dead: int


class OutboxPager:
    """A `Pager` that writes a page down for every channel, tries at once, and leaves the rest to the worker."""

    def __init__(self, room: PostRoom) -> None:
        self._room = room

    def send(self, page: Page) -> None:
        """Return when one channel took it; a notice is taken when it is written down."""
        room = self._room
        messages = _messages(page, room)
        if not messages:
            return
        room.outbox.put(messages)
        deliver_messages(room, only=frozenset(one.key for one in messages))
        if page.urgency is Urgency.NOTICE:
            return
        known = room.outbox.entries(message=page.id)
        if not any(one.state is MessageState.SENT for one in known):
            raise Unavailable("; ".join(f"{one.message.channel}: {_standing(one)}" for one in known))


class OutboxDeployer:
    """A `Deployer` whose orders are written down first; two workers at once give an order once per lease.

    While the platform is out of reach it raises `Unavailable`, and `GaveUp` after the last attempt; `UnderWay` while
    another worker gives the order. An order into the safe state is never given up.
    """

    def __init__(self, deployer: Deployer, room: PostRoom) -> None:
        self._deployer, self._room = deployer, room

    def switch(self, order: SwitchOrder) -> Switched:
        """Give the order; see the port."""
        box, key = self._room.outbox, MessageKey(order.id, _DEPLOYER)
        box.put([_order_message(order)])
        (known,) = [one for one in box.entries(message=order.id) if one.message.channel == _DEPLOYER]
        if known.state is MessageState.DEAD:
            raise GaveUp(f"given up after {known.attempts} attempts: {known.why}")
        if known.state is MessageState.SENT:
            return self._deployer.switch(order)  # it died before it could record this; the order is carried out once
        now, policy = self._room.clock(), self._room.orders
        leased = box.lease(holder=self._room.holder, now=now, lease_s=policy.lease_s, only=frozenset([key]))
        if leased:
            return self._give(order, leased[0])
        (known,) = [one for one in box.entries(message=order.id) if one.message.channel == _DEPLOYER]
        if known.state is MessageState.SENT:
            return self._deployer.switch(order)
        raise (Unavailable if known.leased_until is None else UnderWay)(f"the order {_standing(known)}")

    def _give(self, order: SwitchOrder, taken: OutboxEntry) -> Switched:
        room, key = self._room, taken.message.key
        try:
            switched = self._deployer.switch(order)
        except Unavailable as error:
            now = room.clock()
            attempts = min(taken.attempts, room.orders.attempts - 1) if _into_safety(order) else taken.attempts
            due = room.orders.next_due(attempts, now, room.scatter())
            room.outbox.failed(key, holder=room.holder, why=error.message, now=now, due_at=due)
            if due is None:
                raise GaveUp(f"given up after {taken.attempts} attempts: {error.message}") from error
            raise
        except CareloopError:
            room.outbox.sent(key, now=room.clock())  # it was delivered, and the answer is no
            raise
        room.outbox.sent(key, now=room.clock())
        return switched


def deliver_messages(
    room: PostRoom,
    *,
    only: frozenset[MessageKey] | None = None,
    kinds: frozenset[MessageKind] = frozenset({MessageKind.PAGE, MessageKind.HAPPENING}),
) -> Delivered:
    """Try whatever of these kinds is due, or of those in `only`; orders are given by their plans alone.

    What a channel refuses, or has not taken after the last attempt, becomes a dead letter, and a page over the others.
    A channel that has just been out of reach is left alone for some seconds, and while somebody is trying it again: a
    storm of pages does not wait for it a thousand times.
    """
    kept = room.outbox.entries(state=MessageState.WAITING)
    waiting = [one for one in kept if one.message.kind in kinds - {MessageKind.ORDER}]
    now, states = room.clock(), list[MessageState]()
    away = {one.message.channel for one in waiting if _just_failed(one, now)}
    for entry in waiting:
        key = entry.message.key
        if key.channel in away or (only is not None and key not in only) or entry.due_at > now:
            continue
        lease_s = room.patience(entry.message.kind).lease_s
        for mine in room.outbox.lease(holder=room.holder, now=now, lease_s=lease_s, only=(key,)):
            states.append(_tried(mine, room))
            if states[-1] is MessageState.WAITING:
                away.add(key.channel)
    counts = {state: states.count(state) for state in MessageState}
    return Delivered(
        sent=counts[MessageState.SENT], put_off=counts[MessageState.WAITING], dead=counts[MessageState.DEAD]
    )


def _just_failed(entry: OutboxEntry, now: datetime) -> bool:
    under_way = entry.leased_until is not None and entry.leased_until > now
    return bool(entry.why) and (under_way or timedelta(0) < entry.due_at - now <= _LEFT_ALONE)


def _tried(entry: OutboxEntry, room: PostRoom) -> MessageState:
    message = entry.message
    try:
        _hand_over(message, room)
    except CareloopError as error:
        now = room.clock()
        final = isinstance(error, Refused) and not isinstance(error, Conflict)
        due = None if final else room.patience(message.kind).next_due(entry.attempts, now, room.scatter())
        kept = room.outbox.failed(message.key, holder=room.holder, why=error.message, now=now, due_at=due)
        if due is not None:
            return MessageState.WAITING
        if kept:
            _tell_of_dead(message, error.message, room)
        return MessageState.DEAD
    room.outbox.sent(message.key, now=room.clock())
    return MessageState.SENT


def _hand_over(message: Message, room: PostRoom) -> None:
    told = room.subscriptions.get(message.channel)
    route = room.routes.get(message.channel)
    if message.kind is MessageKind.HAPPENING and told is not None:
        told.outlet.tell(read_happening(message.body))
    elif message.kind is MessageKind.PAGE and route is not None:
        route.pager.send(_page(message))
    else:
        raise Refused(f"there is no channel {message.channel} any more")


def _tell_of_dead(message: Message, why: str, room: PostRoom) -> None:
    """Page over the other channels, for what was a page; a dead letter about a dead letter begets none."""
    if message.id.endswith(_ABOUT_DEAD):
        return
    urgency, severity = Urgency.NOTICE, "sev3"
    if message.kind is MessageKind.PAGE:
        page = _page(message)
        urgency, severity = page.urgency, page.severity
    lost = Page(
        id=message.id + "/" + message.channel + _ABOUT_DEAD,
        system=message.system,
        urgency=urgency,
        severity=severity,
        text=f"{message.channel} did not take this {_called(message)}: {message.body['text']} ({why})",
        at=room.clock(),
    )
    others = [one for one in _messages(lost, room) if one.channel != message.channel]
    room.outbox.put(others)


def _called(message: Message) -> str:
    return message.body["urgency"] if message.kind is MessageKind.PAGE else "message"


def _messages(page: Page, room: PostRoom) -> list[Message]:
    wanted = [name for name, route in room.routes.items() if route.notices or page.urgency is Urgency.PAGE]
    body = {
        "urgency": page.urgency.value,
        "severity": page.severity,
        "text": page.text,
        "at": instant_text(page.at),
    }
    return [
        Message(
            id=page.id,
            channel=channel,
            kind=MessageKind.PAGE,
            system=page.system,
            body=body,
            made_at=page.at,
            not_before=room.not_before(page),
        )
        for channel in wanted
    ]


def _page(message: Message) -> Page:
    return Page(
        id=message.id,
        system=message.system,
        urgency=Urgency(message.body["urgency"]),
        severity=message.body["severity"],
        text=message.body["text"],
        at=read_instant(message.body["at"]),
    )


def _order_message(order: SwitchOrder) -> Message:
    body = {"environment": order.environment, "to": served_name(order.to), "because": order.because}
    return Message(
        id=order.id,
        channel=_DEPLOYER,
        kind=MessageKind.ORDER,
        system=order.system,
        body=body,
        made_at=order.ordered_at,
        not_before=order.ordered_at,
    )


def _into_safety(order: SwitchOrder) -> bool:
    return isinstance(order.to, ServeSafeState)


def _standing(entry: OutboxEntry) -> str:
    if entry.state is MessageState.DEAD:
        return f"given up after {entry.attempts} attempts ({entry.why})"
    if entry.leased_until is not None:
        return f"is being sent by another process until {instant_text(entry.leased_until)}"
    why = f" ({entry.why})" if entry.why else ""
    return f"is tried again at {instant_text(entry.due_at)}{why}"
