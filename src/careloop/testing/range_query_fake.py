"""A store of time series in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from careloop.errors import CareloopError, InvalidInput
from careloop.ports.range_query import RangeAnswer, RangeSeries

__all__ = ["RangeQueryFake"]

_CURRENT_S = 300
_MOST_POINTS = 11_000


class RangeQueryFake:
    """Answers a query with the series that are put under its text; as Prometheus does, a sample is current for five
    minutes, and more than 11,000 points are refused."""

    def __init__(self) -> None:
        self.fails: CareloopError | None = None
        """Raised at every question while it is set."""
        self.asked: list[tuple[int, int]] = []
        """Ranges that were asked for."""
        self._known: dict[str, list[tuple[Mapping[str, str], Sequence[tuple[int, float | None]]]]] = {}

    def put(self, query: str, samples: Sequence[tuple[int, float | None]], **labels: str) -> None:
        """One more series."""
        self._known.setdefault(query, []).append((labels, sorted(samples)))

    def answer(self, query: str, *, since: int, upto: int, step_s: int) -> RangeAnswer:
        """Values at the steps of the range."""
        self.asked.append((since, upto))
        if self.fails is not None:
            raise self.fails
        if (upto - since) // step_s >= _MOST_POINTS:
            raise InvalidInput("exceeded maximum resolution of 11,000 points per timeseries")
        found = []
        for labels, samples in self._known.get(query, []):
            steps = [(at, _current(samples, at)) for at in range(since, upto + 1, step_s)]
            there = tuple((at, one[0]) for at, one in steps if one is not None)
            if there:
                found.append(RangeSeries(labels=labels, samples=there))
        return RangeAnswer(series=tuple(found))


def _current(samples: Sequence[tuple[int, float | None]], at: int) -> tuple[float | None] | None:
    """The newest sample of the last five minutes; null where there is none."""
    before = [value for when, value in samples if at - _CURRENT_S < when <= at]
    return (before[-1],) if before else None
