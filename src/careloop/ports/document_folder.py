"""A folder whose text files are read and written one by one, while a person answers questions."""

from typing import Protocol

__all__ = ["DocumentFolder"]


class DocumentFolder(Protocol):
    """Text files below one folder, by their path with forward slashes."""

    def read(self, path: str) -> str | None:
        """The text of a file; null while there is none. Raises Unavailable for one that cannot be read as text."""
        ...

    def write(self, path: str, text: str) -> None:
        """Put a file in place, whole or not at all; folders on the way are made. Raises Unavailable."""
        ...
