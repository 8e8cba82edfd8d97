"""`POST /api/v1/events`: a bare ASGI application that takes events as JSON, JSON lines or an Arrow IPC stream, also
packed with gzip; and `POST /v1/traces`, `POST /v1/metrics`, which take what OpenTelemetry exports (OTLP/HTTP, protobuf
or JSON) and answer as that asks. It holds no rules.

Answers: 200 with what became of every row as soon as one was taken (or had been before); 422 when every row was
refused; 400 for a body that is not of its form; 401, 404, 405, 413, 415; 429 with
`Retry-After` when a system sends more than its quota; 503 with it when the server is too busy or the store is out of
reach. After 429 and 503 nothing of the batch was acknowledged: send it again, ids make that safe.

Any ASGI server runs it, such as `granian --interface asgi --factory careloop.web.ingest:from_environment`, with
`CARELOOP_REPOSITORY` naming the governance repository. What systems declare is read when it starts.
"""

from __future__ import annotations

import asyncio
import gc
import hmac
import json
import logging
import threading
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from dataclasses import replace
from typing import Any, Final

from careloop import wiring
from careloop.documents.event_batch import BatchRow, json_batch, line_batch
from careloop.documents.gzip_body import gunzipped
from careloop.documents.otlp import metric_rows, trace_rows
from careloop.domain.event_report import IngestReport
from careloop.errors import Busy, CareloopError, InvalidInput, Refused, UsageError
from careloop.ports.event_rows import EventRows
from careloop.reports.ingest_report import ingest_json
from careloop.web.otlp_body import partial_success, read_metrics, read_traces
from careloop.wiring.lakes import arrow_rows
from careloop.workflows.run.ingest_events import ingest_events
from careloop.workflows.run.ingest_quotas import Quotas

__all__ = ["EVENTS_PATH", "INGEST_PATHS", "IngestApp", "collect_garbage_rarely", "from_environment"]

EVENTS_PATH: Final = "/api/v1/events"
_TRACES: Final = "/v1/traces"
_METRICS: Final = "/v1/metrics"
INGEST_PATHS: Final = frozenset({EVENTS_PATH, _TRACES, _METRICS})
_MAX_BODY_BYTES: Final = 8 * 2**20
"""As it is sent, and once it is unpacked."""
_JSON: Final = b"application/json"
_LINES: Final = b"application/x-ndjson"
_ARROW: Final = b"application/vnd.apache.arrow.stream"
_PROTOBUF: Final = b"application/x-protobuf"
_MEDIA: Final = {EVENTS_PATH: (_JSON, _LINES, _ARROW), _TRACES: (_PROTOBUF, _JSON), _METRICS: (_PROTOBUF, _JSON)}
_MAX_WAITING: Final = 64
"""Requests that may be under way at once; more are sent away, so that memory stays bounded."""
_MAX_HELD_BYTES: Final = 32 * 2**20
"""Bytes of bodies that are being worked on; read as events they take several times as much."""

_GARBAGE_AFTER: Final = 100_000
"""So many more values made than freed; Python's own number is 700."""

_logger = logging.getLogger(__name__)
_Scope = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
_Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
_Answer = tuple[int, Mapping[str, object] | bytes]
"""Status, and JSON or protobuf."""
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
        self._held_bytes = 0

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
        if self._waiting >= _MAX_WAITING or self._held_bytes >= _MAX_HELD_BYTES:
            return 503, {"error": "too many requests are under way"}
        self._waiting += 1
        held = 0
        try:
            body = await self._body(headers, receive)
            held = len(body)
            self._held_bytes += held
            packed = headers.get(b"content-encoding", b"identity") == b"gzip"
            return await asyncio.to_thread(self._ingest, scope["path"], body, _media_type(headers), packed)
        except _Rejected as rejected:
            return rejected.answer
        finally:
            self._waiting -= 1
            self._held_bytes -= held

    def _wrong(self, scope: _Scope, headers: Mapping[bytes, bytes]) -> _Answer | None:
        """What is wrong with the request before its body is read."""
        media = _MEDIA.get(scope["path"])
        if media is None:
            return 404, {"error": f"events are posted to {EVENTS_PATH}"}
        if scope["method"] != "POST":
            return 405, {"error": "events are sent with POST"}
        if _media_type(headers) not in media:
            return 415, {"error": f"send {' or '.join(each.decode() for each in media)}"}
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

    def _ingest(self, path: str, body: bytes, media: bytes, packed: bool) -> _Answer:
        try:
            rows = self._rows(path, gunzipped(body, most=self._max_body_bytes) if packed else body, media)
        except InvalidInput as error:
            return 400, {"error": error.message}
        except Refused as error:
            return 413, {"error": error.message}
        except UsageError as error:
            return 415, {"error": error.message}
        answer = self._taken(rows)
        return answer if path == EVENTS_PATH else _as_otlp(path, media, answer)

    def _rows(self, path: str, body: bytes, media: bytes) -> _Rows:
        if path != EVENTS_PATH:
            if path == _TRACES:
                return trace_rows(read_traces(body, protobuf=media == _PROTOBUF))
            return metric_rows(read_metrics(body, protobuf=media == _PROTOBUF))
        if media == _ARROW:
            return arrow_rows(body, most_bytes=self._max_body_bytes)
        return line_batch(body.split(b"\n")) if media == _LINES else json_batch(body)

    def _taken(self, rows: _Rows) -> _Answer:
        try:
            report = self._take(rows)
        except InvalidInput as error:
            return 400, {"error": error.message}
        except Busy as error:
            return 429, {"error": error.message, "retry_after_s": error.retry_after_s}
        except CareloopError as error:
            return 503, {"error": error.message}
        except Exception as error:
            _logger.exception("a batch of events could not be ingested")
            return 500, {"error": f"careloop crashed: {type(error).__name__}"}
        nothing_taken = report.refused_rows > 0 and report.refused_rows == report.rows
        return 422 if nothing_taken else 200, ingest_json(report)


def collect_garbage_rarely() -> None:
    """Let this process look for garbage seldom, and never again among what it made at its start.

    A batch makes thousands of short-lived values without a cycle among them, which are freed as they are dropped.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GARBAGE_AFTER, 20, 50)


def from_environment() -> IngestApp:
    """The application for the repository that the environment names: what an ASGI server is given as a factory."""
    root = wiring.served_repository()
    intake = replace(wiring.intake(root, wiring.lake(root)), quotas=Quotas(), one_at_a_time=threading.Lock())
    collect_garbage_rarely()
    token = wiring.ingest_token()

    def may_send(given: str) -> bool:
        return token is None or hmac.compare_digest(given.encode(), token.encode())

    return IngestApp(lambda rows: ingest_events(rows, intake, now=wiring.now()), may_send=may_send)


def _as_otlp(path: str, media: bytes, answer: _Answer) -> _Answer:
    """What OTLP wants to hear: success also in part, with how many were rejected and why the first was.

    Nothing of it is to be sent again; only 429 and 503 ask for that.
    """
    status, told = answer
    if status not in (200, 422) or isinstance(told, bytes):
        return answer
    rejected, refused = int(str(told["refused_rows"])), told["refused"]
    why = refused[0]["reason"] if isinstance(refused, list) and refused else ""
    if media == _PROTOBUF:
        return 200, partial_success(rejected, why)
    name = "rejectedSpans" if path == _TRACES else "rejectedDataPoints"
    return 200, {"partialSuccess": {name: str(rejected), "errorMessage": why}} if rejected else {}


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


async def _reply(send: _Send, status: int, answer: Mapping[str, object] | bytes) -> None:
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    media = _PROTOBUF if isinstance(answer, bytes) else _JSON
    headers = [(b"content-type", media), (b"content-length", str(len(body)).encode())]
    headers += {405: [(b"allow", b"POST")], 401: [(b"www-authenticate", b"Bearer")], 503: [(b"retry-after", b"2")]}.get(
        status, []
    )
    if status == 429 and not isinstance(answer, bytes):
        headers.append((b"retry-after", str(answer["retry_after_s"]).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
