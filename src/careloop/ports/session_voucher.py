"""A server's word for a person: that they are signed in and have just proven again who they are."""

from dataclasses import dataclass
from typing import Protocol, TypeAlias

from careloop.domain.session import WebSession
from careloop.ports.approval_keys import ApprovalKeys

__all__ = ["PersonalProof", "SessionKey", "SessionVoucher"]


class SessionKey(Protocol):
    """The key with which one server signs what it says about sessions. It is nobody's own, and stays on the server."""

    def line(self) -> str:
        """Its public half, `ssh-ed25519 AAAA…` without comment: the line that care.yaml must list."""
        ...

    def sign(self, message: bytes, *, namespace: str) -> str:
        """The armoured SSH signature."""
        ...


@dataclass(frozen=True, slots=True)
class SessionVoucher:
    """A session, and the key of the server that vouches for it."""

    session: WebSession
    key: SessionKey


PersonalProof: TypeAlias = ApprovalKeys | SessionVoucher
"""How somebody proves that it is them: with SSH keys of their own, or by a session that a server vouches for."""
