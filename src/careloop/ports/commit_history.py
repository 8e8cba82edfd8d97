"""Who made a commit: for the rule that nobody approves what they wrote."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

__all__ = ["CommitHistory"]


class CommitHistory(Protocol):
    """The history of one git repository. Nothing here writes."""

    def newest(self) -> str | None:
        """Full hash of HEAD; null outside git and before the first commit."""
        ...

    def first(self, path: str) -> datetime | None:
        """When a file was first committed, on the way to HEAD; null outside git and for a file never committed."""
        ...

    def hands(self, revision: str) -> frozenset[str]:
        """Mail addresses of author, committer and co-authors of a commit; raises `NotFound`."""
        ...

    def last_hands(self, revision: str, paths: Sequence[str]) -> frozenset[str]:
        """The same of the last commit, up to a revision, that touched any of some files or folders; empty if none."""
        ...
