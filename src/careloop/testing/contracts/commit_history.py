"""What every history of commits must do. Derive a test class, give it a `make_history`, and run it."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Protocol

from careloop.errors import NotFound
from careloop.ports.commit_history import CommitHistory

__all__ = ["CommitHistoryContract", "WritableHistory"]


class WritableHistory(Protocol):
    """A history that the suite can add commits to, and the port under test that reads it."""

    @property
    def history(self) -> CommitHistory:
        """The history under test."""
        ...

    def commit(self, path: str, *, author: str, committer: str) -> str:
        """Commit a new content of a file, by mail addresses of author and committer; returns the full hash."""
        ...


class CommitHistoryContract(ABC):
    """One test a promise of the port."""

    @abstractmethod
    def make_history(self) -> WritableHistory:
        """A repository without commits."""

    def test_before_the_first_commit_nothing_is_newest(self) -> None:
        assert self.make_history().history.newest() is None

    def test_the_first_commit_of_a_file_stays_the_first(self) -> None:
        made = self.make_history()
        assert made.history.first("care.yaml") is None
        made.commit("care.yaml", author="ada@acme.example", committer="ada@acme.example")
        first = made.history.first("care.yaml")
        made.commit("care.yaml", author="bob@acme.example", committer="bob@acme.example")
        assert first is not None
        assert first.tzinfo is not None
        assert made.history.first("care.yaml") == first
        assert made.history.first("roles.yaml") is None

    def test_author_and_committer_both_made_a_commit(self) -> None:
        made = self.make_history()
        commit = made.commit("a.txt", author="ada@acme.example", committer="Bob@Acme.example")
        assert made.history.newest() == commit
        assert made.history.hands(commit) == {"ada@acme.example", "bob@acme.example"}

    def test_the_last_commit_that_touched_a_path_is_the_one_that_counts(self) -> None:
        made = self.make_history()
        made.commit("systems/credit/card.md", author="ada@acme.example", committer="ada@acme.example")
        made.commit("systems/credit/card.md", author="eve@acme.example", committer="eve@acme.example")
        newest = made.commit("policies/a.md", author="bob@acme.example", committer="bob@acme.example")
        assert made.history.last_hands(newest, ["systems/credit"]) == {"eve@acme.example"}
        assert made.history.last_hands(newest, ["systems/credit/card.md", "none"]) == {"eve@acme.example"}
        assert made.history.last_hands(newest, ["policies", "systems"]) == {"bob@acme.example"}
        assert made.history.last_hands(newest, ["systems/cred"]) == set()

    def test_an_unknown_revision_is_not_found(self) -> None:
        made = self.make_history()
        made.commit("a.txt", author="ada@acme.example", committer="ada@acme.example")
        asks: list[Callable[[], object]] = [
            lambda: made.history.hands("f" * 40),
            lambda: made.history.last_hands("f" * 40, ["a.txt"]),
        ]
        for ask in asks:
            try:
                ask()
            except NotFound:
                continue
            raise AssertionError("NotFound was not raised")
