"""What every folder of documents must do."""

from abc import ABC, abstractmethod
from collections.abc import Callable

from careloop.errors import InvalidInput
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

    def test_what_was_written_exists_and_nothing_else(self) -> None:
        """Asked before something of a person's own would be replaced."""
        folder = self.an_empty_folder()
        assert not folder.exists("systems/a/system.yaml")
        folder.write("systems/a/system.yaml", "id: a\n")
        assert folder.exists("systems/a/system.yaml")
        assert folder.exists("systems/a")
        assert not folder.exists("systems/b/system.yaml")

    def test_a_path_that_leads_out_of_the_folder_is_refused(self) -> None:
        """Names may come from a registry or an answer; none of them reaches other files."""
        folder = self.an_empty_folder()
        asked: tuple[Callable[[str], object], ...] = (folder.read, folder.exists, lambda path: folder.write(path, "x"))
        for path in ("../outside.yaml", "systems/../../outside.yaml", "/outside.yaml"):
            assert [_is_refused(ask, path) for ask in asked] == [True, True, True], path


def _is_refused(ask: Callable[[str], object], path: str) -> bool:
    try:
        ask(path)
    except InvalidInput as refusal:
        return "leads out of" in str(refusal)
    return False
