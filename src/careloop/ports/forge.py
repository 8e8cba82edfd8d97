"""What the inside asks of the forge that hosts a repository: statuses, one comment, reviews, deployments."""

from collections.abc import Sequence
from typing import Protocol

from careloop.domain.forge import CommitStatus

__all__ = ["DeploymentGate", "Forge"]


class Forge(Protocol):
    """One repository on a forge.

    Every call raises `NotFound` for a commit or change that is not there, `Refused` when the token may not,
    and `Unavailable` when there is no answer or one that says to come again. No message ever holds the token.
    """

    def set_status(self, status: CommitStatus) -> None:
        """Set the status; the same name at the same commit is replaced."""
        ...

    def put_comment(self, change: int, text: str) -> bool:
        """Write the text into our comment of the same mark, or make one; whether anything was written.

        Raises `InvalidInput` for a text without a mark in its first line: it would be posted anew each time.
        """
        ...

    def request_reviews(self, change: int, accounts: Sequence[str]) -> tuple[str, ...]:
        """Ask accounts for a review, but for the change's own author and those asked already; who was asked now.

        Raises `NotFound` where the forge has no such account.
        """
        ...


class DeploymentGate(Protocol):
    """A forge that asks before a deployment goes ahead."""

    def answer_deployment(self, callback: str, *, environment: str, approve: bool, comment: str) -> None:
        """Let a deployment through or stop it. Raises `InvalidInput` for a callback that is not of this forge."""
        ...
