"""The SSH keys with which the person at this machine can sign."""

from typing import Protocol

__all__ = ["ApprovalKeys"]


class ApprovalKeys(Protocol):
    """Private keys stay where they are; only their public halves and their signatures come in."""

    def lines(self) -> tuple[str, ...]:
        """Public keys that can sign here, `ssh-ed25519 AAAA…` without comment, in the order of preference."""
        ...

    def sign(self, line: str, message: bytes, *, namespace: str) -> str:
        """The armoured SSH signature by one of these keys; raises `NotFound` for another, `Refused` when it fails."""
        ...
