"""A folder in memory where a governance repository may be started, for tests."""

from collections.abc import Mapping
from datetime import datetime

from careloop.errors import Conflict
from careloop.ports.workspace import Author, WrittenRepository

__all__ = ["WorkspaceFake"]


class WorkspaceFake:
    """A `Workspace` that keeps its files in a dictionary; `in_git=True` is a folder inside an older git repository."""

    def __init__(self, *, author: Author | None = None, in_git: bool = False, files: Mapping[str, str] = {}) -> None:
        self.files = dict(files)
        self.commits: list[tuple[Author, str, datetime]] = []
        self._author = author
        self._in_git = in_git

    def author(self) -> Author | None:
        """Who git says is working here."""
        return self._author

    def create(self, files: Mapping[str, str], *, author: Author, message: str, now: datetime) -> WrittenRepository:
        """Keep the files that are not there yet; commit them when the folder is not in git."""
        if "care.yaml" in self.files:
            raise Conflict("this is a governance repository already")
        kept = tuple(path for path in files if path in self.files)
        written = tuple(path for path in files if path not in self.files)
        self.files.update({path: files[path] for path in written})
        if self._in_git:
            return WrittenRepository(written, kept, None)
        self.commits.append((author, message, now))
        return WrittenRepository(written, kept, f"{len(self.commits):040x}")
