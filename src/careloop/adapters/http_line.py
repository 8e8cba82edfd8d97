"""A line to a ledger over HTTP with a bearer token; https, or http to this very machine."""

import http.client
import ssl
from typing import Final
from urllib.parse import urlsplit

from careloop.errors import InvalidInput, Refused, Unavailable

__all__ = ["HttpLine"]

_PATIENCE_S: Final = 30
_MAX_ANSWER: Final = 96 * 2**20
_THIS_MACHINE: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class HttpLine:
    """A `LedgerLine` to an address such as `https://care.acme.example/api/v1/ledger`."""

    def __init__(self, url: str, *, token: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query:
            raise InvalidInput("the address of the ledger is not like https://care.acme.example/api/v1/ledger")
        if parts.scheme == "http" and parts.hostname not in _THIS_MACHINE:
            raise Refused(f"a token is not sent to {parts.hostname} without TLS", hint="Write https:// in the address.")
        if not token:
            raise Unavailable(
                f"the ledger at {parts.hostname} asks for a token", hint="Put one into CARELOOP_LEDGER_TOKEN."
            )
        self._secure, self._host, self._port = parts.scheme == "https", parts.hostname, parts.port
        self._base, self._token = parts.path.rstrip("/"), token

    def ask(self, method: str, path: str, content: bytes = b"", media: str = "application/json") -> tuple[int, bytes]:
        """Ask one question on a connection of its own; never follows a redirection."""
        if self._secure:
            context = ssl.create_default_context()
            line: http.client.HTTPConnection = http.client.HTTPSConnection(
                self._host, self._port, timeout=_PATIENCE_S, context=context
            )
        else:
            line = http.client.HTTPConnection(self._host, self._port, timeout=_PATIENCE_S)
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": media, "Accept": "application/json"}
        try:
            line.request(method, f"{self._base}/{path}", content or None, headers)
            answer = line.getresponse()
            body = answer.read(_MAX_ANSWER + 1)
        except (OSError, http.client.HTTPException) as error:
            raise Unavailable(f"the ledger at {self._host} is out of reach: {error or type(error).__name__}") from error
        finally:
            line.close()
        if len(body) > _MAX_ANSWER:
            raise Unavailable(f"the ledger at {self._host} gave an answer without end")
        return answer.status, body
