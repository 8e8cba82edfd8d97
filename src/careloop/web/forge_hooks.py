"""`POST /api/v1/forge/{github|gitlab|gitea}`: takes signed webhooks of a forge. It holds no rules.

Answers: 202 when the forge asks about a deployment, which is then in the ledger; 204 for any other signed event and for
one that came before; 401 without a right signature, whatever the body says; 400, 404, 405, 413; 503 when the ledger is
out of reach, so that the forge sends it again. What is noted is answered by `care forge follow`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from careloop.documents.forge_event import DeploymentAsked, is_signed, read_forge_event
from careloop.domain.forge import ForgeKind
from careloop.errors import CareloopError, InvalidInput

__all__ = ["FORGE_PATH", "ForgeHooks"]

FORGE_PATH: Final = "/api/v1/forge/"
_MAX_BODY_BYTES: Final = 1 * 2**20
_MAX_WAITING: Final = 16

_logger = logging.getLogger(__name__)
_Scope = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
_Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class ForgeHooks:
    """The application. `note` records a question and says whether it is new; it is called in a thread.

    `repository` is the only one whose questions are heard: one secret may be shared by several.
    """

    def __init__(
        self,
        note: Callable[[DeploymentAsked], bool],
        *,
        secret: str,
        repository: str,
        max_body_bytes: int = _MAX_BODY_BYTES,
    ) -> None:
        self._note, self._secret, self._repository = note, secret, repository
        self._max_body_bytes = max_body_bytes
        self._waiting = 0

    async def __call__(self, scope: _Scope, receive: _Receive, send: _Send) -> None:
        """Answer one request."""
        status = await self._answer(scope, receive)
        headers = [(b"content-length", b"0"), *([(b"allow", b"POST")] if status == 405 else [])]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    async def _answer(self, scope: _Scope, receive: _Receive) -> int:
        name = str(scope["path"]).removeprefix(FORGE_PATH).rstrip("/")
        if name not in set(ForgeKind):
            return 404
        if scope["method"] != "POST":
            return 405
        if self._waiting >= _MAX_WAITING:
            return 503
        headers = {key.lower().decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]}
        self._waiting += 1
        try:
            body = await self._body(receive)
            if body is None:
                return 413
            return await asyncio.to_thread(self._take, ForgeKind(name), headers, body)
        finally:
            self._waiting -= 1

    async def _body(self, receive: _Receive) -> bytes | None:
        """The whole body; null as soon as it is too large, or when it ends early."""
        parts: list[bytes] = []
        more, size = True, 0
        while more:
            message = await receive()
            part = message.get("body", b"")
            size += len(part)
            if size > self._max_body_bytes or message["type"] == "http.disconnect":
                return None
            parts.append(part)
            more = message.get("more_body", False)
        return b"".join(parts)

    def _take(self, kind: ForgeKind, headers: dict[str, str], body: bytes) -> int:
        if not is_signed(kind, self._secret, headers, body):
            return 401
        try:
            asked = read_forge_event(kind, headers.get("x-github-event", ""), body)
            if asked is None or asked.repository != self._repository:
                return 204
            return 202 if self._note(asked) else 204
        except InvalidInput:
            return 400
        except CareloopError as error:
            _logger.warning("a webhook could not be noted: %s", error.message)
            return 503
        except Exception:
            _logger.exception("a webhook could not be noted")
            return 500
