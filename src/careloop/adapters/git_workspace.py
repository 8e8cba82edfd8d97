"""Makes a git repository with a first commit, through dulwich: no git command, no git configuration needed."""

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from careloop.errors import Conflict, InvalidInput, Unavailable
from careloop.ports.workspace import Author, WrittenRepository

if TYPE_CHECKING:
    from dulwich.config import StackedConfig

__all__ = ["GitWorkspace"]

_MAIL = re.compile(r"[^@\s<>]+@[^@\s<>]+\Z")


class GitWorkspace:
    """A folder on disk."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def author(self) -> Author | None:
        """`user.name` and `user.email` of the git configuration that applies here; null when they name nobody.

        Raises InvalidInput for a configuration that git could not read either.
        """
        from dulwich.errors import NotGitRepository
        from dulwich.repo import Repo

        try:
            with Repo.discover(str(self._root if self._root.exists() else Path.cwd())) as repo:
                return _author_in(repo.get_config_stack())
        except NotGitRepository:
            return self._author_outside_git()
        except (OSError, ValueError) as error:
            raise _unreadable(error) from error

    def _author_outside_git(self) -> Author | None:
        from dulwich.config import StackedConfig

        try:
            return _author_in(StackedConfig.default())
        except (OSError, ValueError) as error:
            raise _unreadable(error) from error

    def create(self, files: Mapping[str, str], *, author: Author, message: str, now: datetime) -> WrittenRepository:
        """Write the files that are not there yet; commit them when the repository is new."""
        if (self._root / "care.yaml").exists():
            raise Conflict(f"{self._root} is a governance repository already", hint=f"run `care check {self._root}`")
        written: list[str] = []
        kept: list[str] = []
        try:
            for path, text in files.items():
                target = self._root / path
                target.parent.mkdir(parents=True, exist_ok=True)
                if target.exists():
                    kept.append(path)
                    continue
                target.write_text(text, encoding="utf-8", newline="\n")
                written.append(path)
        except OSError as error:
            raise Unavailable(f"{self._root} cannot be written: {error.strerror}") from error
        try:
            commit = None if self._in_git() else self._first_commit(written, author, message, now)
        except (OSError, ValueError) as error:
            hint = "mend that, then commit the files yourself"
            raise InvalidInput(f"the files are written, but git cannot commit them: {error}", hint=hint) from error
        return WrittenRepository(tuple(written), tuple(kept), commit)

    def _in_git(self) -> bool:
        from dulwich.errors import NotGitRepository
        from dulwich.repo import Repo

        try:
            Repo.discover(str(self._root)).close()
        except NotGitRepository:
            return False
        return True

    def _first_commit(self, paths: list[str], author: Author, message: str, now: datetime) -> str:
        from dulwich.repo import Repo

        who = f"{author.name} <{author.mail}>".encode()
        offset = now.utcoffset()
        with Repo.init(str(self._root), default_branch=b"main") as repo:
            work_tree = repo.get_worktree()
            work_tree.stage(paths)
            commit = work_tree.commit(
                message=message.encode(),
                author=who,
                committer=who,
                commit_timestamp=now.timestamp(),
                author_timestamp=now.timestamp(),
                commit_timezone=int(offset.total_seconds()) if offset else 0,
                author_timezone=int(offset.total_seconds()) if offset else 0,
            )
        return commit.decode()


def _author_in(config: "StackedConfig") -> Author | None:
    try:
        name, mail = config.get((b"user",), b"name"), config.get((b"user",), b"email")
    except KeyError:
        return None
    found = Author(" ".join(name.decode(errors="replace").split()), mail.decode(errors="replace").strip())
    return found if found.name and _MAIL.match(found.mail) else None


def _unreadable(error: Exception) -> InvalidInput:
    return InvalidInput(f"the git configuration cannot be read: {error}", hint="mend it, or name the --owner")
