"""The outbox as lines and as JSON: what waits, what was sent, what nobody took."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from careloop import __version__
from careloop.domain.outgoing import MessageState, OutboxEntry
from careloop.ledger.canonical import instant_text

__all__ = ["outbox_json", "outbox_lines"]

_STYLES: Final = {MessageState.SENT: "good", MessageState.WAITING: "warn", MessageState.DEAD: "bad"}


def outbox_lines(entries: Sequence[OutboxEntry]) -> Iterator[tuple[str, str]]:
    """Style and text, one message a line, then how many stand how."""
    for one in entries:
        message = one.message
        told = message.body.get("text") or f"{message.body.get('to', '')} in {message.body.get('environment', '')}"
        yield (
            _STYLES[one.state],
            f"{one.state.value:<7} {message.made_at:%Y-%m-%d %H:%MZ} {message.channel}: {told}",
        )
        yield "detail", f"        {_how(one)}; {message.id}"
    counts = {state: sum(one.state is state for one in entries) for state in MessageState}
    shown = ", ".join(f"{count} {state.value}" for state, count in counts.items() if count)
    yield "summary", shown or "no message is kept"


def outbox_json(entries: Sequence[OutboxEntry]) -> dict[str, Any]:
    """`careloop/outbox/v1`."""
    return {
        "schema": "careloop/outbox/v1",
        "careloop_version": __version__,
        "messages": [
            {
                "id": one.message.id,
                "channel": one.message.channel,
                "kind": one.message.kind.value,
                "system": one.message.system,
                "state": one.state.value,
                "attempts": one.attempts,
                "made_at": instant_text(one.message.made_at),
                "due_at": instant_text(one.due_at) if one.state is MessageState.WAITING else None,
                "settled_at": None if one.settled_at is None else instant_text(one.settled_at),
                "why": one.why,
            }
            for one in entries
        ],
    }


def _how(one: OutboxEntry) -> str:
    times = f"{one.attempts} attempt{'' if one.attempts == 1 else 's'}"
    why = f": {one.why}" if one.why else ""
    if one.state is MessageState.WAITING:
        return f"{times}{why}; next at {one.due_at:%H:%M:%SZ}"
    return f"{times}{why if one.state is MessageState.DEAD else ''}"
