"""A folder of documents in memory, for tests."""

from collections.abc import Mapping

__all__ = ["DocumentFolderFake"]


class DocumentFolderFake:
    """A `DocumentFolder` that keeps its files in a dictionary."""

    def __init__(self, files: Mapping[str, str] = {}) -> None:
        self.files = dict(files)

    def read(self, path: str) -> str | None:
        """The text of a file; null while there is none."""
        return self.files.get(path)

    def write(self, path: str, text: str) -> None:
        """Keep a file."""
        self.files[path] = text
