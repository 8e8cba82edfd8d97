"""Messages that nobody took, as findings of the programme: silence would be the worst of failures. Pure."""

from collections.abc import Iterable, Iterator
from typing import Final

from careloop.domain.outgoing import MessageKind, MessageState, OutboxEntry
from careloop.domain.status import ProgrammeFinding

__all__ = ["MESSAGE_DELIVERED", "undelivered_findings"]

MESSAGE_DELIVERED: Final = "message-delivered"
"""The rule whose findings these are."""


def undelivered_findings(entries: Iterable[OutboxEntry], owner: str | None) -> Iterator[ProgrammeFinding]:
    """One finding for each channel that gave messages up: how many, the newest of them, and why."""
    lost: dict[str, list[OutboxEntry]] = {}
    for one in entries:
        if one.state is MessageState.DEAD and one.message.kind is not MessageKind.ORDER:
            lost.setdefault(one.message.channel, []).append(one)
    for channel, dead in sorted(lost.items()):
        newest = max(dead, key=lambda one: one.message.made_at)
        noun = "page" if all(one.message.kind is MessageKind.PAGE for one in dead) else "message"
        count = f"a {noun} was" if len(dead) == 1 else f"{len(dead)} {noun}s were"
        yield ProgrammeFinding(
            rule=MESSAGE_DELIVERED,
            owner=owner,
            due=None,
            acting=None,
            message=f"{channel}: {count} not taken, last that of {newest.message.system} ({newest.why})",
            file="care.yaml",
        )
