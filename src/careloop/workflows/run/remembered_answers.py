"""What was asked of the outside once is not asked again while one answer is put together from many releases."""

from collections.abc import Sequence
from dataclasses import replace

from careloop.domain.release_lock import Artefact, Fingerprint, Presence
from careloop.ports.artefact_store import ArtefactStore
from careloop.ports.commit_history import CommitHistory
from careloop.workflows.run.release_desk import ReleaseDesk

__all__ = ["RememberedArtefacts", "RememberedHistory", "remembering"]


def remembering(desk: ReleaseDesk) -> ReleaseDesk:
    """The same desk, to be used for as long as one answer takes; files and commits are looked at once."""
    artefacts, history = RememberedArtefacts(desk.artefacts), RememberedHistory(desk.history)
    return replace(desk, artefacts=artefacts, history=history)


class RememberedArtefacts:
    """An `ArtefactStore` that compares each locked artefact once."""

    def __init__(self, store: ArtefactStore) -> None:
        self._store = store
        self._found: dict[tuple[Artefact, str | None], Presence] = {}

    def measure(self, name: str) -> Fingerprint:
        """Digest and size, always measured."""
        return self._store.measure(name)

    def check(self, artefact: Artefact, *, release: str | None = None) -> Presence:
        """Whether what was locked is still here."""
        if (artefact, release) not in self._found:
            self._found[artefact, release] = self._store.check(artefact, release=release)
        return self._found[artefact, release]


class RememberedHistory:
    """A `CommitHistory` that walks to each answer once; what a commit says never changes."""

    def __init__(self, history: CommitHistory) -> None:
        self._history = history
        self._hands: dict[str, frozenset[str]] = {}
        self._last: dict[tuple[str, frozenset[str]], frozenset[str]] = {}

    def newest(self) -> str | None:
        """Full hash of HEAD."""
        return self._history.newest()

    def hands(self, revision: str) -> frozenset[str]:
        """Who made a commit."""
        if revision not in self._hands:
            self._hands[revision] = self._history.hands(revision)
        return self._hands[revision]

    def last_hands(self, revision: str, paths: Sequence[str]) -> frozenset[str]:
        """Who made the last commit that touched one of the paths."""
        key = revision, frozenset(paths)
        if key not in self._last:
            self._last[key] = self._history.last_hands(revision, paths)
        return self._last[key]
