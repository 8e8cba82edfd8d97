"""Where in the repository something is said."""

from dataclasses import dataclass

__all__ = ["Place", "Pointer"]

Pointer = tuple[str | int, ...]
"""Path of keys and list positions from the top of a document to a value, as in RFC 6901 without the escaping."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A file, and a line and column in it, both counted from 1."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"
