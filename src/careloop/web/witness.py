"""`POST /add-checkpoint`: a witness as a bare ASGI application. It holds no rules (C2SP tlog-witness).

Any ASGI server runs it, such as `granian --interface asgi --factory careloop.web.witness:from_environment`, with
`CARELOOP_WITNESS` naming the witness's folder.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from careloop.errors import CareloopError
from careloop.ledger.witness import MAX_REQUEST, Decision
from careloop.wiring import trust

__all__ = ["ADD_CHECKPOINT_PATH", "WitnessApp", "from_environment"]

ADD_CHECKPOINT_PATH: Final = "/add-checkpoint"
_logger = logging.getLogger(__name__)
_Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
_Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class WitnessApp:
    """The application; `answer` decides, in a thread."""

    def __init__(self, answer: Callable[[bytes], Decision]) -> None:
        self._answer = answer

    async def __call__(self, scope: MutableMapping[str, Any], receive: _Receive, send: _Send) -> None:
        """Answer one request, or the server's own life span."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http":
            decision = await self._decide(scope, receive)
            headers = [(b"content-type", decision.media.encode()), (b"cache-control", b"no-store")]
            await send({"type": "http.response.start", "status": decision.status, "headers": headers})
            await send({"type": "http.response.body", "body": decision.body.encode()})

    async def _decide(self, scope: MutableMapping[str, Any], receive: _Receive) -> Decision:
        if scope["path"] != ADD_CHECKPOINT_PATH:
            return Decision(status=404, body="a witness answers POST /add-checkpoint\n")
        if scope["method"] != "POST":
            return Decision(status=405, body="a witness answers POST only\n")
        body, more = b"", True
        while more:
            part = await receive()
            body, more = body + part.get("body", b""), part.get("more_body", False)
            if len(body) > MAX_REQUEST:
                return Decision(status=413, body=f"a request has at most {MAX_REQUEST} bytes\n")
        try:
            return await asyncio.to_thread(self._answer, body)
        except CareloopError as error:
            _logger.error("nothing was cosigned: %s", error.message)
            return Decision(status=503, body="the witness cannot answer now; nothing was cosigned\n")


def from_environment() -> WitnessApp:
    """The application for the folder that the environment names."""
    return WitnessApp(trust.witness_from_environment())


async def _live(receive: _Receive, send: _Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
