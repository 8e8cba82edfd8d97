"""A folder of code in git, through the `git` command: it alone compares a large work tree fast."""

import os
import shutil
import subprocess
from pathlib import Path

from careloop.errors import NotFound, Unavailable
from careloop.ports.repository_source import Head

__all__ = ["GitCode", "run_git"]


def run_git(*arguments: str, at: Path, seconds: int = 60) -> subprocess.CompletedProcess[bytes]:
    """Run git in a folder, asking nobody for a password and taking no address that names a program of its own."""
    git = shutil.which("git")
    if git is None:
        raise Unavailable("git is not installed", hint="install git, or leave --diff out")
    env = {**os.environ, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}
    env.setdefault("GIT_SSH_COMMAND", "ssh -o BatchMode=yes")
    command = [git, "-C", str(at), "-c", "protocol.ext.allow=never", *arguments]
    return subprocess.run(command, capture_output=True, check=False, env=env, timeout=seconds)


class GitCode:
    """The files below `root`."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def head(self) -> Head:
        """Commit and dirtiness; both null outside git."""
        found = run_git("rev-parse", "--verify", "--quiet", "HEAD", at=self._root)
        inside = run_git("rev-parse", "--is-inside-work-tree", at=self._root)
        if inside.returncode != 0:
            return Head(None, None)
        dirty = bool(run_git("status", "--porcelain", "--", ".", at=self._root).stdout)
        return Head(found.stdout.decode().strip() or None, dirty)

    def resolve(self, revision: str) -> str:
        """Full hash of a commit."""
        if revision.startswith("-"):
            raise NotFound(f"'{revision}' is not the name of a revision")
        inside = run_git("rev-parse", "--is-inside-work-tree", at=self._root)
        if inside.returncode != 0:
            raise NotFound(f"{self._root} is not in a git repository", hint="run `git init`, or leave --diff out")
        found = run_git("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}", at=self._root)
        if found.returncode != 0:
            hint = "`git log --oneline` shows what there is"
            raise NotFound(f"there is no revision '{revision}' here", hint=hint)
        return found.stdout.decode().strip()

    def touched(self, base: str, head: str | None) -> frozenset[str]:
        """Paths below the root that differ; untracked ones count for the work tree."""
        ends = [self.resolve(base)] + ([self.resolve(head)] if head is not None else [])
        found = self._paths("diff", "--name-only", "--no-renames", "--relative", "-z", *ends, "--", ".")
        if head is None:
            found |= self._paths("ls-files", "--others", "--exclude-standard", "-z", "--", ".")
        return found

    def _paths(self, *arguments: str) -> frozenset[str]:
        done = run_git(*arguments, at=self._root)
        if done.returncode != 0:
            raise Unavailable(f"git cannot compare: {done.stderr.decode(errors='replace').strip()}")
        return frozenset(os.fsdecode(path) for path in done.stdout.split(b"\0") if path)

    def read(self, path: str, revision: str | None) -> bytes | None:
        """A file's bytes; links are not followed out of the folder."""
        if revision is not None:
            done = run_git("cat-file", "blob", f"{self.resolve(revision)}:./{path}", at=self._root)
            return done.stdout if done.returncode == 0 else None
        target = self._root / path
        if not target.resolve().is_relative_to(self._root.resolve()):
            raise NotFound(f"{path} leads out of the repository", hint="put the file itself there, not a link")
        try:
            return target.read_bytes()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return None
        except OSError as error:
            raise Unavailable(f"{path} cannot be read: {error.strerror}") from error
