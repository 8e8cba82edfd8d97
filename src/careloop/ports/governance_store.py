"""Where the governance repository of a linked code repository is fetched to, and kept at a known commit (R81)."""

from dataclasses import dataclass
from typing import Protocol

from careloop.domain.link_file import GovernancePin, GovernanceRef
from careloop.ports.repository_source import RepositorySource

__all__ = ["GovernanceStore", "Pinned"]


@dataclass(frozen=True, slots=True)
class Pinned:
    """A governance repository at one commit."""

    pin: GovernancePin
    source: RepositorySource
    revision: str | None
    """What to read from the source; null is its work tree."""


class GovernanceStore(Protocol):
    """Keeps copies of governance repositories."""

    def pinned(self, where: GovernanceRef, *, folder: str | None, offline: bool) -> Pinned:
        """The governance repository at the commit that its ref names now.

        Where it cannot be reached, or with `offline`, the commit it named last. Raises NotFound when it never was.
        `folder` is where its documents lie within it.
        """
        ...
