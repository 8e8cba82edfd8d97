"""Every place for a new governance repository keeps the promises of the port."""

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
from dulwich.refs import Ref
from dulwich.repo import Repo

from careloop.adapters.git_workspace import GitWorkspace
from careloop.errors import Unavailable
from careloop.ports.workspace import Author, Workspace
from careloop.testing.contracts.workspace import WorkspaceContract
from careloop.testing.source_tree_builder import write_files
from careloop.testing.workspace_fake import WorkspaceFake

_ADA = Author("Ada Byron", "ada@harbour.example")
_NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


class TestWorkspaceFake(WorkspaceContract):
    def make_workspace(self, *, in_git: bool = False, holding: Mapping[str, str] | None = None) -> Workspace:
        return WorkspaceFake(in_git=in_git, files=holding or {})

    def files_in(self, workspace: Workspace) -> Mapping[str, str]:
        assert isinstance(workspace, WorkspaceFake)
        return workspace.files


class TestGitWorkspace(WorkspaceContract):
    @pytest.fixture(autouse=True)
    def _a_folder(self, tmp_path: Path) -> None:
        self._folders = (tmp_path / str(number) for number in count())
        self._made: dict[int, Path] = {}

    def make_workspace(self, *, in_git: bool = False, holding: Mapping[str, str] | None = None) -> Workspace:
        folder = next(self._folders)
        write_files(folder, {path: text.encode() for path, text in (holding or {}).items()})
        if in_git:
            folder.mkdir(exist_ok=True)
            Repo.init(str(folder)).close()
        workspace = GitWorkspace(folder)
        self._made[id(workspace)] = folder
        return workspace

    def files_in(self, workspace: Workspace) -> Mapping[str, str]:
        folder = self._made[id(workspace)]
        found = [path for path in folder.rglob("*") if path.is_file() and ".git" not in path.parts]
        return {str(path.relative_to(folder)): path.read_text(encoding="utf-8") for path in found}


def test_the_first_commit_says_who_when_and_what(tmp_path: Path) -> None:
    made = GitWorkspace(tmp_path / "aims").create({"care.yaml": "schema: 1\n"}, author=_ADA, message="Start", now=_NOW)
    assert made.commit is not None
    with Repo(str(tmp_path / "aims")) as repo:
        commit = repo[repo.head()]
        assert repo.head().decode() == made.commit
        assert repo.refs.get_symrefs()[Ref(b"HEAD")] == b"refs/heads/main"
        assert getattr(commit, "author", None) == b"Ada Byron <ada@harbour.example>"
        assert getattr(commit, "commit_time", None) == int(_NOW.timestamp())
        assert getattr(commit, "message", None) == b"Start"
        assert set(repo.open_index()) == {b"care.yaml"}


def test_a_folder_that_cannot_be_made_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(Unavailable, match="cannot be written"):
        GitWorkspace(tmp_path / "file" / "aims").create({"care.yaml": "x"}, author=_ADA, message="Start", now=_NOW)


def test_the_author_is_who_git_says_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert GitWorkspace(tmp_path / "aims").author() is None
    (tmp_path / ".gitconfig").write_text("[user]\n\tname = Ada Byron\n\temail = ada@harbour.example\n")
    assert GitWorkspace(tmp_path / "aims").author() == _ADA


@pytest.mark.parametrize("half", ["\tname = Ada Byron\n", "\temail = ada@harbour.example\n"])
def test_half_an_author_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, half: str) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".gitconfig").write_text(f"[user]\n{half}")
    assert GitWorkspace(tmp_path / "aims").author() is None
