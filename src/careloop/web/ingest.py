"""`POST /api/v1/events`: a bare ASGI application that takes events as JSON, JSON lines or an Arrow IPC stream, also
packed with gzip. It holds no rules.

Answers: 200 with what became of every row as soon as one was taken (or had been before); 422 when every row was
refused; 400 for a body that is not of its form; 401, 404, 405, 413, 415; 503 with `Retry-After` when it is too busy or
the store is out of reach, and then nothing of the batch was acknowledged: send it again, ids make that safe.

Any ASGI server runs it, such as `granian --interface asgi --factory careloop.web.ingest:from_environment`, with
`CARELOOP_REPOSITORY` naming the governance repository. What systems declare is read when it starts.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from typing import Any, Final

from careloop import wiring
from careloop.documents.event_batch import BatchRow, json_batch, line_batch
from careloop.documents.gzip_body import gunzipped
from careloop.domain.event_report import IngestReport
from careloop.errors import CareloopError, InvalidInput, Refused, UsageError
from careloop.ports.event_rows import EventRows
from careloop.reports.ingest_report import ingest_json
from careloop.wiring.lakes import arrow_rows
from careloop.workflows.run.ingest_events import ingest_events

__all__ = ["EVENTS_PATH", "IngestApp", "from_environment"]

EVENTS_PATH: Final = "/api/v1/events"
_MAX_BODY_BYTES: Final = 8 * 2**20
"""As it is sent, and once it is unpacked."""
_JSON: Final = b"application/json"
_LINES: Final = b"application/x-ndjson"
_ARROW: Final = b"application/vnd.apache.arrow.stream"
_MAX_WAITING: Final = 64
"""Requests that may be under way at once; more are sent away, so that memory stays bounded."""

_logger = logging.getLogger(__name__)
_Scope = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
_Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
_Answer = tuple[int, Mapping[str, object]]
_Rows = Iterable[BatchRow] | EventRows


class _Rejected(Exception):
    """A body that is not worth reading to its end."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.answer: _Answer = (status, {"error": why})


class IngestApp:
    """The application. `take` ingests rows; `may_send` says of a bearer token whether it opens the door, and of an
    empty one whether anybody may send. Both are called in a thread."""

    def __init__(
        self,
        take: Callable[[_Rows], IngestReport],
        *,
        may_send: Callable[[str], bool],
        max_body_bytes: int = _MAX_BODY_BYTES,
    ) -> None:
        self._take = take
        self._may_send = may_send
        self._max_body_bytes = max_body_bytes
        self._waiting = 0

    async def __call__(self, scope: _Scope, receive: _Receive, send: _Send) -> None:
        """Answer one request, or follow the server's start and stop."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http":
            status, answer = await self._answer(scope, receive)
            await _reply(send, status, answer)

    async def _answer(self, scope: _Scope, receive: _Receive) -> _Answer:
        headers = {name.lower(): value for name, value in scope["headers"]}
        wrong = self._wrong(scope, headers)
        if wrong is not None:
            return wrong
        if not await asyncio.to_thread(self._may_send, _bearer(headers)):
            return 401, {"error": "the token is missing or wrong"}
        if self._waiting >= _MAX_WAITING:
            return 503, {"error": "too many requests are under way"}
        self._waiting += 1
        try:
            body = await self._body(headers, receive)
            packed = headers.get(b"content-encoding", b"identity") == b"gzip"
            return await asyncio.to_thread(self._ingest, body, _media_type(headers), packed)
        except _Rejected as rejected:
            return rejected.answer
        finally:
            self._waiting -= 1

    def _wrong(self, scope: _Scope, headers: Mapping[bytes, bytes]) -> _Answer | None:
        """What is wrong with the request before its body is read."""
        if scope["path"] != EVENTS_PATH:
            return 404, {"error": f"events are posted to {EVENTS_PATH}"}
        if scope["method"] != "POST":
            return 405, {"error": "events are sent with POST"}
        if _media_type(headers) not in (_JSON, _LINES, _ARROW):
            return 415, {"error": f"send {_JSON.decode()}, {_LINES.decode()} or {_ARROW.decode()}"}
        if headers.get(b"content-encoding", b"identity") not in (b"identity", b"gzip"):
            return 415, {"error": "send the body as it is, or packed with gzip"}
        return None

    async def _body(self, headers: Mapping[bytes, bytes], receive: _Receive) -> bytes:
        too_large = _Rejected(413, f"a batch has at most {self._max_body_bytes:,} bytes: send it in parts")
        announced = headers.get(b"content-length", b"0")
        if announced.isdigit() and int(announced) > self._max_body_bytes:
            raise too_large
        parts: list[bytes] = []
        size, more = 0, True
        while more:
            message = await receive()
            part = message.get("body", b"")
            size += len(part)
            if size > self._max_body_bytes:
                raise too_large
            if message["type"] == "http.disconnect":
                raise _Rejected(400, "the body ended early")
            parts.append(part)
            more = message.get("more_body", False)
        return b"".join(parts)

    def _ingest(self, body: bytes, media: bytes, packed: bool) -> _Answer:
        try:
            rows = self._rows(gunzipped(body, most=self._max_body_bytes) if packed else body, media)
        except InvalidInput as error:
            return 400, {"error": error.message}
        except Refused as error:
            return 413, {"error": error.message}
        except UsageError as error:
            return 415, {"error": error.message}
        return self._taken(rows)

    def _rows(self, body: bytes, media: bytes) -> _Rows:
        if media == _ARROW:
            return arrow_rows(body, most_bytes=self._max_body_bytes)
        return line_batch(body.split(b"\n")) if media == _LINES else json_batch(body)

    def _taken(self, rows: _Rows) -> _Answer:
        try:
            report = self._take(rows)
        except InvalidInput as error:
            return 400, {"error": error.message}
        except CareloopError as error:
            return 503, {"error": error.message}
        except Exception as error:
            _logger.exception("a batch of events could not be ingested")
            return 500, {"error": f"careloop crashed: {type(error).__name__}"}
        nothing_taken = report.refused_rows > 0 and report.refused_rows == report.rows
        return 422 if nothing_taken else 200, ingest_json(report)


def from_environment() -> IngestApp:
    """The application for the repository that the environment names: what an ASGI server is given as a factory."""
    root = wiring.served_repository()
    intake = wiring.intake(root, wiring.lake(root))
    token = wiring.ingest_token()

    def may_send(given: str) -> bool:
        return token is None or hmac.compare_digest(given.encode(), token.encode())

    return IngestApp(lambda rows: ingest_events(rows, intake, now=wiring.now()), may_send=may_send)


def _bearer(headers: Mapping[bytes, bytes]) -> str:
    """The bearer token that was sent; empty when none was."""
    kind, _, token = headers.get(b"authorization", b"").partition(b" ")
    return token.decode("utf-8", "replace").strip() if kind == b"Bearer" else ""


def _media_type(headers: Mapping[bytes, bytes]) -> bytes:
    return headers.get(b"content-type", b"").partition(b";")[0].strip().lower()


async def _live(receive: _Receive, send: _Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _reply(send: _Send, status: int, answer: Mapping[str, object]) -> None:
    body = json.dumps(answer).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    headers += {405: [(b"allow", b"POST")], 401: [(b"www-authenticate", b"Bearer")], 503: [(b"retry-after", b"2")]}.get(
        status, []
    )
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
