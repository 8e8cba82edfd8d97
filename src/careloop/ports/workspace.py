"""Where a new governance repository is written."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

__all__ = ["Author", "Workspace", "WrittenRepository"]


@dataclass(frozen=True, slots=True)
class Author:
    """Name and mail address, as in a commit."""

    name: str
    mail: str


@dataclass(frozen=True, slots=True)
class WrittenRepository:
    """What was made."""

    written: tuple[str, ...]
    """Paths of new files."""
    kept: tuple[str, ...]
    """Paths that were there already and were left alone."""
    commit: str | None
    """The first commit; null inside a git repository that existed before, where the person commits."""


class Workspace(Protocol):
    """A folder that may become a repository."""

    def author(self) -> Author | None:
        """Who git says is working here; null when it does not know."""
        ...

    def create(self, files: Mapping[str, str], *, author: Author, message: str, now: datetime) -> WrittenRepository:
        """Write files that do not exist yet and, outside git, make a repository with one commit.

        Raises Conflict when the folder is a governance repository already.
        """
        ...
