"""The live stream: server-sent events that say when the figures have changed, and that the server is still there."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Final

from asgiref.sync import sync_to_async
from django.http import HttpRequest, StreamingHttpResponse

from careloop import wiring
from careloop.web.accounts.models import Account
from careloop.web.picture import Picture
from careloop.web.site import board

__all__ = ["stream"]

_LOOK_S: Final = 0.5
_BEAT_S: Final = 10.0
"""A line is sent at least this often, so that a dead connection shows."""


async def stream(request: HttpRequest) -> StreamingHttpResponse:
    """One event `board` at once and at each change; `signed_out` when the session has ended.

    `?about=` names a system: events then carry a mark that changes only when something about that system has.
    """
    answer = StreamingHttpResponse(_events(request), content_type="text/event-stream")
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Content-Encoding"] = "identity"  # nothing gathers lines to compress them
    answer.headers["X-Accel-Buffering"] = "no"
    return answer


async def _events(request: HttpRequest) -> AsyncIterator[bytes]:
    seen, quiet_s, about = -1, 0.0, request.GET.get("about", "")
    yield b"retry: 2000\n\n"
    while True:
        picture = board().picture()
        if picture.number != seen:
            seen, quiet_s = picture.number, 0.0
            yield _event("board", _told(picture, about))
        elif quiet_s >= _BEAT_S:
            quiet_s = 0.0
            if not await sync_to_async(_still_here)(request):
                yield _event("signed_out", {})
                return
            yield _event("board", _told(board().picture(), about))
        await asyncio.sleep(_LOOK_S)
        quiet_s += _LOOK_S


def _still_here(request: HttpRequest) -> bool:
    """Whether the session is still one of somebody who may see this: it is read anew, since it may have been ended."""
    key = request.session.session_key
    if key is None or not request.session.exists(key):
        return False
    return Account.objects.filter(pk=request.user.pk, is_active=True).exists()


def _told(picture: Picture, about: str) -> dict[str, object]:
    return {
        "now": wiring.now().timestamp(),
        "mark": picture.mark_of(about) if about else None,
        "number": picture.number,
        "fresh": f"figures are old: {picture.failed}" if picture.failed else f"as of {_plain(picture)}",
        "failed": picture.failed is not None,
        "computed_at": picture.computed_at.timestamp(),
        "commit": picture.head.commit,
        "ledger_size": picture.head.ledger_size,
        "watermark": picture.head.watermark,
    }


def _plain(picture: Picture) -> str:
    return f"{picture.computed_at:%Y-%m-%d %H:%M:%S} UTC"


def _event(name: str, data: dict[str, object]) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n".encode()
