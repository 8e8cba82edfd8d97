"""A folder whose text files are read and written one by one: drafts for a person to look at, answers kept at once."""

from typing import Protocol

__all__ = ["DocumentFolder"]


class DocumentFolder(Protocol):
    """Text files below one folder, by their path with forward slashes. Nothing is committed.

    A path that leads out of the folder raises InvalidInput.
    """

    def exists(self, path: str) -> bool:
        """Whether anything lies at the path."""
        ...

    def read(self, path: str) -> str | None:
        """The text of a file; null while there is none. Raises Unavailable for one that cannot be read as text."""
        ...

    def write(self, path: str, text: str) -> None:
        """Put a file in place, whole or not at all; folders on the way are made. Raises Unavailable."""
        ...
