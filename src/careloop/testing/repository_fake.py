"""A governance repository in memory, for tests: a work tree that can be edited, and commits that can be made of it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from careloop.domain.source_tree import OversizedFile, SourceTree, StrayLink
from careloop.errors import NotFound
from careloop.ports.repository_source import Head
from careloop.testing.source_tree_builder import Files

__all__ = ["RepositoryFake"]


@dataclass(frozen=True, slots=True)
class _Commit:
    id: str
    at: datetime
    tree: SourceTree


@dataclass
class RepositoryFake:
    """A `RepositorySource` that keeps its files in a dictionary; `is_git=False` is a folder outside git.

    Commits stand on one branch, named `main`; a revision is `HEAD`, `HEAD~n`, `main`, or a hash or its first digits.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    is_git: bool = True
    limit: int = 5_000_000
    links: tuple[StrayLink, ...] = ()
    unreadable: Mapping[str, str] = field(default_factory=dict)
    _commits: list[_Commit] = field(default_factory=list, init=False)

    @classmethod
    def holding(cls, files: Files, *, at: datetime) -> "RepositoryFake":
        """A repository whose first commit holds these files."""
        made = cls(dict(files))
        made.commit(at)
        return made

    def write(self, path: str, content: bytes) -> None:
        """Write a file of the work tree."""
        self.files[path] = content

    def delete(self, path: str) -> None:
        """Take a file out of the work tree."""
        del self.files[path]

    def commit(self, at: datetime) -> str:
        """Commit the work tree as it is and return the commit's hash."""
        parent = self._commits[-1].id if self._commits else ""
        told = hashlib.sha1(f"{parent}{at.isoformat()}".encode())  # a name, as git gives it
        for path, content in sorted(self.files.items()):
            told.update(path.encode() + b"\0" + content)
        self._commits.append(_Commit(told.hexdigest(), at, self._tree()))
        return told.hexdigest()

    def work_tree(self) -> SourceTree:
        """The files as they are now."""
        return self._tree()

    def head(self) -> Head:
        """The last commit, and whether the files differ from it."""
        if not self.is_git:
            return Head(None, None)
        if not self._commits:
            return Head(None, bool(self.files))
        last = self._commits[-1]
        return Head(last.id, dict(last.tree.files) != dict(self._tree().files))

    def token(self) -> str:
        """A digest of the files and of the last commit."""
        told = hashlib.sha256(self._commits[-1].id.encode() if self._commits else b"")
        for path, content in sorted(self.files.items()):
            told.update(path.encode() + b"\0" + hashlib.sha256(content).digest())
        return told.hexdigest()

    def at(self, revision: str) -> SourceTree:
        """The files at a commit."""
        return self._find(revision).tree

    def resolve(self, revision: str) -> str:
        """Full hash of a revision."""
        return self._find(revision).id

    def changed(self, base: str, head: str | None) -> frozenset[str]:
        """Paths that differ between two revisions, or between one and the work tree."""
        before = self.at(base).files
        after = self._tree().files if head is None else self.at(head).files
        return frozenset(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))

    def in_force(self, instant: datetime) -> str | None:
        """The last commit at or before an instant."""
        if not self.is_git:
            return None
        return next((commit.id for commit in reversed(self._commits) if commit.at <= instant), None)

    def _tree(self) -> SourceTree:
        small = {path: content for path, content in self.files.items() if len(content) <= self.limit}
        big = tuple(OversizedFile(path, len(self.files[path])) for path in sorted(self.files.keys() - small.keys()))
        return SourceTree(small, big, self.links, self.unreadable)

    def _find(self, revision: str) -> _Commit:
        if not self.is_git:
            raise NotFound("this folder is not in a git repository")
        name, _, back = revision.partition("~")
        newest_first = list(reversed(self._commits))
        position = int(back) if back.isdigit() else 0
        if name in ("HEAD", "main") and position < len(newest_first):
            return newest_first[position]
        found = [commit for commit in self._commits if len(name) >= 4 and commit.id.startswith(name)]
        if len(found) != 1 or back:
            raise NotFound(f"there is no revision '{revision}' here")
        return found[0]
