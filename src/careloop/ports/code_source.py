"""Where the code of systems comes from: which files of any kind a change touched, and what stands in one of them."""

from typing import Protocol

from careloop.ports.repository_source import Head

__all__ = ["CodeSource"]


class CodeSource(Protocol):
    """Reads one folder of a git repository, whatever lies in it. Nothing here writes."""

    def head(self) -> Head:
        """Commit of the enclosing git repository, and whether anything in the folder differs from it."""
        ...

    def resolve(self, revision: str) -> str:
        """Full hash of a revision; raises NotFound."""
        ...

    def touched(self, base: str, head: str | None) -> frozenset[str]:
        """Paths of all kinds, relative to the folder, that differ between two revisions; null is the work tree.

        A file that moved counts at both its places. Files that git ignores do not count. Raises NotFound.
        """
        ...

    def read(self, path: str, revision: str | None) -> bytes | None:
        """A file at a revision, null being the work tree; null where it does not exist. Raises NotFound."""
        ...
