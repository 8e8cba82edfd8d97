"""Ask a service in JSON over HTTP: what pagers, trackers and registries have in common."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Mapping
from typing import Any
from urllib.request import Request

from careloop.adapters.outgoing_http import OutgoingHttp
from careloop.errors import Unavailable

__all__ = ["JsonLine"]


class JsonLine:
    """A service at an address; `headers` go with every question, and no message repeats what authorises it."""

    def __init__(self, url: str, *, headers: Mapping[str, str] | None = None, timeout_s: float = 10.0) -> None:
        self._http, self.url = OutgoingHttp(url, timeout_s=timeout_s), url.rstrip("/")
        self._headers = {"content-type": "application/json", "user-agent": "careloop", **(headers or {})}
        self._secrets = _secrets(self._headers.get("authorization", ""))

    def ask(self, method: str, path: str, body: object = None, *, secret: str = "") -> Any:
        """What is answered, null for nothing. Raises as `OutgoingHttp.send` does; `secret` stands in the body."""
        content = None if body is None else json.dumps(body, separators=(",", ":")).encode()
        request = Request(f"{self.url}{path}", data=content, headers=self._headers, method=method)
        said = self._http.send(request, secrets=(*self._secrets, secret))
        try:
            return json.loads(said) if said.strip() else None
        except ValueError as error:
            raise Unavailable(f"{self._http.host} does not answer in JSON") from error


def _secrets(authorization: str) -> tuple[str, ...]:
    """What no message repeats: the words of the header, and of a Basic one also what they stand for."""
    kind, _, words = authorization.partition(" ")
    if kind != "Basic":
        return tuple(words.split(" "))
    plain = b64decode(words).decode(errors="replace")
    return words, plain, plain.partition(":")[2]
