"""The history of a repository in memory, for tests: who made which commit, and what it touched."""

from collections.abc import Sequence
from datetime import UTC, datetime

from careloop.errors import NotFound

__all__ = ["CommitHistoryFake"]


class CommitHistoryFake:
    """A `CommitHistory`; every revision that is not listed is unknown, unless it is the newest."""

    def __init__(self) -> None:
        self._commits: list[tuple[str, frozenset[str], tuple[str, ...]]] = []

    def made(self, revision: str, *mails: str, touching: Sequence[str] = ()) -> None:
        """Note a commit on top of the others."""
        self._commits.append((revision, frozenset(mail.casefold() for mail in mails), tuple(touching)))

    def newest(self) -> str | None:
        """The commit noted last."""
        return self._commits[-1][0] if self._commits else None

    def first(self, path: str) -> datetime | None:
        """The day of the fake's first commit that touched the file: commits are a day apart, from 2 March 2026."""
        days = (number for number, (_, _, touched) in enumerate(self._commits) if path in touched)
        number = next(days, None)
        return None if number is None else datetime(2026, 3, 2 + number, tzinfo=UTC)

    def hands(self, revision: str) -> frozenset[str]:
        """Who made it."""
        return self._up_to(revision)[-1][1]

    def last_hands(self, revision: str, paths: Sequence[str]) -> frozenset[str]:
        """Who made the last commit up to a revision that touched one of the paths."""
        for _, hands, touched in reversed(self._up_to(revision)):
            if any(file == path or file.startswith(f"{path}/") for file in touched for path in paths):
                return hands
        return frozenset()

    def _up_to(self, revision: str) -> list[tuple[str, frozenset[str], tuple[str, ...]]]:
        names = [name for name, _, _ in self._commits]
        if revision not in names:
            raise NotFound(f"there is no revision '{revision}' here")
        return self._commits[: names.index(revision) + 1]
