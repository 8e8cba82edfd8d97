"""What every writer of documents must do. Derive a test class, give it a `make_writer`, and run it."""

from abc import ABC, abstractmethod
from collections.abc import Mapping

from careloop.ports.document_writer import DocumentWriter

__all__ = ["DocumentWriterContract"]


class DocumentWriterContract(ABC):
    """One test a promise of the port."""

    @abstractmethod
    def make_writer(self) -> DocumentWriter:
        """A writer into an empty folder."""

    @abstractmethod
    def files_in(self, writer: DocumentWriter) -> Mapping[str, str]:
        """All files that lie in its folder now."""

    def test_a_document_is_written_with_the_folders_above_it(self) -> None:
        writer = self.make_writer()
        assert not writer.exists("systems/credit/system.yaml")
        writer.write("systems/credit/system.yaml", "id: credit\näöü\n")
        assert writer.exists("systems/credit/system.yaml")
        assert self.files_in(writer) == {"systems/credit/system.yaml": "id: credit\näöü\n"}

    def test_a_document_that_was_there_is_replaced_as_a_whole(self) -> None:
        writer = self.make_writer()
        writer.write("baseline.yaml", "a long first version\n")
        writer.write("baseline.yaml", "short\n")
        assert self.files_in(writer) == {"baseline.yaml": "short\n"}
