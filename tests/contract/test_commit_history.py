"""The history of real git repositories and the one in memory keep the port's promises."""

import os
import subprocess
import tempfile
from pathlib import Path

from careloop.adapters.git_history import GitHistory
from careloop.testing.commit_history_fake import CommitHistoryFake
from careloop.testing.contracts.commit_history import CommitHistoryContract, WritableHistory


class GitWriter:
    """A repository that the `git` command commits to."""

    def __init__(self, root: Path, inside: str = "") -> None:
        self.root = root
        subprocess.run(["git", "init", "-q", "-b", "main", str(root)], check=True)
        (root / inside).mkdir(parents=True, exist_ok=True)
        self.history = GitHistory(root / inside)

    def commit(self, path: str, *, author: str, committer: str, message: str = "A change") -> str:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a") as text:
            text.write("more\n")
        who = {"GIT_AUTHOR_NAME": "A", "GIT_COMMITTER_NAME": "C"}
        who |= {"GIT_AUTHOR_EMAIL": author, "GIT_COMMITTER_EMAIL": committer, "GIT_CONFIG_GLOBAL": os.devnull}
        git = ["git", "-C", str(self.root)]
        subprocess.run([*git, "add", "-A"], check=True)
        subprocess.run([*git, "commit", "-q", "-m", message], check=True, env={**os.environ, **who})
        return subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()


class FakeWriter:
    """The same in memory."""

    def __init__(self) -> None:
        self.history = CommitHistoryFake()
        self._count = 0

    def commit(self, path: str, *, author: str, committer: str) -> str:
        self._count += 1
        self.history.made(f"{self._count:040x}", author, committer, touching=[path])
        return f"{self._count:040x}"


class TestFake(CommitHistoryContract):
    def make_history(self) -> WritableHistory:
        return FakeWriter()


class TestGit(CommitHistoryContract):
    def make_history(self) -> WritableHistory:
        return GitWriter(Path(tempfile.mkdtemp()))


def test_outside_git_there_is_no_newest_commit(tmp_path: Path) -> None:
    assert GitHistory(tmp_path).newest() is None


def test_co_authors_made_the_commit_too(tmp_path: Path) -> None:
    made = GitWriter(tmp_path)
    message = "A change\n\nCo-authored-by: Eve <Eve@acme.example>"
    commit = made.commit("a.txt", author="ada@acme.example", committer="ada@acme.example", message=message)
    assert made.history.hands(commit) == {"ada@acme.example", "eve@acme.example"}


def test_paths_are_meant_below_the_folder_of_the_governance_repository(tmp_path: Path) -> None:
    made = GitWriter(tmp_path, "governance")
    made.commit("governance/systems/credit/card.md", author="ada@acme.example", committer="ada@acme.example")
    newest = made.commit("systems/credit/card.md", author="bob@acme.example", committer="bob@acme.example")
    assert made.history.last_hands(newest, ["systems/credit"]) == {"ada@acme.example"}
