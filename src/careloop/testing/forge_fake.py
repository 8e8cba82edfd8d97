"""A forge in memory, for tests: statuses, comments by us and by others, reviews, answered deployments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from careloop.domain.forge import CommitStatus, mark_of
from careloop.errors import InvalidInput, NotFound, Refused, Unavailable

__all__ = ["ForgeFake"]

US = "care-bot"


@dataclass
class ForgeFake:
    """A `Forge` and a `DeploymentGate`."""

    commits: frozenset[str] = frozenset()
    authors: dict[int, str] = field(default_factory=dict)
    """Change to the account of its author."""
    people: frozenset[str] = frozenset()
    statuses: dict[tuple[str, str], CommitStatus] = field(default_factory=dict)
    comments: dict[int, list[tuple[str, str]]] = field(default_factory=dict)
    """Change to account and text, in order."""
    reviewers: dict[int, list[str]] = field(default_factory=dict)
    deployments: list[tuple[str, str, bool, str]] = field(default_factory=list)
    """Callback, environment, whether approved, comment."""
    out_of_reach: bool = False
    refuses: bool = False
    """The token may do nothing."""

    def set_status(self, status: CommitStatus) -> None:
        """Keep it."""
        self._open()
        if status.commit not in self.commits:
            raise NotFound(f"there is no commit {status.commit}")
        self.statuses[status.commit, status.context] = status

    def put_comment(self, change: int, text: str) -> bool:
        """Keep it, over our own of the same mark."""
        mark = mark_of(text)
        if mark is None:
            raise InvalidInput("the comment has no mark of ours")
        said = self._change(change)
        for place, (who, before) in enumerate(said):
            if who == US and mark_of(before) == mark:
                said[place] = (US, text)
                return before != text
        said.append((US, text))
        return True

    def request_reviews(self, change: int, accounts: Sequence[str]) -> tuple[str, ...]:
        """Keep who is asked."""
        self._change(change)
        there = self.reviewers.setdefault(change, [])
        missing = tuple(one for one in dict.fromkeys(accounts) if one not in {*there, self.authors[change]})
        if unknown := set(missing) - self.people:
            raise NotFound(f"there is no account {', '.join(sorted(unknown))}")
        there.extend(missing)
        return missing

    def answer_deployment(self, callback: str, *, environment: str, approve: bool, comment: str) -> None:
        """Keep the answer."""
        self._open()
        self.deployments.append((callback, environment, approve, comment))

    def _change(self, change: int) -> list[tuple[str, str]]:
        self._open()
        if change not in self.authors:
            raise NotFound(f"there is no change {change}")
        return self.comments.setdefault(change, [])

    def _open(self) -> None:
        if self.out_of_reach:
            raise Unavailable("the forge is out of reach")
        if self.refuses:
            raise Refused("the token may not do that")
