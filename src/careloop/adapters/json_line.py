"""Ask a service in JSON over HTTP: what pagers, trackers and registries have in common."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.request import Request

from careloop.adapters.outgoing_http import OutgoingHttp
from careloop.errors import Unavailable

__all__ = ["JsonLine"]


class JsonLine:
    """A service at an address; `headers` go with every question, and no message repeats what authorises it."""

    def __init__(self, url: str, *, headers: Mapping[str, str] | None = None, timeout_s: float = 10.0) -> None:
        self._http, self._url = OutgoingHttp(url, timeout_s=timeout_s), url.rstrip("/")
        self._headers = {"content-type": "application/json", "user-agent": "careloop", **(headers or {})}
        self._secrets = tuple(self._headers.get("authorization", "").split(" ")[1:])

    def ask(self, method: str, path: str, body: object = None, *, secret: str = "") -> Any:
        """What is answered, null for nothing. Raises as `OutgoingHttp.send` does; `secret` stands in the body."""
        content = None if body is None else json.dumps(body, separators=(",", ":")).encode()
        request = Request(f"{self._url}{path}", data=content, headers=self._headers, method=method)
        said = self._http.send(request, secrets=(*self._secrets, secret))
        try:
            return json.loads(said) if said.strip() else None
        except ValueError as error:
            raise Unavailable(f"{self._http.host} does not answer in JSON") from error
