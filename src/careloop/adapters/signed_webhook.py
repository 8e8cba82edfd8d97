"""Send one signed message to one address, as the Standard Webhooks specification has it.

The receiver can tell who sent it, that nothing was changed, when, and whether it has seen it before (`webhook-id`).
Source: Standard Webhooks specification 1.0, symmetric signatures (`v1`).
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from http.client import HTTPException, HTTPResponse
from ipaddress import ip_address
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from careloop.errors import Conflict, InvalidInput, NotFound, Refused, Unavailable

__all__ = ["NoRedirect", "SignedWebhook", "https_host", "read_secret", "refusal_of", "signature_of"]

_PREFIX: Final = "whsec_"
_LEAST_BYTES, _MOST_BYTES = 24, 64


def read_secret(text: str) -> bytes:
    """The key in a secret like `whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw`: 24 to 64 bytes in base64."""
    try:
        key = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except binascii.Error as error:
        raise InvalidInput("the webhook secret is not base64", hint=f"It begins with {_PREFIX}.") from error
    if not _LEAST_BYTES <= len(key) <= _MOST_BYTES:
        raise InvalidInput(f"the webhook secret has {len(key)} bytes; {_LEAST_BYTES} to {_MOST_BYTES} are right")
    return key


def signature_of(key: bytes, *, message: str, timestamp: int, body: bytes) -> str:
    """The `webhook-signature` of a message id, a time in whole seconds since 1970, and the body's exact bytes.

    >>> key = read_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    >>> body = b'{"test": 2432232314}'
    >>> signature_of(key, message="msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp=1614265330, body=body)
    'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
    """
    signed = b".".join((message.encode(), str(timestamp).encode(), body))
    return "v1," + base64.b64encode(hmac.digest(key, signed, sha256)).decode()


class SignedWebhook:
    """An address that takes signed messages. It must be https, but for this host itself."""

    def __init__(self, url: str, *, secret: str, timeout_s: float = 10.0) -> None:
        self._host = https_host(url)
        self._url, self._key, self._timeout_s = url, read_secret(secret), timeout_s
        self._opener = build_opener(NoRedirect)

    def send(self, kind: str, *, message: str, at: datetime, data: Mapping[str, Any]) -> None:
        """Return when the receiver took it (2xx).

        `Conflict` for 409, `NotFound` for 404, `Refused` for any other no; `Unavailable` when there is no answer, or
        one that says to come again (408, 425, 429, 5xx). `message` is the same when it is sent again.
        """
        sent_at = at.isoformat().replace("+00:00", "Z")
        body = json.dumps({"type": kind, "timestamp": sent_at, "data": data}, separators=(",", ":")).encode()
        timestamp = int(at.timestamp())
        headers = {
            "content-type": "application/json",
            "user-agent": "careloop",
            "webhook-id": message,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature_of(self._key, message=message, timestamp=timestamp, body=body),
        }
        request = Request(self._url, data=body, headers=headers, method="POST")
        try:
            with self._opener.open(request, timeout=self._timeout_s) as answer:
                assert isinstance(answer, HTTPResponse)
                answer.read(1)
        except HTTPError as error:
            status, said = error.code, error.read(200).decode(errors="replace").strip()
            error.close()
            raise refusal_of(self._host, status, said) from error
        except (URLError, OSError, HTTPException) as error:
            raise Unavailable(f"{self._host} cannot be reached: {error}") from error


def https_host(url: str) -> str:
    """The host of an address. Raises InvalidInput unless it is https, or http to this host itself."""
    parts = urlsplit(url)
    if parts.hostname is None or not (parts.scheme == "https" or (parts.scheme == "http" and _here(parts.hostname))):
        raise InvalidInput(f"'{url}' is not an https address", hint="http is for this host only.")
    return parts.hostname


class NoRedirect(HTTPRedirectHandler):
    """A signed message goes to the address that was configured and nowhere else."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def refusal_of(host: str, status: int, said: str) -> Refused | NotFound | Unavailable:
    """The error that a status other than 2xx stands for, with the first of what was said."""
    text = f"{host} answered {status}" + (f": {said}" if said else "")
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
