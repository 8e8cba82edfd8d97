"""The hooks of a git repository: what it runs before it takes a commit or a push."""

from dataclasses import dataclass
from typing import Protocol

__all__ = ["GitHooks", "RefUpdate"]


@dataclass(frozen=True, slots=True)
class RefUpdate:
    """A branch or tag that a push wants to move."""

    ref: str
    old: str | None
    """Hash it has now; null for a new one."""
    new: str | None
    """Hash it would have; null when it is to be deleted."""


class GitHooks(Protocol):
    """One repository's hooks; raises `NotFound` outside git."""

    def install(self, name: str, text: str, *, ours: str, replace: bool) -> str:
        """Write a hook, ready to run, and return its path.

        A hook that holds the word `ours` is written anew; raises `Conflict` for anybody else's unless it is to be
        replaced, and `Unavailable` when it cannot be written.
        """
        ...

    def branch_in_force(self) -> str | None:
        """Full name of the branch that HEAD points to, `refs/heads/main`; null for a HEAD that is no branch."""
        ...

    def tip(self, ref: str) -> str | None:
        """Hash of a branch; null when there is none."""
        ...

    def staged(self) -> str:
        """Hash of a commit, on no branch, that holds what is staged, on top of HEAD where there is one."""
        ...
