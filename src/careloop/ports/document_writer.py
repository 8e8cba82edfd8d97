"""Where a workflow puts documents that it drafts for a person to look at; it never commits them."""

from typing import Protocol

__all__ = ["DocumentWriter"]


class DocumentWriter(Protocol):
    """A folder that documents are written into."""

    def exists(self, path: str) -> bool:
        """Whether a file lies there; the path is relative to the folder, with `/`."""
        ...

    def write(self, path: str, text: str) -> None:
        """Write a file, with the folders above it; one that was there is replaced as a whole. Raises Unavailable."""
        ...
