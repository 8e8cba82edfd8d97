"""Asking a forge's REST interface over HTTPS: one place that holds the token, and tells refusals from outages.

The token goes to the configured host and nowhere else: redirects are not followed, and it stands in no message.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from http.client import HTTPException
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, build_opener

from careloop.adapters.outgoing_http import NoRedirect, https_host
from careloop.errors import InvalidInput, NotFound, Refused, Unavailable

__all__ = ["ForgeHttp"]

_PER_PAGE: Final = 100
_MOST_PAGES: Final = 100
_MOST_BYTES: Final = 16 * 2**20


class ForgeHttp:
    """The interface at `url`; `headers` carry the token."""

    def __init__(self, url: str, *, headers: Mapping[str, str], timeout_s: float = 20.0) -> None:
        self.url = url.rstrip("/")
        self._host = https_host(self.url)
        if any(not value.isascii() or not value.isprintable() for value in headers.values()):
            raise InvalidInput("the forge's token holds a sign that no token has", hint="is there a line break in it?")
        self._headers = {"accept": "application/json", "user-agent": "careloop", **headers}
        self._timeout_s = timeout_s
        self._opener = build_opener(NoRedirect)

    def get(self, path: str) -> Any:
        """What is there."""
        return self.send("GET", path)

    def pages(self, path: str, *, size_word: str = "per_page") -> Iterator[dict[str, Any]]:
        """Every row of a list, page by page until one is not full."""
        for page in range(1, _MOST_PAGES + 1):
            rows = self.get(f"{path}?{urlencode({size_word: _PER_PAGE, 'page': page})}")
            if not isinstance(rows, list):
                raise InvalidInput(f"{self._host} answers no list to {path}")
            yield from rows
            if len(rows) < _PER_PAGE:
                return

    def send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Ask and return the JSON answer; null for an empty one."""
        data = None if body is None else json.dumps(body).encode()
        headers = self._headers if data is None else {**self._headers, "content-type": "application/json"}
        request = Request(self.url + path, data=data, headers=headers, method=method)
        try:
            with self._opener.open(request, timeout=self._timeout_s) as answer:
                raw = answer.read(_MOST_BYTES)
        except HTTPError as error:
            status = error.code
            error.close()  # what it says is a stranger's text and may repeat what we sent
            raise self._refusal(status, method, path) from None
        except (URLError, OSError, HTTPException) as error:
            raise Unavailable(f"{self._host} cannot be reached: {type(error).__name__}") from None
        try:
            return json.loads(raw) if raw.strip() else None
        except ValueError as error:
            raise InvalidInput(f"{self._host} does not answer JSON to {method} {path}") from error

    def _refusal(self, status: int, method: str, path: str) -> NotFound | Refused | Unavailable:
        text = f"{self._host} answers {status} to {method} {path.partition('?')[0]}"
        if status in (408, 425, 429) or status >= 500:
            return Unavailable(text, hint="try again later")
        if status == 404:
            return NotFound(text, hint="is it there, and may the token see it?")
        return Refused(text, hint="may the token do that?" if status in (401, 403) else None)
