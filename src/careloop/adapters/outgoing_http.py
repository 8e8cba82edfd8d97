"""A request to an address that somebody configured, sent there and nowhere else; its answer, or whose fault a no is."""

from __future__ import annotations

from collections.abc import Iterable
from http.client import HTTPException
from ipaddress import ip_address
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from careloop.errors import Conflict, InvalidInput, NotFound, Refused, Unavailable

__all__ = ["NoRedirect", "OutgoingHttp", "https_host"]

_MOST_BYTES: Final = 1 << 20
_WORDS: Final = 300


class OutgoingHttp:
    """A way to one host, by https but to this host itself; redirects are not followed."""

    def __init__(self, url: str, *, timeout_s: float = 10.0) -> None:
        self.host = https_host(url)
        self._timeout_s = timeout_s
        self._opener = build_opener(NoRedirect)

    def send(self, request: Request, *, secrets: Iterable[str] = ()) -> bytes:
        """What is answered with a status of 2xx.

        `NotFound` for 404, `Conflict` for 409, `Unavailable` for no answer, 408, 425, 429 and 5xx, `Refused` for any
        other no. The message has the service's first words, without whatever of the secrets they repeat.
        """
        try:
            with self._opener.open(request, timeout=self._timeout_s) as answer:
                said: bytes = answer.read(_MOST_BYTES)
        except HTTPError as error:
            status, words = error.code, error.read(_MOST_BYTES).decode(errors="replace").strip()
            error.close()
            for secret in filter(None, secrets):
                words = words.replace(secret, "…")
            raise _refusal(self.host, status, words[:_WORDS]) from None
        except (URLError, OSError, HTTPException) as error:
            raise Unavailable(f"{self.host} cannot be reached: {error}") from error
        return said


def https_host(url: str) -> str:
    """The host of an address. Raises InvalidInput unless it is https, or http to this host itself."""
    parts = urlsplit(url)
    if parts.hostname is None or not (parts.scheme == "https" or (parts.scheme == "http" and _here(parts.hostname))):
        raise InvalidInput(f"'{url}' is not an https address", hint="http is for this host only.")
    return parts.hostname


class NoRedirect(HTTPRedirectHandler):
    """A message, and the key that goes with it, goes to the address that was configured and nowhere else."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def _refusal(host: str, status: int, words: str) -> Refused | NotFound | Unavailable:
    text = f"{host} answered {status}" + (f": {words}" if words else "")
    if status in (408, 425, 429) or status >= 500:
        return Unavailable(text)
    if status == 409:
        return Conflict(text)
    return NotFound(text) if status == 404 else Refused(text)


def _here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
