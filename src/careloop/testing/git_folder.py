"""A real git repository in a folder, for tests: made without the `git` command and without its configuration."""

from datetime import datetime
from pathlib import Path

from dulwich.objects import ObjectID
from dulwich.refs import Ref
from dulwich.repo import Repo

from careloop.testing.source_tree_builder import Files, write_files

__all__ = ["GitFolder"]

_WHO = b"Ada Byron <ada@harbour.example>"


class GitFolder:
    """The repository of a folder; `inside` is where its documents lie, for a governance repository in a larger one."""

    def __init__(self, root: Path, *, inside: str = "") -> None:
        root.mkdir(parents=True, exist_ok=True)
        Repo.init(str(root), default_branch=b"main").close()
        self.root = root
        self.folder = root / inside
        self.folder.mkdir(parents=True, exist_ok=True)

    @classmethod
    def holding(cls, root: Path, files: Files, *, at: datetime) -> "GitFolder":
        """A repository whose first commit holds these files."""
        made = cls(root)
        write_files(made.folder, files)
        made.commit(at)
        return made

    def write(self, path: str, content: bytes) -> None:
        """Write a file of the work tree."""
        write_files(self.folder, {path: content})

    def delete(self, path: str) -> None:
        """Take a file out of the work tree."""
        (self.folder / path).unlink()

    def commit(self, at: datetime, *, merging: str | None = None) -> str:
        """Commit all of the work tree at an instant and return the full hash; `merging` is a second parent."""
        with Repo(str(self.root)) as repo:
            tracked = {path.decode() for path in repo.open_index()}
            found = (path for path in self.root.rglob("*") if path.is_file() or path.is_symlink())
            here = {str(path.relative_to(self.root)) for path in found if ".git" not in path.parts}
            work_tree = repo.get_worktree()
            work_tree.stage(sorted(tracked | here))
            made = work_tree.commit(
                message=b"A change",
                author=_WHO,
                committer=_WHO,
                commit_timestamp=at.timestamp(),
                author_timestamp=at.timestamp(),
                commit_timezone=0,
                author_timezone=0,
                merge_heads=[ObjectID(merging.encode())] if merging else None,
            )
        return made.decode()

    def go_to(self, commit: str) -> None:
        """Make a commit the tip of the branch again; the files stay as they are."""
        with Repo(str(self.root)) as repo:
            repo.refs[Ref(b"refs/heads/main")] = ObjectID(commit.encode())
