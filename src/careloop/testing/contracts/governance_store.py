"""What every store of governance repositories must do. Derive a test class, give it a `make_store`, and run it."""

from abc import ABC, abstractmethod
from typing import Protocol

from careloop.domain.link_file import GovernanceRef
from careloop.errors import NotFound
from careloop.ports.governance_store import GovernanceStore

__all__ = ["GovernanceStoreContract", "ReachableStore"]


class ReachableStore(Protocol):
    """A store, and the one governance repository that it can reach or not."""

    @property
    def store(self) -> GovernanceStore:
        """The store under test."""
        ...

    @property
    def where(self) -> GovernanceRef:
        """The repository's address with its branch."""
        ...

    def commit(self, content: bytes) -> str:
        """Commit a new content of care.yaml and return the full hash."""
        ...

    def leave(self) -> None:
        """Take the repository out of reach."""
        ...


class GovernanceStoreContract(ABC):
    """One test a promise of the port."""

    @abstractmethod
    def make_store(self) -> ReachableStore:
        """A store that has fetched nothing yet, and a repository with one commit."""

    def test_it_is_the_commit_that_the_branch_names_now(self) -> None:
        made = self.make_store()
        for content in (b"schema: 1\n", b"schema: 1 # again\n"):
            commit = made.commit(content)
            pinned = made.store.pinned(made.where, folder=None, offline=False)
            assert (pinned.pin.commit, pinned.pin.fetched, pinned.revision) == (commit, True, commit)
            assert pinned.source.at(commit).files["care.yaml"] == content

    def test_out_of_reach_it_is_the_copy_that_was_pinned(self) -> None:
        made = self.make_store()
        first = made.store.pinned(made.where, folder=None, offline=False).pin.commit
        made.leave()
        pinned = made.store.pinned(made.where, folder=None, offline=False)
        assert (pinned.pin.commit, pinned.pin.fetched) == (first, False)
        assert pinned.source.at(str(pinned.revision)).files["care.yaml"]

    def test_offline_nobody_is_asked(self) -> None:
        made = self.make_store()
        first = made.store.pinned(made.where, folder=None, offline=False).pin.commit
        made.commit(b"schema: 1 # later\n")
        pinned = made.store.pinned(made.where, folder=None, offline=True)
        assert (pinned.pin.commit, pinned.pin.fetched) == (first, False)

    def test_what_was_never_pinned_is_not_found(self) -> None:
        made = self.make_store()
        made.leave()
        for offline in (True, False):
            try:
                made.store.pinned(made.where, folder=None, offline=offline)
            except NotFound:
                continue
            raise AssertionError("NotFound was not raised")
