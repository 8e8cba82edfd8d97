"""What a store of time series answers to a query over a range of time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

__all__ = ["RangeAnswer", "RangeQuery", "RangeSeries"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeSeries:
    """One series of an answer."""

    labels: Mapping[str, str]
    samples: tuple[tuple[int, float | None], ...]
    """Seconds since 1970 and the value, in order of time; None for NaN and the infinities. Steps without a sample are
    left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeAnswer:
    """Everything that was answered."""

    series: tuple[RangeSeries, ...]
    warnings: tuple[str, ...] = ()
    """What the server remarks, such as that a part of it did not answer."""


class RangeQuery(Protocol):
    """One server. It reads and never writes."""

    def answer(self, query: str, *, since: int, upto: int, step_s: int) -> RangeAnswer:
        """Values at `since`, one step later, and so on, up to and with `upto`; seconds since 1970.

        Raises `Unavailable` when the server is out of reach or takes too long, `Refused` when it lets nobody in, and
        `InvalidInput` when it cannot run the query or answers with what is no range of numbers, or with too much.
        """
        ...
