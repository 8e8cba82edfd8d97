"""Where the files lie that a release lock names."""

from typing import Protocol

from careloop.domain.release_lock import Artefact, Fingerprint, Presence

__all__ = ["ArtefactStore"]


class ArtefactStore(Protocol):
    """Files and folders by the names that locks use. Nothing here writes."""

    def measure(self, name: str) -> Fingerprint:
        """Digest and size of what a name stands for now.

        Raises `NotFound` when there is nothing of that name, and `InvalidInput` for what cannot be locked: an empty
        folder, something that is neither file nor folder, a link that leaves the folder.
        """
        ...

    def check(self, artefact: Artefact, *, release: str | None = None) -> Presence:
        """Whether what was locked is still here, byte for byte.

        With `release`, the lock's digest, a copy that was kept for that release will do.
        """
        ...
