"""Does an answer give away what a person is? How much better an attribute is guessed by who sees the score."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from statistics import NormalDist

from careloop.domain.measured import Interval, Measured, Unit

__all__ = ["inversion_advantage"]

_PARTS = 20


def inversion_advantage(groups: Sequence[str], seen: Sequence[float], *, level: float = 0.95) -> Measured:
    """Share of rows whose group is guessed from the score, less the share guessed by always naming the largest group.

    `seen` are scores or answers, one a row. The attacker learns the likeliest group of each of 20 parts of the scores
    on every other row, and is judged on the rest (`n`), so that he is not flattered. In [-1, 1]; about 0: the score
    tells nothing that the largest group would not. A proxy: no attacker with more knowledge is ruled out. The interval
    is that of a difference of paired shares, with half a row added to either side. Null with fewer than two groups or
    four rows. Source: Yeom, Giacomelli, Fredrikson and Jha 2018, attribute inference; Agresti and Min 2005.

    >>> inversion_advantage(["a", "a", "b", "b"] * 3, [0.1, 0.1, 0.9, 0.9] * 3).value
    0.5
    """
    n = len(groups[1::2])
    reason = "one group only" if len(set(groups)) < 2 else "fewer than four rows" if len(groups) < 4 else None
    if reason is not None:
        return Measured(value=None, unit=Unit.DIFFERENCE, n=n, reason=reason)
    ordered = sorted(seen[::2])
    edges = sorted({ordered[len(ordered) * part // _PARTS] for part in range(1, _PARTS)})
    learned: dict[int, Counter[str]] = {}
    for group, score in zip(groups[::2], seen[::2], strict=True):
        learned.setdefault(bisect_right(edges, score), Counter())[group] += 1
    largest = _most(Counter(groups[::2]))
    likeliest = {part: _most(counts) for part, counts in learned.items()}
    only_by_score = only_by_size = 0
    for group, score in zip(groups[1::2], seen[1::2], strict=True):
        guess = likeliest.get(bisect_right(edges, score), largest)
        only_by_score += guess == group != largest
        only_by_size += largest == group != guess
    value = (only_by_score - only_by_size) / n
    more, less, all_ = only_by_score + 0.5, only_by_size + 0.5, n + 2
    middle = (more - less) / all_
    reach = NormalDist().inv_cdf((1 + level) / 2) * math.sqrt(more + less - (more - less) ** 2 / all_) / all_
    low, high = min(value, middle - reach), max(value, middle + reach)
    interval = Interval(low=max(-1.0, low), high=min(1.0, high), level=level, method="Agresti-Min")
    return Measured(value=value, unit=Unit.DIFFERENCE, n=n, interval=interval, note=f"{len(edges) + 1} parts of scores")


def _most(counts: Counter[str]) -> str:
    """The commonest; of several the first by name."""
    return min(counts, key=lambda name: (-counts[name], name))
