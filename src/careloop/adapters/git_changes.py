"""What a branch would bring in: commits and contents from git's own objects (dulwich), signatures from git itself.

Which commits are new is found by walking all ancestors, not by the dates of commits, which anybody may write.
"""

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from careloop.adapters.git_objects import PushedObjects, open_repository
from careloop.adapters.git_revision import commit_of
from careloop.adapters.git_signatures import run_git, verified
from careloop.documents.codeowners import CODEOWNERS_FILES
from careloop.domain.change import Change, CommitMade, Content, OwnersFile, Signature, Signer
from careloop.errors import NotFound, Unavailable

if TYPE_CHECKING:
    from dulwich.objects import Commit, ObjectID
    from dulwich.repo import Repo

__all__ = ["GitChanges"]

_MAIL = re.compile(rb"<([^<>\s]+)>")
_CO_AUTHOR = re.compile(rb"^co-authored-by:.*<([^<>\s]+)>\s*$", re.IGNORECASE | re.MULTILINE)


class GitChanges:
    """The repository that encloses `root`; paths are relative to `root`, and what lies outside it is left alone."""

    def __init__(self, root: Path, pushed: PushedObjects | None = None) -> None:
        self._root = root
        self._pushed = pushed

    def change(self, base: str, head: str) -> Change:
        """What the head would bring into the base."""
        with self._repo() as repo:
            reader = _Reader(repo, self._prefix(repo))
            start, end = commit_of(repo, base), commit_of(repo, head)
            known = reader.ancestors([start.id])
            new = [reader.commit(one) for one in reader.ancestors([end.id], stop=known)]
            parted = self._parted(start, end)
            before, after = reader.altered(parted, end)
            candidates = [one for one in new if len(one.parents) > 1 or b"approved-by:" in one.message.lower()]
            return Change(
                base=start.id.decode(),
                head=end.id.decode(),
                commits=tuple(reader.made(one) for one in new),
                before=before,
                after=after,
                at_base=reader.contents(start, after),
                merged_here=reader.merged_here(start, end),
                seen={one.id.decode(): reader.contents(one, after) for one in candidates},
                parted={one.id.decode(): self._where_parted(reader, start, one, after) for one in candidates},
            )

    def _parted(self, start: "Commit", end: "Commit") -> list[str]:
        try:
            return run_git(self._root, "merge-base", "--all", start.id.decode(), end.id.decode()).split()
        except NotFound:
            return []

    def _where_parted(
        self, reader: "_Reader", start: "Commit", end: "Commit", paths: Iterable[str]
    ) -> dict[str, Content]:
        found = self._parted(start, end)
        return reader.contents(reader.commit(found[0].encode()), paths) if len(found) == 1 else {}

    def contains(self, head: str, base: str) -> bool:
        """Whether the base is among the ancestors of the head."""
        with self._repo() as repo:
            reader = _Reader(repo, "")
            return commit_of(repo, base).id in reader.ancestors([commit_of(repo, head).id])

    def signatures(self, commits: Sequence[str], signers: Sequence[Signer]) -> Mapping[str, Signature]:
        """Each commit's signature."""
        return verified(self._root, commits, signers)

    def owners_file(self, revision: str) -> OwnersFile | None:
        """The CODEOWNERS file of the governance repository, else of the larger repository it is a folder of."""
        with self._repo() as repo:
            commit, prefix = commit_of(repo, revision), self._prefix(repo)
            for before in dict.fromkeys((prefix, "")):
                reader = _Reader(repo, before)
                for path in CODEOWNERS_FILES:
                    text = reader.text(commit, path)
                    if text is not None:
                        return OwnersFile(path, text, prefix.removeprefix(before))
        return None

    def line_of(self, revision: str, path: str) -> tuple[CommitMade, ...]:
        """Commits of the line of first parents that altered a file or folder, newest first."""
        found: list[CommitMade] = []
        with self._repo() as repo:
            reader = _Reader(repo, self._prefix(repo))
            commit: Commit | None = commit_of(repo, revision)
            while commit is not None:
                parent = reader.commit(commit.parents[0]) if commit.parents else None
                if reader.entry(commit, path) != (reader.entry(parent, path) if parent else None):
                    found.append(reader.made(commit))
                commit = parent
        return tuple(found)

    def last_altered(self, revision: str, paths: Collection[str]) -> Mapping[str, CommitMade]:
        """The newest commit of the line of first parents that altered each file, found in one walk."""
        found: dict[str, CommitMade] = {}
        with self._repo() as repo:
            reader = _Reader(repo, self._prefix(repo))
            newest = commit_of(repo, revision)
            left = {path for path in paths if reader.entry(newest, path) is not None}
            commit: Commit | None = newest
            while commit is not None and left:
                parent = reader.commit(commit.parents[0]) if commit.parents else None
                here = left & reader.differences(parent, commit).keys()
                if here:
                    made = reader.made(commit)
                    found |= dict.fromkeys(here, made)
                    left -= here
                commit = parent
        return found

    @contextmanager
    def _repo(self) -> "Iterator[Repo]":
        hint = "owners and approvals are read from git's history"
        with open_repository(self._root, self._pushed, hint=hint) as repo:
            yield repo

    def _prefix(self, repo: "Repo") -> str:
        inside = os.path.relpath(os.path.realpath(self._root), os.path.realpath(repo.path)).replace(os.sep, "/")
        return "" if inside == "." else f"{inside}/"


class _Reader:
    """Commits and contents of one open repository."""

    def __init__(self, repo: "Repo", prefix: str) -> None:
        self._repo = repo
        self._prefix = prefix

    def commit(self, name: "ObjectID | bytes") -> "Commit":
        """The commit of a hash; raises `Unavailable` where a shallow copy of the history ends."""
        from dulwich.objects import Commit, ObjectID

        try:
            found = self._repo.object_store[ObjectID(name)]
        except KeyError as error:
            hint = "fetch all of the history: `git fetch --unshallow`, or fetch-depth: 0 in CI"
            raise Unavailable(f"the history is cut off before {name.decode()[:12]}", hint=hint) from error
        assert isinstance(found, Commit)
        return found

    def ancestors(self, starts: "list[ObjectID]", stop: "Iterable[ObjectID]" = ()) -> "dict[ObjectID, None]":
        """The commits and all before them, as far as `stop`; in the order they are met."""
        left = frozenset(stop)
        found: dict[ObjectID, None] = {}
        waiting = list(starts)
        while waiting:
            name = waiting.pop()
            if name in found or name in left:
                continue
            found[name] = None
            waiting.extend(reversed(self.commit(name).parents))
        return found

    def merged_here(self, start: "Commit", end: "Commit") -> frozenset[str]:
        """Merges on the line of first parents from the end to the start; none when that line does not lead there."""
        merges: list[str] = []
        commit = end
        while commit.id != start.id:
            if len(commit.parents) > 1:
                merges.append(commit.id.decode())
            if not commit.parents:
                return frozenset()
            commit = self.commit(commit.parents[0])
        return frozenset(merges)

    def made(self, commit: "Commit") -> CommitMade:
        """What the commit says of itself, and what it touched."""
        parents = [self.commit(parent) for parent in commit.parents]
        changes = [self.differences(parent, commit) for parent in parents] or [self.differences(None, commit)]
        everywhere = set(changes[0]).intersection(*changes[1:])
        author, committer = (_mail(who) for who in (commit.author, commit.committer))
        return CommitMade(
            id=commit.id.decode(),
            parents=tuple(parent.decode() for parent in commit.parents),
            author=author,
            committer=committer,
            co_authors=tuple(mail.decode(errors="replace").casefold() for mail in _CO_AUTHOR.findall(commit.message)),
            message=commit.message.decode(errors="replace"),
            committed_at=datetime.fromtimestamp(commit.commit_time, tz=UTC),
            touched={path: changes[0][path][1] for path in sorted(everywhere)},
        )

    def altered(self, parted: Sequence[str], end: "Commit") -> tuple[dict[str, Content], dict[str, Content]]:
        """Paths in which the end differs from any of the commits where the two parted: before, and after."""
        before: dict[str, Content] = {}
        after: dict[str, Content] = {}
        for name in parted or (None,):
            start = self.commit(name.encode()) if name else None
            for path, (old, new) in self.differences(start, end).items():
                before.setdefault(path, old)
                after[path] = new
        return before, after

    def contents(self, commit: "Commit", paths: Iterable[str]) -> dict[str, Content]:
        """What stands at each path in a commit."""
        return {path: self.entry(commit, path) for path in paths}

    def entry(self, commit: "Commit", path: str) -> Content:
        """Mode and hash of a file or folder; null when nothing stands there."""
        found = self._look_up(commit, path)
        return None if found is None else f"{found[0]:o}:{found[1].decode()}"

    def text(self, commit: "Commit", path: str) -> str | None:
        """The text of a file; null when there is none."""
        from dulwich.objects import Blob

        found = self._look_up(commit, path)
        blob = self._repo.object_store[found[1]] if found else None
        return blob.data.decode(errors="replace") if isinstance(blob, Blob) else None

    def _look_up(self, commit: "Commit", path: str) -> "tuple[int, ObjectID] | None":
        from dulwich.errors import NotTreeError
        from dulwich.object_store import tree_lookup_path

        name = f"{self._prefix}{path}".rstrip("/").encode(errors="surrogateescape")
        try:
            return tree_lookup_path(self._repo.object_store.__getitem__, commit.tree, name)
        except (KeyError, NotTreeError):
            return None

    def differences(self, start: "Commit | None", end: "Commit") -> dict[str, tuple[Content, Content]]:
        """Paths in which two commits differ: what stood there, and what stands there now."""
        store = self._repo.object_store
        found: dict[str, tuple[Content, Content]] = {}
        for paths, modes, names in store.tree_changes(start.tree if start else None, end.tree):
            for side, raw in enumerate(paths):
                path = raw.decode(errors="surrogateescape") if raw is not None else ""
                if raw is None or not path.startswith(self._prefix):
                    continue
                mode, name = modes[side], names[side]
                content = None if mode is None or name is None else f"{mode:o}:{name.decode()}"
                old, new = found.get(path[len(self._prefix) :], (None, None))
                found[path[len(self._prefix) :]] = (content, new) if side == 0 else (old, content)
        return found


def _mail(who: bytes) -> str:
    found = _MAIL.findall(who)
    return found[-1].decode(errors="replace").casefold() if found else ""
