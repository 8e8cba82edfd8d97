"""Governance repositories in memory, for tests: each can be taken off the network."""

from collections.abc import Mapping

from careloop.domain.link_file import GovernancePin, GovernanceRef
from careloop.errors import NotFound
from careloop.ports.governance_store import Pinned
from careloop.ports.repository_source import RepositorySource

__all__ = ["GovernanceStoreFake"]


class GovernanceStoreFake:
    """A `GovernanceStore` over repositories by address; `away` holds the addresses that do not answer."""

    def __init__(self, repositories: Mapping[str, RepositorySource]) -> None:
        self.repositories = dict(repositories)
        self.away: set[str] = set()
        self._kept: dict[GovernanceRef, str] = {}

    def pinned(self, where: GovernanceRef, *, folder: str | None, offline: bool) -> Pinned:
        """The repository at what its ref names now, or named when it last answered."""
        source = self.repositories.get(where.url)
        if where.ref is None:
            if source is None:
                raise NotFound(f"there is no governance repository at {where.url}")
            return Pinned(GovernancePin(where.url, None, source.head().commit, fetched=True), source, None)
        asked = not offline and where.url not in self.away and source is not None
        if asked and source is not None:
            self._kept[where] = source.resolve(where.ref)
        commit = self._kept.get(where)
        if commit is None or source is None:
            raise NotFound(f"the governance repository {where.url}@{where.ref} is out of reach")
        return Pinned(GovernancePin(where.url, where.ref, commit, fetched=asked), source, commit)
