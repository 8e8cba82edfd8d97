"""Changes of a repository as git keeps them, and whose signatures they bear."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from careloop.domain.change import Change, CommitMade, OwnersFile, Signature, Signer

__all__ = ["ChangeHistory"]


class ChangeHistory(Protocol):
    """The commits of one git repository, with all its files and not only the governed ones. Nothing here decides.

    Every call raises `NotFound` for a revision that is not there, and `Unavailable` where history is cut off.
    """

    def change(self, base: str, head: str) -> Change:
        """What the head would bring into the base."""
        ...

    def contains(self, head: str, base: str) -> bool:
        """Whether the base is among the ancestors of the head."""
        ...

    def signatures(self, commits: Sequence[str], signers: Sequence[Signer]) -> Mapping[str, Signature]:
        """Each commit's signature, checked against these signers and nobody else, whatever the user configured."""
        ...

    def owners_file(self, revision: str) -> OwnersFile | None:
        """The CODEOWNERS file at a commit; null when there is none."""
        ...

    def line_of(self, revision: str, path: str) -> tuple[CommitMade, ...]:
        """Commits of the line of first parents that altered a file or folder, newest first."""
        ...

    def last_altered(self, revision: str, paths: Collection[str]) -> Mapping[str, CommitMade]:
        """The newest commit of that line that altered each of some files; a file that is not there has none."""
        ...
