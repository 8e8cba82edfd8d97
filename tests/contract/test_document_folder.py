"""Every folder of documents keeps the promises of the port."""

from itertools import count
from pathlib import Path

import pytest

from careloop.adapters.document_folder import DocumentFolderOnDisk
from careloop.errors import InvalidInput, Unavailable
from careloop.ports.document_folder import DocumentFolder
from careloop.testing.contracts.document_folder import DocumentFolderContract
from careloop.testing.document_folder_fake import DocumentFolderFake


class TestDocumentFolderFake(DocumentFolderContract):
    def an_empty_folder(self) -> DocumentFolder:
        return DocumentFolderFake()


class TestDocumentFolderOnDisk(DocumentFolderContract):
    @pytest.fixture(autouse=True)
    def _a_folder(self, tmp_path: Path) -> None:
        self._folders = (tmp_path / str(number) for number in count())

    def an_empty_folder(self) -> DocumentFolder:
        return DocumentFolderOnDisk(next(self._folders))


def test_a_file_that_is_no_text_and_a_folder_in_the_way_are_told(tmp_path: Path) -> None:
    (tmp_path / "care.yaml").write_bytes(b"\xff\xfe")
    (tmp_path / "roles.yaml").mkdir()
    folder = DocumentFolderOnDisk(tmp_path)
    with pytest.raises(Unavailable):
        folder.read("care.yaml")
    with pytest.raises(Unavailable):
        folder.write("roles.yaml", "x")
    with pytest.raises(Unavailable):
        folder.write("care.yaml/deeper.yaml", "x")


def test_nothing_is_written_through_a_link_that_leads_out(tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    (inside / "systems").symlink_to(outside)
    with pytest.raises(InvalidInput, match="leads out of"):
        DocumentFolderOnDisk(inside).write("systems/a.yaml", "x")
    assert list(outside.iterdir()) == []


def test_a_link_that_is_broken_exists_and_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "card.md").symlink_to(tmp_path / "gone.md")
    folder = DocumentFolderOnDisk(tmp_path)
    assert folder.exists("card.md")
    folder.write("card.md", "x")
    assert not (tmp_path / "card.md").is_symlink()
    assert not (tmp_path / "gone.md").exists()
