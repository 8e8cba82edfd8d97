"""A request to an address that somebody configured, sent there and nowhere else; its answer, or whose fault a no is."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from ipaddress import ip_address
from typing import IO, Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPHandler, HTTPRedirectHandler, HTTPSHandler, Request, build_opener

from careloop.errors import Conflict, InvalidInput, NotFound, Refused, Unavailable

__all__ = ["NoRedirect", "OutgoingHttp", "https_host"]

_MOST_BYTES: Final = 1 << 20
_PIECE: Final = 1 << 14
_WORDS: Final = 300


class OutgoingHttp:
    """A way to one host, by https but to this host itself; redirects are not followed.

    `timeout_s` bounds connecting, waiting for the first words, and the whole answer, each: a service that says a byte
    now and then holds nobody up for longer than one that says nothing.
    """

    def __init__(self, url: str, *, timeout_s: float = 10.0) -> None:
        self.host = https_host(url)
        self._timeout_s = timeout_s
        self._opener = build_opener(NoRedirect, _TimedHttp, _TimedHttps)

    def send(self, request: Request, *, secrets: Iterable[str] = ()) -> bytes:
        """What is answered with a status of 2xx.

        `NotFound` for 404, `Conflict` for 409, `Unavailable` for no answer, 408, 425, 429 and 5xx, `Refused` for any
        other no. The message has the service's first words, without whatever of the secrets they repeat.
        """
        try:
            with self._opener.open(request, timeout=self._timeout_s) as answer:
                said = self._read(answer)
        except HTTPError as error:
            status, words = error.code, self._words(error)
            for secret in filter(None, secrets):
                words = words.replace(secret, "…")
            raise _refusal(self.host, status, words[:_WORDS]) from None
        except (URLError, OSError, HTTPException) as error:
            raise Unavailable(f"{self.host} cannot be reached: {error}") from error
        return said

    def _words(self, error: HTTPError) -> str:
        """The first words of a no; a no without words, or whose words never end, is a no all the same."""
        with error:
            try:
                return self._read(error).decode(errors="replace").strip()
            except (OSError, HTTPException):
                return ""

    def _read(self, answer: HTTPResponse | IO[bytes]) -> bytes:
        """The answer, as far as it is wanted; `TimeoutError` when it does not come to an end in time."""
        read = getattr(answer, "read1", answer.read)
        said, until = bytearray(), time.monotonic() + self._timeout_s
        while len(said) < _MOST_BYTES and (piece := read(_PIECE)):
            said += piece
            if time.monotonic() > until:
                raise TimeoutError("its answer does not come to an end")
        return bytes(said[:_MOST_BYTES])


class _TimedConnection(HTTPConnection):
    """Ends the connection when the head of an answer is not complete in time, however slowly it trickles."""

    def getresponse(self) -> HTTPResponse:
        late = threading.Event()

        def give_up() -> None:
            late.set()
            if (line := self.sock) is not None:
                with suppress(OSError):
                    line.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(self.timeout or 0.0, give_up)
        timer.daemon = True
        timer.start()
        try:
            answer = super().getresponse()
        except (OSError, HTTPException) as error:
            if late.is_set():
                raise TimeoutError("timed out") from error
            raise
        finally:
            timer.cancel()
        if late.is_set():
            raise TimeoutError("timed out")  # a head that was cut off is no answer, whatever its first line says
        return answer


class _TimedSecureConnection(HTTPSConnection, _TimedConnection):
    """The same by https."""


class _TimedHttp(HTTPHandler):
    def http_open(self, req: Request) -> HTTPResponse:
        return self.do_open(_TimedConnection, req)


class _TimedHttps(HTTPSHandler):
    def https_open(self, req: Request) -> HTTPResponse:
        return self.do_open(_TimedSecureConnection, req)


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
