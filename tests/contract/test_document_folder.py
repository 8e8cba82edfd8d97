"""Every folder of documents keeps the promises of the port."""

from itertools import count
from pathlib import Path

import pytest

from careloop.adapters.document_folder import DocumentFolderOnDisk
from careloop.errors import Unavailable
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
