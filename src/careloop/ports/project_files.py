"""Files of an existing project, whatever they are, read to find what it runs."""

from collections.abc import Iterable, Mapping
from typing import Protocol

__all__ = ["ProjectFiles"]


class ProjectFiles(Protocol):
    """Reads one folder. Nothing here writes; nothing is run."""

    def names(self) -> tuple[str, ...]:
        """Paths of all files, with `/`, in order; what git and package managers keep for themselves is left out."""
        ...

    def read(self, patterns: Iterable[str]) -> Mapping[str, bytes]:
        """Files that fit one of the patterns, by path; one that cannot be read or is very large is left out."""
        ...
