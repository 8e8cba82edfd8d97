"""Where the governed files come from: a work tree, or a commit."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from careloop.domain.source_tree import SourceTree

__all__ = ["Head", "RepositorySource"]


@dataclass(frozen=True, slots=True)
class Head:
    """What the enclosing git repository says about itself; both null outside git."""

    commit: str | None
    """Full hash of HEAD."""
    dirty: bool | None
    """Whether governed files differ from HEAD."""


class RepositorySource(Protocol):
    """Reads one governance repository. Nothing here writes."""

    def work_tree(self) -> SourceTree:
        """The governed files as they lie in the folder now."""
        ...

    def head(self) -> Head:
        """Commit and dirtiness of the enclosing git repository."""
        ...

    def token(self) -> str:
        """A text that changes whenever HEAD or a governed file of the work tree does; no contents are read for it.

        Cheap enough to be asked each second by whoever keeps what it has computed from the documents.
        """
        ...

    def at(self, revision: str) -> SourceTree:
        """The governed files at a commit; raises NotFound for an unknown revision or outside git."""
        ...

    def resolve(self, revision: str) -> str:
        """Full hash of a revision; raises NotFound."""
        ...

    def changed(self, base: str, head: str | None) -> frozenset[str]:
        """Paths (relative to the repository's root) that differ between two revisions; null is the work tree."""
        ...

    def in_force(self, instant: datetime) -> str | None:
        """Last commit of the default branch's first-parent history at or before an instant; null if there is none."""
        ...
