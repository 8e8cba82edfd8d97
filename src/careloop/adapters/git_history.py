"""Who made the commits of a git repository, read from git's own objects (dulwich)."""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from careloop.adapters.git_revision import commit_of
from careloop.errors import NotFound

if TYPE_CHECKING:
    from dulwich.objects import Commit
    from dulwich.repo import Repo

__all__ = ["GitHistory"]

_MAIL = re.compile(rb"<([^<>\s]+)>")
_CO_AUTHOR = re.compile(rb"^co-authored-by:.*<([^<>\s]+)>\s*$", re.IGNORECASE | re.MULTILINE)


class GitHistory:
    """The repository that encloses `root`; paths are relative to `root`."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def hands(self, revision: str) -> frozenset[str]:
        """Mail addresses of author, committer and co-authors."""
        with self._repo() as repo:
            return _hands(commit_of(repo, revision))

    def last_hands(self, revision: str, paths: Sequence[str]) -> frozenset[str]:
        """Those of the last commit that touched one of the paths."""
        with self._repo() as repo:
            commit = commit_of(repo, revision)
            wanted = self._inside(repo, paths)
            walker = repo.get_walker(include=[commit.id], paths=wanted, max_entries=1)
            return next((_hands(entry.commit) for entry in walker), frozenset())

    def newest(self) -> str | None:
        """Full hash of HEAD; null outside git and before the first commit."""
        try:
            with self._repo() as repo:
                return repo.head().decode()
        except (NotFound, KeyError):
            return None

    def first(self, path: str) -> datetime | None:
        """Author's time of the oldest commit that touched the file."""
        newest = self.newest()
        if newest is None:
            return None
        with self._repo() as repo:
            head = commit_of(repo, newest)
            walker = repo.get_walker(include=[head.id], paths=self._inside(repo, [path]), reverse=True)
            found = next(iter(walker), None)
            return datetime.fromtimestamp(found.commit.author_time, UTC) if found else None

    def _inside(self, repo: "Repo", paths: Sequence[str]) -> list[bytes]:
        """Paths relative to the folder, as git names them."""
        inside = os.path.relpath(os.path.realpath(self._root), os.path.realpath(repo.path)).replace(os.sep, "/")
        prefix = "" if inside == "." else f"{inside}/"
        return [f"{prefix}{path}".encode() for path in paths]

    @contextmanager
    def _repo(self) -> Iterator["Repo"]:
        from dulwich.errors import NotGitRepository
        from dulwich.repo import Repo

        try:
            repo = Repo.discover(str(self._root))
        except NotGitRepository as error:
            raise NotFound(f"{self._root} is not in a git repository") from error
        with repo:
            yield repo


def _hands(commit: "Commit") -> frozenset[str]:
    named = [mail for who in (commit.author, commit.committer) for mail in _MAIL.findall(who)]
    named += _CO_AUTHOR.findall(commit.message)
    return frozenset(mail.decode(errors="replace").casefold() for mail in named)
