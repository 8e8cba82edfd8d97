"""Writes hooks into a repository, bare or not, and tells its branches and what is staged, by the `git` command."""

import os
from pathlib import Path
from typing import Final

from careloop.adapters.git_signatures import run_git
from careloop.errors import Conflict, NotFound, Unavailable

__all__ = ["FolderHooks"]

_NOBODY: Final = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "care hook"), ("EMAIL", "hook@care.invalid"))
}


class FolderHooks:
    """The repository that encloses a folder."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def install(self, name: str, text: str, *, ours: str, replace: bool) -> str:
        """Write the hook where git looks for it."""
        folder = self._root / run_git(self._root, "rev-parse", "--git-path", "hooks").strip()
        path = folder / name
        try:
            if path.exists() and not replace and ours not in path.read_text(encoding="utf-8", errors="replace"):
                hint = "look at it, then say --force to replace it"
                raise Conflict(f"{path} is a hook of somebody else's", hint=hint)
            folder.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
            path.chmod(0o755)
        except OSError as error:
            raise Unavailable(f"{path} cannot be written: {error.strerror}") from error
        return str(path)

    def branch_in_force(self) -> str | None:
        """The branch that HEAD points to, even before its first commit."""
        try:
            return run_git(self._root, "symbolic-ref", "--quiet", "HEAD").strip() or None
        except NotFound:
            return None

    def tip(self, ref: str) -> str | None:
        """Hash of a branch."""
        try:
            return run_git(self._root, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}").strip() or None
        except NotFound:
            return None

    def staged(self) -> str:
        """A commit of the index, which git forgets again by itself."""
        tree = run_git(self._root, "write-tree").strip()
        head = self.tip("HEAD")
        parents = ("-p", head) if head else ()
        return run_git(self._root, "commit-tree", tree, *parents, "-m", os.devnull, extra=_NOBODY).strip()
