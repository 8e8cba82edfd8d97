"""Made-up traffic of what is no rate: mixtures of a column, scores with their labels, and amounts.

Rows come as in `traffic`: windows have something of their own, days have hours, and a person's rows are alike. Two rows
of one person are the very same draw with a chance that makes their correlation the one that the case asks for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from careloop.domain.counts import BUCKETS, Tally
from careloop.monitors.traffic import Chance, TrafficCase, shift_of
from careloop.monitors.window import Cell, WindowCounts

__all__ = ["Amounts", "Mixtures", "Scores"]

Groups = Mapping[str, tuple[float, int]]
_LEAST, _MOST = 0.001, 0.999


@dataclass(frozen=True, slots=True)
class Mixtures:
    """Rows in bins that are all alike often, until a share of the rows moves from the lower half to the upper."""

    bins: int

    def __call__(
        self, case: TrafficCase, groups: Groups, *, at: int, chance: Chance, shift: float = 0.0
    ) -> WindowCounts:
        """One window; of each group, which share of its rows has moved, and the rows."""
        moved = shift_of(case, at=at, chance=chance, shift=shift)
        half = self.bins // 2
        counts: dict[tuple[str, int, int], int] = {}
        for group, (share, rows) in groups.items():
            lower = min(_MOST, max(_LEAST, half / self.bins - share - moved))
            for bucket, draw in _draws(case, rows, chance):
                if draw < lower:
                    bin_ = int(draw / lower * half)
                else:
                    bin_ = half + int((draw - lower) / (1 - lower) * (self.bins - half))
                place = (group, bucket, bin_)
                counts[place] = counts.get(place, 0) + 1
        cells = tuple(Cell(group, bucket, Tally(n, n), bin_) for (group, bucket, bin_), n in counts.items())
        return WindowCounts(window=at, release="simulated", cells=cells)


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores with their labels: true, until labels turn out positive less often than scores say."""

    middles: Sequence[float]
    """What a score of each bin foretells."""

    def __call__(
        self, case: TrafficCase, groups: Groups, *, at: int, chance: Chance, shift: float = 0.0
    ) -> WindowCounts:
        """One window; of each group, how far its scores are too high, and the rows."""
        moved = shift_of(case, at=at, chance=chance, shift=shift)
        counts: dict[tuple[str, int, int], tuple[int, int]] = {}
        for group, (off, rows) in groups.items():
            for bucket, draw in _draws(case, rows, chance):
                bin_ = int(chance.random() * len(self.middles))
                place = (group, bucket, bin_)
                hits, n = counts.get(place, (0, 0))
                counts[place] = (hits + (draw < self.middles[bin_] + moved - off), n + 1)
        cells = tuple(Cell(group, bucket, Tally(*tally), bin_) for (group, bucket, bin_), tally in counts.items())
        return WindowCounts(window=at, release="simulated", cells=cells)


@dataclass(frozen=True, slots=True)
class Amounts:
    """Amounts within a range, most of them small and some large: a power of an even draw, of the mean that is asked."""

    span: int
    """How many whole numbers the range is wide; hits of a row are how far it lies above the lower end."""

    def __call__(
        self, case: TrafficCase, groups: Groups, *, at: int, chance: Chance, shift: float = 0.0
    ) -> WindowCounts:
        """One window; of each group, the mean place in the range, from 0 to 1, and the rows."""
        moved = shift_of(case, at=at, chance=chance, shift=shift)
        counts: dict[tuple[str, int], tuple[int, int]] = {}
        for group, (place, rows) in groups.items():
            power = 1 / min(_MOST, max(_LEAST, place + moved)) - 1
            for bucket, draw in _draws(case, rows, chance):
                total, n = counts.get((group, bucket), (0, 0))
                counts[group, bucket] = (total + int(draw**power * self.span), n + self.span)
        cells = tuple(Cell(group, bucket, Tally(*tally)) for (group, bucket), tally in counts.items())
        return WindowCounts(window=at, release="simulated", cells=cells)


def _draws(case: TrafficCase, rows: int, chance: Chance) -> Iterator[tuple[int, float]]:
    """For each row the bucket of its person, and an even draw from [0, 1)."""
    alike = case.within_user**0.5
    for _ in range(max(1, rows // case.per_user)):
        bucket, own = int(chance.random() * BUCKETS), chance.random()
        for _ in range(case.per_user):
            yield bucket, own if alike and chance.random() < alike else chance.random()
