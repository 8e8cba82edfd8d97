"""What only a repository on disk can meet: links, unreadable files, merges, a repository in a repository."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from careloop.adapters.git_repository import GitRepository
from careloop.documents.layout import GOVERNED_FOLDERS, ROOT_FILES
from careloop.domain.source_tree import StrayLink
from careloop.ports.repository_source import Head
from careloop.testing.git_folder import GitFolder
from careloop.testing.source_tree_builder import small_repository, write_files

_MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
_DAY = timedelta(days=1)


def _source(folder: Path) -> GitRepository:
    return GitRepository(folder, folders=GOVERNED_FOLDERS, files=ROOT_FILES, limit=1_000_000)


def _a_folder(tmp_path: Path) -> Path:
    return write_files(tmp_path / "governance", small_repository())


def test_files_that_are_no_documents_are_not_read(tmp_path: Path) -> None:
    folder = _a_folder(tmp_path)
    others = {
        "README.md": b"hello",
        "models/credit.yaml": b"weights: 1",
        "systems/book-finder/weights.bin": b"\x00",
        "policies/.draft.md": b"not yet",
        "laws/.hidden/gdpr.yaml": b"id: gdpr",
        ".care/ledger.yaml": b"local",
    }
    write_files(folder, others)
    assert dict(_source(folder).work_tree().files) == small_repository()


def test_a_link_out_of_the_repository_is_told_and_not_followed(tmp_path: Path) -> None:
    folder = _a_folder(tmp_path)
    secret = tmp_path / "secret.yaml"
    secret.write_text("id: secret\n")
    (folder / "laws").mkdir()
    (folder / "laws" / "gdpr.yaml").symlink_to(secret)
    tree = _source(folder).work_tree()
    assert tree.links == (StrayLink("laws/gdpr.yaml", str(secret), outside=True),)
    assert "laws/gdpr.yaml" not in tree.files


def test_a_linked_folder_of_documents_is_told_and_not_followed(tmp_path: Path) -> None:
    folder = _a_folder(tmp_path)
    write_files(tmp_path / "elsewhere", {"gdpr.yaml": b"id: gdpr\n"})
    (folder / "laws").symlink_to(tmp_path / "elsewhere")
    (folder / "systems" / "twin").symlink_to("book-finder")
    tree = _source(folder).work_tree()
    assert [(link.path, link.outside) for link in tree.links] == [("laws", True), ("systems/twin", False)]
    assert dict(tree.files) == small_repository()


def test_a_committed_link_out_of_the_repository_is_told(tmp_path: Path) -> None:
    git = GitFolder.holding(tmp_path / "governance", small_repository(), at=_MONDAY)
    (git.folder / "laws").mkdir()
    (git.folder / "laws" / "gdpr.yaml").symlink_to("../../secret.yaml")
    tree = _source(git.folder).at(git.commit(_MONDAY + _DAY))
    assert tree.links == (StrayLink("laws/gdpr.yaml", "../../secret.yaml", outside=True),)


def test_a_link_within_the_repository_is_read(tmp_path: Path) -> None:
    folder = _a_folder(tmp_path)
    (folder / "policies" / "twin.md").symlink_to("ai-policy.md")
    tree = _source(folder).work_tree()
    assert tree.links == ()
    assert tree.files["policies/twin.md"] == tree.files["policies/ai-policy.md"]


def test_a_link_within_the_repository_is_read_from_a_commit_too(tmp_path: Path) -> None:
    git = GitFolder.holding(tmp_path / "governance", small_repository(), at=_MONDAY)
    (git.folder / "policies" / "twin.md").symlink_to("ai-policy.md")
    commit = git.commit(_MONDAY + _DAY)
    source = _source(git.folder)
    assert source.at(commit) == source.work_tree()


def test_a_committed_link_to_a_folder_is_told_as_in_the_work_tree(tmp_path: Path) -> None:
    git = GitFolder.holding(tmp_path / "governance", small_repository(), at=_MONDAY)
    (git.folder / "laws").symlink_to("../elsewhere")
    commit = git.commit(_MONDAY + _DAY)
    source = _source(git.folder)
    assert [link.path for link in source.at(commit).links] == [link.path for link in source.work_tree().links]


def test_a_link_that_leads_nowhere_is_unreadable(tmp_path: Path) -> None:
    folder = _a_folder(tmp_path)
    (folder / "policies" / "lost.md").symlink_to("no-such-file.md")
    assert "No such file" in _source(folder).work_tree().unreadable["policies/lost.md"]


def test_a_link_to_itself_is_unreadable(tmp_path: Path) -> None:
    folder = _a_folder(tmp_path)
    (folder / "policies" / "loop.md").symlink_to("loop.md")
    assert "policies/loop.md" in _source(folder).work_tree().unreadable


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_that_may_not_be_read_is_unreadable(tmp_path: Path) -> None:
    folder = _a_folder(tmp_path)
    (folder / "roles.yaml").chmod(0)
    assert "Permission denied" in _source(folder).work_tree().unreadable["roles.yaml"]


def test_a_change_of_another_file_does_not_make_the_documents_dirty(tmp_path: Path) -> None:
    git = GitFolder.holding(tmp_path / "shop", small_repository(), at=_MONDAY)
    commit = git.commit(_MONDAY)
    write_files(git.folder, {"README.md": b"new", "src/app.py": b"new"})
    assert _source(git.folder).head() == Head(commit, dirty=False)


def test_without_the_git_command_the_commit_is_known_and_dirtiness_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git = GitFolder.holding(tmp_path / "governance", small_repository(), at=_MONDAY)
    commit = git.commit(_MONDAY)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert _source(git.folder).head() == Head(commit, None)
    assert _source(_a_folder(tmp_path / "plain")).head() == Head(None, None)


def test_in_force_follows_the_first_parent_and_not_a_merged_branch(tmp_path: Path) -> None:
    git = GitFolder.holding(tmp_path / "governance", small_repository(), at=_MONDAY)
    first = git.commit(_MONDAY)
    git.write("roles.yaml", b"owner: somebody\n")
    side = git.commit(_MONDAY + _DAY)
    git.go_to(first)
    git.write("roles.yaml", b"owner: nobody\n")
    main = git.commit(_MONDAY + 2 * _DAY)
    git.write("roles.yaml", b"owner: somebody\n")
    merge = git.commit(_MONDAY + 3 * _DAY, merging=side)
    in_force = _source(git.folder).in_force
    assert in_force(_MONDAY + _DAY) == first
    assert in_force(_MONDAY + 2 * _DAY) == main
    assert in_force(_MONDAY + 3 * _DAY) == merge


def test_a_file_name_that_is_not_utf8_does_not_stop_the_reading(tmp_path: Path) -> None:
    folder = _a_folder(tmp_path)
    (Path(os.fsdecode(os.fsencode(folder) + b"/policies/\xff.md"))).write_bytes(b"---\n")
    tree = _source(folder).work_tree()
    assert "policies/\udcff.md" in tree.files
