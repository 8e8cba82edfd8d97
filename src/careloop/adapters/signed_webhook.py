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
from typing import Any, Final
from urllib.request import Request

from careloop.adapters.outgoing_http import OutgoingHttp
from careloop.errors import InvalidInput

__all__ = ["SignedWebhook", "read_secret", "signature_of"]

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
        self._http = OutgoingHttp(url, timeout_s=timeout_s)
        self._url, self._key = url, read_secret(secret)

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
        self._http.send(Request(self._url, data=body, headers=headers, method="POST"))
