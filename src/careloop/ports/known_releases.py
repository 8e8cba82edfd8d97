"""Which releases a system may say that it runs."""

from typing import Protocol

__all__ = ["KnownReleases"]


class KnownReleases(Protocol):
    """Turns what an event calls its release into the digest of a release lock."""

    def resolve(self, system: str, name: str) -> str | None:
        """The lock digest of a release of the system, given as digest or alias; None when there is no such release."""
        ...
