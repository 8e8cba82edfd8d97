"""What is said to a forge (GitHub, GitLab, Gitea) about a commit, a pull request or a deployment."""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["CommitStatus", "ForgeKind", "StatusState", "mark_of"]


class ForgeKind(StrEnum):
    """The forges there are adapters for."""

    GITHUB = "github"
    GITLAB = "gitlab"
    GITEA = "gitea"


class StatusState(StrEnum):
    """How a commit stands; each forge has its own words for these."""

    PENDING = "pending"
    """Waits for people."""
    SUCCESS = "success"
    FAILURE = "failure"
    """Blocked."""
    ERROR = "error"
    """Nobody can tell: something cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitStatus:
    """One named status of a commit; the same name again replaces it."""

    commit: str
    """Full hash."""
    context: str
    """Its name: `care/gate production`."""
    state: StatusState
    description: str
    """One line; forges cut long ones."""
    url: str | None = None
    """Where more is said."""


def mark_of(text: str) -> str | None:
    """The hidden first line by which a comment is found again; null for a text that has none.

    >>> mark_of("<!-- careloop:check -->\\n### care check: nothing blocks")
    '<!-- careloop:check -->'
    """
    first = text.partition("\n")[0].strip()
    return first if first.startswith("<!-- careloop:") and first.endswith(" -->") and first.count("-->") == 1 else None
