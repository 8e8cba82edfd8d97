"""A folder in memory that documents are written into, for tests."""

from collections.abc import Mapping

__all__ = ["DocumentWriterFake"]


class DocumentWriterFake:
    """A `DocumentWriter` that keeps its files in a dictionary."""

    def __init__(self, files: Mapping[str, str] = {}) -> None:
        self.files = dict(files)

    def exists(self, path: str) -> bool:
        """Whether a file is kept under the path."""
        return path in self.files

    def write(self, path: str, text: str) -> None:
        """Keep a file."""
        self.files[path] = text
