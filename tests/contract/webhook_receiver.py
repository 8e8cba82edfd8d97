"""A receiver of signed webhooks on this host, written from the specification and not from our sender."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, NamedTuple, Self

from careloop.errors import CareloopError, Conflict, NotFound, Refused

__all__ = ["SECRET", "Message", "WebhookReceiver"]

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


class Message(NamedTuple):
    """One message that was signed rightly."""

    id: str
    timestamp: int
    body: bytes


class WebhookReceiver:
    """Gives each rightly signed message to `take`; what that raises becomes the status."""

    def __init__(self, take: Callable[[Mapping[str, Any]], None], *, status: int | None = None) -> None:
        self.messages: list[Message] = []
        self.status = status
        """Answer this to everything."""
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                status, text = receiver._receive(self, take)
                self.send_response(status)
                if status in (301, 302, 307, 308):
                    self.send_header("location", receiver.url + "elsewhere")
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_: Any, **__: Any) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    @property
    def url(self) -> str:
        """Where to send."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Answer nothing more."""
        self._server.shutdown()
        self._server.server_close()

    def _receive(self, request: BaseHTTPRequestHandler, take: Callable[[Mapping[str, Any]], None]) -> tuple[int, bytes]:
        body = request.rfile.read(int(request.headers["content-length"]))
        message = Message(request.headers["webhook-id"], int(request.headers["webhook-timestamp"]), body)
        signed = f"{message.id}.{message.timestamp}.".encode() + body
        mac = hmac.new(bytes(range(32)), signed, hashlib.sha256).digest()
        if request.headers["webhook-signature"] != f"v1,{base64.b64encode(mac).decode()}":
            return 401, b"wrong signature"
        self.messages.append(message)
        if self.status is not None:
            return self.status, b"as told"
        try:
            take(json.loads(body))
        except CareloopError as error:
            return _status(error), error.message.encode()
        return 204, b""


def _status(error: CareloopError) -> int:
    kinds = ((Conflict, 409), (NotFound, 404), (Refused, 422))
    return next((status for kind, status in kinds if isinstance(error, kind)), 503)
