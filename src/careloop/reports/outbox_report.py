"""The outbox as lines and as JSON: what waits, what was sent, what nobody took, what other tools are told."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

from careloop import __version__
from careloop.domain.happening import Announced
from careloop.domain.outgoing import MessageState, OutboxEntry
from careloop.ledger.canonical import instant_text
from careloop.reports.happening_text import happening_json

__all__ = ["announced_json", "announced_lines", "outbox_json", "outbox_lines"]

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


def announced_lines(found: Sequence[Announced], *, tools: Sequence[str], dry_run: bool) -> Iterator[tuple[str, str]]:
    """Style and text: what each tool is told; in a dry run with the requests, which hold no key."""
    if not tools:
        yield "warn", "care.yaml lists no tool under notify that is told what happened"
        return
    for one in found:
        happened = one.happening
        yield "summary", f"{one.channel}: {happened.kind.value} {happened.at:%Y-%m-%d %H:%MZ} {happened.title}"
        for preview in one.previews:
            yield "detail", f"    {preview.method} {preview.url}"
            yield "detail", f"    {json.dumps(preview.body, ensure_ascii=False)}"
    if not found:
        yield "good", f"nothing new to tell {', '.join(tools)}; --since DATE tells of the past"
        return
    counted = ", ".join(f"{sum(one.channel == name for one in found)} to {name}" for name in tools)
    yield "summary", f"{'would be sent' if dry_run else 'written down'}: {counted}"


def announced_json(found: Sequence[Announced], *, dry_run: bool) -> dict[str, Any]:
    """`careloop/announced/v1`."""
    return {
        "schema": "careloop/announced/v1",
        "careloop_version": __version__,
        "dry_run": dry_run,
        "told": [
            {
                "channel": one.channel,
                "happening": happening_json(one.happening),
                "requests": [{"method": each.method, "url": each.url, "body": each.body} for each in one.previews],
            }
            for one in found
        ],
    }


def _how(one: OutboxEntry) -> str:
    times = f"{one.attempts} attempt{'' if one.attempts == 1 else 's'}"
    why = f": {one.why}" if one.why else ""
    if one.state is MessageState.WAITING:
        return f"{times}{why}; next at {one.due_at:%H:%M:%SZ}"
    return f"{times}{why if one.state is MessageState.DEAD else ''}"
