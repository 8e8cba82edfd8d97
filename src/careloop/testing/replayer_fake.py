"""A replayer for tests: releases are functions of a row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from careloop.domain.event import Scalar
from careloop.errors import NotFound, Unavailable

__all__ = ["ReplayerFake"]


class ReplayerFake:
    """A `Replayer`; `out_of_reach = True` makes every call raise `Unavailable`."""

    def __init__(self, releases: Mapping[str, Callable[[Mapping[str, Scalar]], str]] | None = None) -> None:
        self.releases = dict(releases or {})
        self.asked: list[str] = []
        """Releases that were asked, in order."""
        self.out_of_reach = False

    def predict(self, lock: str, rows: Sequence[Mapping[str, Scalar]]) -> Sequence[str]:
        """The release's answer to each row."""
        if self.out_of_reach:
            raise Unavailable("the replayer is out of reach")
        if lock not in self.releases:
            raise NotFound(f"release {lock[:19]} is not here")
        self.asked.append(lock)
        return [self.releases[lock](row) for row in rows]
