"""What every place for a new governance repository must do. Derive a test class, give it a `make_workspace`, run it."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from careloop.errors import Conflict
from careloop.ports.workspace import Author, Workspace

__all__ = ["WorkspaceContract"]

_ADA = Author("Ada Byron", "ada@harbour.example")
_NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
_FILES = {"care.yaml": "schema: 1\n", "policies/ai-policy.md": "---\nid: äöü\n---\n"}


class WorkspaceContract(ABC):
    """One test a promise of the port."""

    @abstractmethod
    def make_workspace(self, *, in_git: bool = False, holding: Mapping[str, str] | None = None) -> Workspace:
        """A workspace in a fresh folder, which may lie in a git repository or hold some files already."""

    @abstractmethod
    def files_in(self, workspace: Workspace) -> Mapping[str, str]:
        """All files that lie in its folder now, those of git left out."""

    def test_the_files_are_written_and_committed(self) -> None:
        workspace = self.make_workspace()
        made = workspace.create(_FILES, author=_ADA, message="Start", now=_NOW)
        assert set(made.written) == set(_FILES)
        assert made.kept == ()
        assert made.commit is not None
        assert len(made.commit) == 40
        assert self.files_in(workspace) == _FILES

    def test_a_file_that_was_there_is_left_alone_and_told(self) -> None:
        workspace = self.make_workspace(holding={"policies/ai-policy.md": "mine\n"})
        made = workspace.create(_FILES, author=_ADA, message="Start", now=_NOW)
        assert (made.written, made.kept) == (("care.yaml",), ("policies/ai-policy.md",))
        assert self.files_in(workspace) == {"care.yaml": "schema: 1\n", "policies/ai-policy.md": "mine\n"}

    def test_a_governance_repository_is_never_written_over(self) -> None:
        workspace = self.make_workspace(holding={"care.yaml": "mine\n"})
        assert _clashes(lambda: workspace.create(_FILES, author=_ADA, message="Start", now=_NOW))
        assert self.files_in(workspace) == {"care.yaml": "mine\n"}

    def test_inside_an_older_git_repository_the_person_commits(self) -> None:
        workspace = self.make_workspace(in_git=True)
        made = workspace.create(_FILES, author=_ADA, message="Start", now=_NOW)
        assert made.commit is None
        assert self.files_in(workspace) == _FILES


def _clashes(call: Callable[[], object]) -> bool:
    """Whether a call raises Conflict."""
    try:
        call()
    except Conflict:
        return True
    return False
