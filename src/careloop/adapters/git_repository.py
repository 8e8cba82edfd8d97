"""A governance repository on disk: its work tree read directly, its history through git's own objects (dulwich)."""

import hashlib
import os
import posixpath
import shutil
import stat
import subprocess
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from careloop.adapters.git_objects import PushedObjects, open_repository
from careloop.adapters.git_revision import commit_of
from careloop.domain.source_tree import OversizedFile, SourceTree, StrayLink
from careloop.errors import NotFound
from careloop.ports.repository_source import Head

if TYPE_CHECKING:
    from dulwich.objects import Commit, ObjectID
    from dulwich.repo import Repo

__all__ = ["GitRepository"]

_MAX_DEPTH = 4
"""Folders below the root that are looked into; documents lie at most four deep."""


class GitRepository:
    """Reads governed files below `root`; `folders` and `files` say which those are, `limit` how large one may be."""

    def __init__(
        self,
        root: Path,
        *,
        folders: frozenset[str],
        files: frozenset[str],
        limit: int,
        pushed: PushedObjects | None = None,
    ) -> None:
        self._root = root
        self._pushed = pushed
        self._folders = folders
        self._files = files
        self._limit = limit

    # --- the work tree -------------------------------------------------------------------------------------------

    def work_tree(self) -> SourceTree:
        """The governed files as they lie in the folder now; links out of it are told, not followed."""
        files: dict[str, bytes] = {}
        oversized: list[OversizedFile] = []
        links: list[StrayLink] = []
        unreadable: dict[str, str] = {}
        base = os.path.realpath(self._root)
        for path, entry in self._entries(str(self._root), "", 0):
            stray = _stray_link(path, entry, base)
            if stray is not None:
                links.append(stray)
                continue
            try:
                data = _read(entry.path, self._limit)
                if len(data) > self._limit:
                    oversized.append(OversizedFile(path, entry.stat().st_size))
                else:
                    files[path] = data
            except OSError as error:
                unreadable[path] = f"the file cannot be read: {error.strerror}"
        return SourceTree(files, tuple(oversized), tuple(links), unreadable)

    def _entries(self, folder: str, prefix: str, depth: int) -> Iterator[tuple[str, os.DirEntry[str]]]:
        try:
            found = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError:
            return
        for entry in found:
            path = f"{prefix}{entry.name}"
            governed = entry.name in (self._files | self._folders) if depth == 0 else not entry.name.startswith(".")
            if not governed:
                continue
            if entry.is_dir(follow_symlinks=False):
                if depth < _MAX_DEPTH:
                    yield from self._entries(entry.path, f"{path}/", depth + 1)
            elif entry.is_symlink() or entry.name.endswith((".yaml", ".yml", ".md")):
                yield path, entry

    # --- git -------------------------------------------------------------------------------------------------------

    def head(self) -> Head:
        """Commit and dirtiness, from the `git` command (fast on large trees); by dulwich where there is none."""
        git = shutil.which("git")
        if git is None:
            commit = self._head_without_git()
            return Head(commit, None)
        command = [git, "-C", str(self._root), "status", "--porcelain=v2", "--branch", "--", *self._tracked()]
        env = {**os.environ, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"}  # or a commit at this moment would fail
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
        if done.returncode != 0:
            return Head(None, None)
        lines = done.stdout.splitlines()
        oid = next((line.split()[2] for line in lines if line.startswith("# branch.oid ")), "(initial)")
        dirty = any(not line.startswith("#") for line in lines)
        return Head(None if oid == "(initial)" else oid, dirty)

    def token(self) -> str:
        """A digest of HEAD and of sizes and times of all governed files."""
        told = hashlib.sha256((self._head_without_git() or "").encode())
        for path, entry in self._entries(str(self._root), "", 0):
            try:
                found = entry.stat()
            except OSError:
                told.update(f"{path} gone\n".encode(errors="surrogateescape"))
                continue
            seen = (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
            told.update(f"{path} {seen}\n".encode(errors="surrogateescape"))
        return told.hexdigest()

    def _tracked(self) -> list[str]:
        return [f":(glob){name}/**" for name in sorted(self._folders)] + sorted(self._files)

    def _head_without_git(self) -> str | None:
        try:
            with self._repo() as repo:
                return repo.head().decode()
        except (NotFound, KeyError):
            return None

    def at(self, revision: str) -> SourceTree:
        """The governed files at a commit; links are followed within it, as they are in the work tree."""
        files: dict[str, bytes] = {}
        oversized: list[OversizedFile] = []
        links: list[StrayLink] = []
        unreadable: dict[str, str] = {}
        with self._repo() as repo:
            blobs = dict(self._blobs(repo, commit_of(repo, revision)))
            for path, (mode, sha) in blobs.items():
                is_link, wanted = stat.S_ISLNK(mode), sha
                if not self._is_governed(path, is_link=is_link):
                    continue
                if is_link:
                    target = repo.object_store[sha].as_raw_string().decode(errors="replace")
                    found = _followed(path, target, blobs)
                    if isinstance(found, StrayLink):
                        links.append(found)
                        continue
                    if found is None:
                        unreadable[path] = "the file cannot be read: No such file or directory"
                        continue
                    wanted = found
                data = repo.object_store[wanted].as_raw_string()
                if len(data) > self._limit:
                    oversized.append(OversizedFile(path, len(data)))
                else:
                    files[path] = data
        return SourceTree(files, tuple(oversized), tuple(links), unreadable)

    def resolve(self, revision: str) -> str:
        """Full hash of a revision."""
        with self._repo() as repo:
            return commit_of(repo, revision).id.decode()

    def changed(self, base: str, head: str | None) -> frozenset[str]:
        """Governed paths that differ between two revisions, or between one and the work tree."""
        before = self.at(base).files
        after = self.work_tree().files if head is None else self.at(head).files
        return frozenset(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))

    def in_force(self, instant: datetime) -> str | None:
        """Last first-parent commit of HEAD's branch whose committer time is at or before an instant."""
        limit = instant.timestamp()
        try:
            with self._repo() as repo:
                commit: Commit | None = commit_of(repo, "HEAD")
                while commit is not None:
                    if commit.commit_time <= limit:
                        return commit.id.decode()
                    commit = commit_of(repo, commit.parents[0].decode()) if commit.parents else None
        except NotFound:
            return None
        return None

    def committed_at(self, revision: str) -> datetime:
        """Committer time of a revision."""
        with self._repo() as repo:
            return datetime.fromtimestamp(commit_of(repo, revision).commit_time, tz=UTC)

    def _repo(self) -> "Repo":
        return open_repository(self._root, self._pushed, hint="run `git init`, or leave --diff out")

    def _blobs(self, repo: "Repo", commit: "Commit") -> Iterator[tuple[str, tuple[int, "ObjectID"]]]:
        """All files of a commit below our root: path, and mode with object id."""
        inside = os.path.relpath(os.path.realpath(self._root), os.path.realpath(repo.path)).replace(os.sep, "/")
        prefix = "" if inside == "." else inside + "/"
        for entry in repo.object_store.iter_tree_contents(commit.tree):
            if entry.path is None or entry.mode is None or entry.sha is None:
                continue
            path = entry.path.decode(errors="replace")
            if path.startswith(prefix):
                yield path[len(prefix) :], (entry.mode, entry.sha)

    def _is_governed(self, path: str, *, is_link: bool) -> bool:
        top, slash, _ = path.partition("/")
        if not slash:
            return path in self._files or (is_link and path in self._folders)
        parts = path.split("/")
        hidden = any(part.startswith(".") for part in parts)
        named = is_link or path.endswith((".yaml", ".yml", ".md"))
        return top in self._folders and not hidden and named and len(parts) <= _MAX_DEPTH + 1


def _followed(path: str, target: str, blobs: "Mapping[str, tuple[int, ObjectID]]") -> "StrayLink | ObjectID | None":
    """The file a committed link leads to; a link out of the repository or to a folder; null for one to nothing.

    A link to a link is not followed further and counts as one to nothing.
    """
    resolved = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    if target.startswith("/") or resolved == ".." or resolved.startswith("../"):
        return StrayLink(path, target, outside=True)
    if resolved in blobs:
        mode, sha = blobs[resolved]
        return None if stat.S_ISLNK(mode) else sha
    if any(other.startswith(f"{resolved}/") for other in blobs):
        return StrayLink(path, target, outside=False)
    return None


def _read(path: str, limit: int) -> bytes:
    """A file's bytes, and at most one more than the limit; three system calls for an ordinary document."""
    handle = os.open(path, os.O_RDONLY)
    try:
        data = os.read(handle, 65536)
        if len(data) < 65536:
            return data
        parts = [data]
        held = len(data)
        while held <= limit and (more := os.read(handle, limit + 1 - held)):
            parts.append(more)
            held += len(more)
        return b"".join(parts)
    finally:
        os.close(handle)


def _stray_link(path: str, entry: os.DirEntry[str], base: str) -> StrayLink | None:
    if not entry.is_symlink():
        return None
    target = os.path.realpath(entry.path)
    outside = os.path.commonpath((target, base)) != base
    if outside or os.path.isdir(target):  # noqa: PTH112  # answers no, where a link leads to itself
        return StrayLink(path, str(Path(entry.path).readlink()), outside)
    return None
