"""Samples of views, in memory."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from careloop.domain.view import ViewKey, ViewPoint, ViewReading, ViewSeries
from careloop.ports.view_store import ViewRange

__all__ = ["ViewStoreFake"]

_Samples = dict[str | None, dict[int, float | None]]


class ViewStoreFake:
    """A `ViewStore` that is gone when the test ends."""

    def __init__(self) -> None:
        self._known: dict[ViewKey, tuple[ViewReading, _Samples]] = {}

    def note(self, given: ViewRange, *, keep_from: int, now: datetime) -> None:
        """Put the range in the place of what was kept of it."""
        since, upto = given.since, given.upto
        samples: _Samples = {}
        before, kept = self._known.get(given.key, (None, {}))
        if before is not None and before.digest == given.digest and before.since is not None:
            assert before.upto is not None
            if since <= before.upto and upto >= before.since:
                samples = {line: _outside(of, since, upto) for line, of in kept.items()}
                since, upto = min(since, before.since), max(upto, before.upto)
        for line in given.lines:
            samples.setdefault(line.label, {}).update(line.samples)
        samples = {
            line: {at: value for at, value in sorted(of.items()) if at >= keep_from} for line, of in samples.items()
        }
        told = ViewReading(
            digest=given.digest,
            since=max(since, keep_from),
            upto=upto,
            read_at=now,
            tried_at=now,
            failed=None,
            warning=given.warning,
            series=(),
        )
        self._known[given.key] = told, {line: of for line, of in samples.items() if of}

    def note_failure(self, key: ViewKey, digest: str, because: str, *, now: datetime) -> None:
        """Remember that it was tried."""
        before, samples = self._known.get(key, (None, {}))
        if before is None or before.digest != digest:
            before, samples = _untried(digest, now), {}
        self._known[key] = replace(before, tried_at=now, failed=because), samples

    def reading(self, key: ViewKey, *, stretch_s: int = 1, since: int = 0) -> ViewReading | None:
        """What is kept."""
        if key not in self._known:
            return None
        told, samples = self._known[key]
        lines = {
            line: _stretched({at: value for at, value in of.items() if at >= since}, stretch_s)
            for line, of in sorted(samples.items(), key=lambda one: one[0] or "")
        }
        series = tuple(ViewSeries(label=line, points=points) for line, points in lines.items() if points)
        return replace(told, series=series)

    def tried(self) -> dict[ViewKey, datetime]:
        """When each view was tried last."""
        return {key: told.tried_at for key, (told, _) in self._known.items()}

    def keep_only(self, keys: Collection[ViewKey]) -> None:
        """Forget the others."""
        self._known = {key: kept for key, kept in self._known.items() if key in keys}


def _untried(digest: str, now: datetime) -> ViewReading:
    return ViewReading(
        digest=digest, since=None, upto=None, read_at=None, tried_at=now, failed=None, warning=None, series=()
    )


def _outside(samples: dict[int, float | None], since: int, upto: int) -> dict[int, float | None]:
    return {at: value for at, value in samples.items() if not since <= at <= upto}


def _stretched(samples: dict[int, float | None], stretch_s: int) -> tuple[ViewPoint, ...]:
    stretches: dict[int, dict[int, float | None]] = {}
    for at, value in samples.items():
        stretches.setdefault(at // stretch_s * stretch_s, {})[at] = value
    points = []
    for at, values in sorted(stretches.items()):
        numbers = [value for value in values.values() if value is not None]
        points.append(
            ViewPoint(
                at=at,
                newest=max(values),
                value=sum(numbers) / len(numbers) if numbers else None,
                low=min(numbers, default=None),
                high=max(numbers, default=None),
                samples=len(values),
                odd=len(values) - len(numbers),
            )
        )
    return tuple(points)
