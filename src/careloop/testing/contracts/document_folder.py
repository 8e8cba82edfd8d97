"""What every folder of documents must do."""

from abc import ABC, abstractmethod

from careloop.ports.document_folder import DocumentFolder

__all__ = ["DocumentFolderContract"]


class DocumentFolderContract(ABC):
    """Inherit from this in a test class and give it an empty folder."""

    @abstractmethod
    def an_empty_folder(self) -> DocumentFolder:
        """A folder without files."""

    def test_a_file_that_is_not_there_reads_as_null(self) -> None:
        """The question whether something was written is no error."""
        assert self.an_empty_folder().read("care.yaml") is None

    def test_what_was_written_is_read_again_to_the_letter(self) -> None:
        """Whatever stands in it, in however deep a folder."""
        folder = self.an_empty_folder()
        text = "name: \"Zoë \\ 'x'\"\r\nline two\n"
        folder.write("systems/a/system.yaml", text)
        assert folder.read("systems/a/system.yaml") == text

    def test_the_last_writing_counts(self) -> None:
        """A file is replaced as a whole."""
        folder = self.an_empty_folder()
        folder.write("care.yaml", "a much longer text than the next\n")
        folder.write("care.yaml", "b\n")
        assert folder.read("care.yaml") == "b\n"
