"""Send events to the lake over HTTP."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Sequence
from typing import Final

from careloop.errors import InvalidInput, Unavailable

__all__ = ["EventPost"]

_AGAIN: Final = frozenset({401, 403, 404, 408, 425, 429})
"""Answers that say nothing about the rows; with those from 500 on, worth another try once somebody has mended it."""


class EventPost:
    """An `EventSink` that posts JSON lines to `POST /api/v1/events`."""

    def __init__(self, url: str, *, token: str | None = None, timeout_s: float = 10.0) -> None:
        if not url.startswith(("http://", "https://")):
            raise InvalidInput(f"{url} is no http address")
        self._url = url
        self._timeout_s = timeout_s
        self._headers = {"Content-Type": "application/x-ndjson"}
        if token is not None:
            self._headers["Authorization"] = f"Bearer {token}"

    def send(self, lines: Sequence[bytes]) -> int:
        """Post a batch; returns how many rows the lake refused."""
        request = urllib.request.Request(self._url, data=b"\n".join(lines), headers=self._headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=self._timeout_s) as reply:
                return _refused(reply.read(), len(lines))
        except urllib.error.HTTPError as error:
            with error:
                if error.code in _AGAIN or error.code >= 500:
                    raise Unavailable(f"{self._url} answers {error.code}") from error
                return _refused(error.read(), len(lines))
        except (OSError, http.client.HTTPException) as error:
            raise Unavailable(f"{self._url} cannot be reached: {error}") from error


def _refused(body: bytes, rows: int) -> int:
    """How many rows the reply says were refused; all of them when it says nothing."""
    try:
        said = json.loads(body)["refused_rows"]
    except (ValueError, KeyError, TypeError):
        return rows
    return said if isinstance(said, int) else rows
