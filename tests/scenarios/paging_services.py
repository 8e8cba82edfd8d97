"""PagerDuty, Alertmanager and Opsgenie on this host, as strict as their published interfaces; written from those.

PagerDuty Events API v2: `routing_key` of 32 characters, `dedup_key` up to 255, `summary` up to 1024, four severities.
Alertmanager API v2: a list of postable alerts, label names of letters, digits and underscores, all values strings.
Opsgenie Alert API: `GenieKey` in the header, `message` up to 130, `alias` up to 512, P1 to P5, details of strings.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

__all__ = ["API_KEY", "ROUTING_KEY", "PagingServices"]

ROUTING_KEY = "0123456789abcdef0123456789abcdef"
API_KEY = "f00dcafe-0000-4000-8000-000000000000"
_PAYLOAD_WORDS = {"summary", "source", "severity", "timestamp", "component", "group", "class", "custom_details"}
_EVENT_WORDS = {"routing_key", "event_action", "dedup_key", "payload", "images", "links", "client", "client_url"}
_ALERT_WORDS = {"labels", "annotations", "startsAt", "endsAt", "generatorURL"}
_GENIE_WORDS = {
    *("message", "alias", "description", "responders", "visibleTo", "actions"),
    *("tags", "details", "entity", "source", "priority", "user", "note"),
}


class PagingServices:
    """All three at one address; `incidents` are by deduplication key, as the services would show them."""

    def __init__(self, *, status: int | None = None) -> None:
        self.status = status
        """Answer this to everything, after it was judged."""
        self.incidents: dict[tuple[str, str], Mapping[str, Any]] = {}
        self.requests = 0
        self.hold = threading.Event()
        """While `hanging`, answers wait for it."""
        self.hanging = False
        services = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                if services.hanging:
                    services.hold.wait(60)
                status = services._judge(self.path, self.headers.get("authorization", ""), body)
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: Any, **__: Any) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    @property
    def url(self) -> str:
        """Where they are."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.hold.set()
        self._server.shutdown()
        self._server.server_close()

    def _judge(self, path: str, authorization: str, body: bytes) -> int:
        self.requests += 1
        sent = json.loads(body)
        judges = {"/v2/enqueue": _pagerduty, "/api/v2/alerts": _alertmanager, "/v2/alerts": _opsgenie}
        if path not in judges:
            return 404
        status, key = judges[path](sent, authorization)
        if self.status is not None:
            return self.status
        if status < 300:
            self.incidents.setdefault((path, key), sent)
        return status


def _pagerduty(sent: Any, _: str) -> tuple[int, str]:
    payload = sent.get("payload", {})
    right = (
        sent.keys() <= _EVENT_WORDS
        and payload.keys() <= _PAYLOAD_WORDS
        and sent.get("event_action") in ("trigger", "acknowledge", "resolve")
        and re.fullmatch(r"[0-9a-f]{32}", sent.get("routing_key", "")) is not None
        and 0 < len(sent.get("dedup_key", "")) <= 255
        and 0 < len(payload.get("summary", "")) <= 1024
        and payload.get("source")
        and payload.get("severity") in ("critical", "error", "warning", "info")
        and datetime.fromisoformat(payload["timestamp"]).tzinfo is not None
    )
    return (202 if right else 400), str(sent.get("dedup_key"))


def _alertmanager(sent: Any, _: str) -> tuple[int, str]:
    if not isinstance(sent, list) or len(sent) != 1:
        return 400, ""
    (alert,) = sent
    names = [*alert.get("labels", {}).items(), *alert.get("annotations", {}).items()]
    right = (
        alert.keys() <= _ALERT_WORDS
        and alert["labels"].get("alertname")
        and all(re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*", name) and isinstance(value, str) for name, value in names)
        and datetime.fromisoformat(alert["startsAt"]) < datetime.fromisoformat(alert["endsAt"])
    )
    return (200 if right else 400), json.dumps(alert["labels"], sort_keys=True)


def _opsgenie(sent: Any, authorization: str) -> tuple[int, str]:
    if authorization != f"GenieKey {API_KEY}":
        return 401, ""
    right = (
        sent.keys() <= _GENIE_WORDS
        and 0 < len(sent.get("message", "")) <= 130
        and 0 < len(sent.get("alias", "")) <= 512
        and sent.get("priority") in ("P1", "P2", "P3", "P4", "P5")
        and len(sent.get("description", "")) <= 15000
        and all(isinstance(value, str) for value in sent.get("details", {}).values())
        and len(sent.get("tags", [])) <= 20
        and all(len(tag) <= 50 for tag in sent.get("tags", []))
    )
    return (202 if right else 422), str(sent.get("alias"))
