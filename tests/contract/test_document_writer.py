"""A folder on disk and one in memory keep the promises of a writer of documents."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from careloop.adapters.document_folder import DocumentFolder
from careloop.errors import InvalidInput
from careloop.ports.document_writer import DocumentWriter
from careloop.testing.contracts.document_writer import DocumentWriterContract
from careloop.testing.document_writer_fake import DocumentWriterFake


class TestFake(DocumentWriterContract):
    def make_writer(self) -> DocumentWriterFake:
        return DocumentWriterFake()

    def files_in(self, writer: DocumentWriter) -> Mapping[str, str]:
        assert isinstance(writer, DocumentWriterFake)
        return writer.files


class TestFolder(DocumentWriterContract):
    def make_writer(self) -> DocumentWriter:
        self.root = Path(tempfile.mkdtemp())
        return DocumentFolder(self.root)

    def files_in(self, writer: DocumentWriter) -> Mapping[str, str]:
        found = (path for path in self.root.rglob("*") if path.is_file())
        return {path.relative_to(self.root).as_posix(): path.read_text(encoding="utf-8") for path in found}


def test_nothing_is_written_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    with pytest.raises(InvalidInput, match="leads out of"):
        DocumentFolder(tmp_path / "inside").write("../outside.yaml", "x")
    assert not (tmp_path / "outside.yaml").exists()
