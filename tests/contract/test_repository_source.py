"""Every source of a governance repository keeps the promises of the port."""

from itertools import count
from pathlib import Path

import pytest

from careloop.adapters.git_repository import GitRepository
from careloop.documents.layout import GOVERNED_FOLDERS, ROOT_FILES
from careloop.ports.repository_source import RepositorySource
from careloop.testing.contracts.repository_source import LIMIT, EditableRepository, RepositorySourceContract
from careloop.testing.git_folder import GitFolder
from careloop.testing.repository_fake import RepositoryFake
from careloop.testing.source_tree_builder import write_files


class _Fake(RepositoryFake):
    @property
    def source(self) -> RepositorySource:
        return self


class TestRepositoryFake(RepositorySourceContract):
    def make_repository(self, *, in_git: bool = True) -> EditableRepository:
        return _Fake(is_git=in_git, limit=LIMIT)


def _source(folder: Path) -> RepositorySource:
    return GitRepository(folder, folders=GOVERNED_FOLDERS, files=ROOT_FILES, limit=LIMIT)


class _Git(GitFolder):
    @property
    def source(self) -> RepositorySource:
        return _source(self.folder)


class _Plain:
    """A folder outside git."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()

    @property
    def source(self) -> RepositorySource:
        return _source(self.folder)

    def write(self, path: str, content: bytes) -> None:
        write_files(self.folder, {path: content})

    def delete(self, path: str) -> None:
        (self.folder / path).unlink()

    def commit(self, at: object) -> str:
        raise AssertionError("nobody commits outside git")


class TestGitRepository(RepositorySourceContract):
    @pytest.fixture(autouse=True)
    def _a_folder(self, tmp_path: Path) -> None:
        self._folders = (tmp_path / str(number) for number in count())

    def make_repository(self, *, in_git: bool = True) -> EditableRepository:
        return _Git(next(self._folders)) if in_git else _Plain(next(self._folders))


class TestGitRepositoryInsideALargerOne(TestGitRepository):
    """A monorepo: the documents lie some folders down, other things beside them."""

    def make_repository(self, *, in_git: bool = True) -> EditableRepository:
        if not in_git:
            return _Plain(next(self._folders))
        made = _Git(next(self._folders), inside="teams/ai/governance")
        write_files(made.root, {"care.yaml": b"not ours\n", "policies/other.md": b"not ours either\n"})
        return made
