"""Ask a service in JSON over HTTP, and say whose fault a no is: what pagers, trackers and registries have in common."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, build_opener

from careloop.adapters.signed_webhook import NoRedirect, https_host, refusal_of
from careloop.errors import Unavailable

__all__ = ["JsonLine"]


class JsonLine:
    """A service at an address, which must be https but for this host; `headers` go with every question.

    A redirect is not followed: what is secret in the headers goes to the address that was configured and nowhere else.
    """

    def __init__(self, url: str, *, headers: Mapping[str, str] | None = None, timeout_s: float = 10.0) -> None:
        self.host = https_host(url)
        self._url, self._timeout_s = url.rstrip("/"), timeout_s
        self._headers = {"content-type": "application/json", "user-agent": "careloop", **(headers or {})}
        self._opener = build_opener(NoRedirect)

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """What is answered, null for nothing.

        `NotFound` for 404, `Conflict` for 409, `Unavailable` for no answer, 408, 425, 429 and 5xx, `Refused` for any
        other no, with the service's words.
        """
        content = None if body is None else json.dumps(body, separators=(",", ":")).encode()
        request = Request(f"{self._url}{path}", data=content, headers=self._headers, method=method)
        try:
            with self._opener.open(request, timeout=self._timeout_s) as answer:
                said = answer.read(1 << 20)
        except HTTPError as error:
            status, words = error.code, error.read(300).decode(errors="replace").strip()
            error.close()
            raise refusal_of(self.host, status, words) from error
        except (URLError, OSError, HTTPException) as error:
            raise Unavailable(f"{self.host} cannot be reached: {error}") from error
        try:
            return json.loads(said) if said.strip() else None
        except ValueError as error:
            raise Unavailable(f"{self.host} does not answer in JSON") from error
