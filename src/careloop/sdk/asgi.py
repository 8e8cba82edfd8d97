"""ASGI middleware that records what an HTTP service answers: how long each took, and what the handler says about it.

    app = RecorderMiddleware(app, recorder)
    ...
    async def decide(request):            # in any ASGI framework
        tell(request.scope, prediction="approve", features={"age": 41})

The answer carries its id in the header `care-inference`, by which a label can name it later.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any, Final

from careloop.sdk.recorder import Recorder

__all__ = ["RecorderMiddleware", "tell"]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_KEY: Final = "careloop.inference"
_HEADER: Final = b"care-inference"


def tell(scope: Scope, **fields: object) -> str | None:
    """Say what this request's answer is, with the fields of EVENTS; returns its id, None outside the middleware.

    Told twice, later fields win.
    """
    told = scope.get(_KEY)
    if told is None:
        return None
    told.update(fields)
    return str(told["id"])


class RecorderMiddleware:
    """Records each request about which its handler `tell`s something; all others pass and are not counted.

    `latency_ms` is from the request to the last byte of the answer. A handler that raises has answered nothing.
    """

    def __init__(self, app: App, recorder: Recorder) -> None:
        self._app, self._recorder = app, recorder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        told: dict[str, object] = {"id": uuid.uuid4().hex}
        start = time.perf_counter()

        async def passing_on(message: Message) -> None:
            if message["type"] == "http.response.start" and len(told) > 1:
                message["headers"] = [*message.get("headers", ()), (_HEADER, str(told["id"]).encode())]
            await send(message)

        await self._app({**scope, _KEY: told}, receive, passing_on)
        if len(told) > 1:
            with suppress(Exception):  # a service must not fall over its own measurement
                self._recorder.inference(**{"latency_ms": 1000 * (time.perf_counter() - start), **told})
