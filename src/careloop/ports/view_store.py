"""Where the samples of views are kept, and how reading them went."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from careloop.domain.view import ViewKey, ViewReading

__all__ = ["LabelledSamples", "ViewRange", "ViewStore"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledSamples:
    """The samples of one line."""

    label: str | None
    samples: tuple[tuple[int, float | None], ...]
    """Seconds since 1970 and the value; None for what is no number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewRange:
    """What was read of a view for a range of time: everything that there is in it."""

    key: ViewKey
    digest: str
    """Of the declaration that it was read by."""
    since: int
    upto: int
    """Both are in it; seconds since 1970."""
    lines: Sequence[LabelledSamples]
    warning: str | None = None


class ViewStore(Protocol):
    """Keeps what can be read again: whoever loses it reads anew. Raises `Unavailable` when out of reach."""

    def note(self, given: ViewRange, *, keep_from: int, now: datetime) -> None:
        """Put the range in the place of what was kept of it; older than `keep_from` nothing stays.

        Of another declaration, or where the range shares no instant with what was kept, nothing of before stays.
        """
        ...

    def note_failure(self, key: ViewKey, digest: str, because: str, *, now: datetime) -> None:
        """Remember that reading was tried and failed; what was kept stays, unless it is of another declaration."""
        ...

    def reading(self, key: ViewKey, *, stretch_s: int = 1, since: int = 0) -> ViewReading | None:
        """What is kept from `since` on, samples of a stretch in one point; None when nothing was ever tried.

        Stretches begin at multiples of `stretch_s`; lines stand in order of their labels.
        """
        ...

    def tried(self) -> dict[ViewKey, datetime]:
        """When each view was tried last."""
        ...

    def keep_only(self, keys: Collection[ViewKey]) -> None:
        """Forget views that are declared no longer."""
        ...
