"""Makes a git repository with a first commit, through dulwich: no git command, no git configuration needed."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from careloop.errors import Conflict, Unavailable
from careloop.ports.workspace import Author, WrittenRepository

__all__ = ["GitWorkspace"]


class GitWorkspace:
    """A folder on disk."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def author(self) -> Author | None:
        """`user.name` and `user.email` of the git configuration that applies here."""
        from dulwich.config import StackedConfig
        from dulwich.errors import NotGitRepository
        from dulwich.repo import Repo

        try:
            with Repo.discover(str(self._root if self._root.exists() else Path.cwd())) as repo:
                config = repo.get_config_stack()
        except NotGitRepository:
            config = StackedConfig.default()
        try:
            name, mail = config.get((b"user",), b"name"), config.get((b"user",), b"email")
        except KeyError:
            return None
        return Author(name.decode(), mail.decode())

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
        commit = None if self._in_git() else self._first_commit(written, author, message, now)
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
