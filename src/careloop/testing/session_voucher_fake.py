"""A server's word for somebody's session, for tests: real signatures by a key that lies in no file."""

from datetime import datetime
from hashlib import sha256
from typing import Any

from careloop.domain.session import WebSession
from careloop.ports.session_voucher import SessionVoucher
from careloop.testing.approval_keys_fake import key_of, line_of, signature_of

__all__ = ["SessionKeyFake", "a_voucher"]


class SessionKeyFake:
    """A `SessionKey`; the same name always has the same key, and so has a person of that name."""

    def __init__(self, name: str = "care-server") -> None:
        self._name = name

    def line(self) -> str:
        """The public half."""
        return line_of(self._name)

    def sign(self, message: bytes, *, namespace: str) -> str:
        """The armoured signature."""
        return signature_of(key_of(self._name), message, namespace=namespace)


def a_voucher(person: str, stepped_up_at: datetime, *, server: str = "care-server", **changes: Any) -> SessionVoucher:
    """A session of somebody who proved at that moment who they are; one account for each person."""
    fields: dict[str, Any] = {
        "person": person,
        "issuer": "https://care.harbour.example",
        "subject": f"account-of-{person}",
        "id_sha256": sha256(f"session of {person}".encode()).hexdigest(),
        "factors": "password+totp",
        "stepped_up_at": stepped_up_at,
    }
    return SessionVoucher(WebSession(**(fields | changes)), SessionKeyFake(server))
