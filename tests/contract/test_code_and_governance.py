"""Folders of code and stores of governance repositories, real ones and those in memory, keep their ports' promises."""

import os
import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from careloop import wiring
from careloop.adapters.git_code import GitCode
from careloop.adapters.governance_cache import GovernanceCache
from careloop.domain.link_file import GovernanceRef
from careloop.errors import NotFound
from careloop.testing.code_source_fake import CodeSourceFake
from careloop.testing.contracts.code_source import CodeSourceContract, WritableCode
from careloop.testing.contracts.governance_store import GovernanceStoreContract, ReachableStore
from careloop.testing.git_folder import GitFolder
from careloop.testing.governance_store_fake import GovernanceStoreFake
from careloop.testing.repository_fake import RepositoryFake

START = datetime(2026, 3, 10, tzinfo=UTC)


class _Ticking:
    """Each commit a day after the one before."""

    def __init__(self) -> None:
        self._days = 0

    def tick(self) -> datetime:
        self._days += 1
        return START + timedelta(days=self._days)


class GitCodeWriter(_Ticking):
    def __init__(self, root: Path, inside: str = "") -> None:
        super().__init__()
        self._folder = GitFolder(root, inside=inside)
        self.code = GitCode(root / inside)

    def write(self, path: str, content: bytes) -> None:
        self._folder.write(path, content)

    def delete(self, path: str) -> None:
        self._folder.delete(path)

    def commit(self) -> str:
        return self._folder.commit(self.tick())


class FakeCodeWriter(_Ticking):
    def __init__(self) -> None:
        super().__init__()
        self.code = CodeSourceFake()

    def write(self, path: str, content: bytes) -> None:
        self.code.write(path, content)

    def delete(self, path: str) -> None:
        self.code.delete(path)

    def commit(self) -> str:
        return self.code.commit(self.tick())


class TestCodeInGit(CodeSourceContract):
    def make_code(self) -> WritableCode:
        return GitCodeWriter(Path(tempfile.mkdtemp()))


class TestCodeInAFolderOfALargerRepository(CodeSourceContract):
    def make_code(self) -> WritableCode:
        return GitCodeWriter(Path(tempfile.mkdtemp()), "services/credit")


class TestCodeFake(CodeSourceContract):
    def make_code(self) -> WritableCode:
        return FakeCodeWriter()


class GitGovernance(_Ticking):
    def __init__(self, root: Path) -> None:
        super().__init__()
        self._folder = GitFolder(root / "aims")
        self.commit(b"schema: 1 # first\n")
        self.where = GovernanceRef("../aims", "main")
        self.store = GovernanceCache(root / "cache", beside=root / "code", opened=wiring.repository_source)
        (root / "code").mkdir()

    def commit(self, content: bytes) -> str:
        self._folder.write("care.yaml", content)
        return self._folder.commit(self.tick())

    def leave(self) -> None:
        shutil.rmtree(self._folder.root)


class FakeGovernance(_Ticking):
    def __init__(self) -> None:
        super().__init__()
        self._repository = RepositoryFake()
        self.commit(b"schema: 1 # first\n")
        self.where = GovernanceRef("https://code.example/aims.git", "main")
        self.store = GovernanceStoreFake({self.where.url: self._repository})

    def commit(self, content: bytes) -> str:
        self._repository.write("care.yaml", content)
        return self._repository.commit(self.tick())

    def leave(self) -> None:
        self.store.away.add(self.where.url)


class TestGovernanceInGit(GovernanceStoreContract):
    def make_store(self) -> ReachableStore:
        return GitGovernance(Path(tempfile.mkdtemp()))


class TestGovernanceFake(GovernanceStoreContract):
    def make_store(self) -> ReachableStore:
        return FakeGovernance()


def test_a_commit_that_was_pinned_is_not_asked_for_again(tmp_path: Path) -> None:
    made = GitGovernance(tmp_path)
    commit = made.commit(b"schema: 1 # pinned\n")
    fixed = GovernanceRef("../aims", commit)
    assert made.store.pinned(fixed, folder=None, offline=False).pin.fetched
    made.leave()
    pinned = made.store.pinned(fixed, folder=None, offline=False)
    assert pinned.source.at(commit).files["care.yaml"] == b"schema: 1 # pinned\n"


def test_documents_may_lie_in_a_folder_of_the_governance_repository(tmp_path: Path) -> None:
    made = GitGovernance(tmp_path)
    made._folder.write("docs/aims/care.yaml", b"schema: 1 # deeper\n")
    made._folder.commit(made.tick())
    pinned = made.store.pinned(made.where, folder="docs/aims", offline=False)
    assert pinned.source.at(str(pinned.revision)).files == {"care.yaml": b"schema: 1 # deeper\n"}


@pytest.mark.parametrize("url", ["ext::sh -c 'touch pwned'", "--upload-pack=touch pwned"])
def test_an_address_that_names_a_program_runs_nothing(tmp_path: Path, url: str) -> None:
    made = GitGovernance(tmp_path)
    with pytest.raises(NotFound):
        made.store.pinned(GovernanceRef(url, "main"), folder=None, offline=False)
    assert not any("pwned" in name for _, _, names in os.walk(tmp_path) for name in names)
    assert not Path("pwned").exists()


def test_a_link_out_of_the_code_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"x")
    made = GitCodeWriter(tmp_path / "code")
    (tmp_path / "code" / "card.md").symlink_to(tmp_path / "secret")
    with pytest.raises(NotFound, match="leads out of the repository"):
        made.code.read("card.md", None)
