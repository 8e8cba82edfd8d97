"""Made-up traffic as it really comes: windows with something of their own, hours of the day, people who come back.

The cases are those for which MEASURES measured how often naive rules alarm about nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from careloop.domain.counts import BUCKETS, Tally
from careloop.monitors.window import Cell, WindowCounts

__all__ = ["CASES", "Chance", "TrafficCase", "drawn", "shift_of", "window_of_case"]

_DAY: Final = 86_400


class Chance(Protocol):
    """A source of randomness, such as a seeded `random.Random`."""

    def random(self) -> float:
        """A number in [0, 1), all alike."""
        ...

    def gauss(self, mu: float = 0.0, sigma: float = 1.0) -> float:
        """A normal number."""
        ...

    def betavariate(self, alpha: float, beta: float) -> float:
        """A number in [0, 1] of that beta distribution."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficCase:
    """How healthy rows come."""

    name: str
    window_sd: float = 0.0
    """Standard deviation of the shift that all rows of a window share."""
    daily_cycle: float = 0.0
    """How far the rate swings to either side in the course of a day."""
    wander: float = 0.0
    """Standard deviation of a shift that lasts: each window keeps 98 % of that of the one before."""
    per_user: int = 1
    """Rows of each person in a window."""
    within_user: float = 0.0
    """Correlation of one person's rows, in [0, 1)."""


CASES: Final = (
    TrafficCase(name="independent rows"),
    TrafficCase(name="windows differ by .01", window_sd=0.01),
    TrafficCase(name="windows differ by .02", window_sd=0.02),
    TrafficCase(name="daily cycle of .02", daily_cycle=0.02),
    TrafficCase(name="10 rows a user, correlation .2", per_user=10, within_user=0.2),
)
"""What a promise must withstand. Not among them: a rate that wanders slowly, for which rehearsal withholds the right
to act."""


def window_of_case(
    case: TrafficCase,
    groups: Mapping[str, tuple[float, int]],
    *,
    at: int,
    chance: Chance,
    shift: float = 0.0,
) -> WindowCounts:
    """The window that starts `at` seconds since 1970; `groups` name the rate and the rows of each.

    `shift` is added to all rates: what wanders, if anything does.
    """
    moved = shift_of(case, at=at, chance=chance, shift=shift)
    cells = tuple(
        Cell(group, bucket, tally)
        for group, (rate, rows) in groups.items()
        for bucket, tally in _rows(case, min(0.999, max(0.001, rate + moved)), rows, chance).items()
    )
    return WindowCounts(window=at, release="simulated", cells=cells)


def shift_of(case: TrafficCase, *, at: int, chance: Chance, shift: float = 0.0) -> float:
    """By how much the hour of the day, and chance, move all rows of the window that starts at `at`, beside `shift`."""
    moved = shift + case.daily_cycle * math.sin(2 * math.pi * (at % _DAY) / _DAY)
    return moved + chance.gauss(0.0, case.window_sd) if case.window_sd else moved


def _rows(case: TrafficCase, rate: float, rows: int, chance: Chance) -> dict[int, Tally]:
    """Each person's rows go to one bucket."""
    people: dict[int, int] = {}
    for _ in range(max(1, rows // case.per_user)):
        bucket = int(chance.random() * BUCKETS)
        people[bucket] = people.get(bucket, 0) + 1
    if not case.within_user:
        return {
            bucket: Tally(drawn(n * case.per_user, rate, chance), n * case.per_user) for bucket, n in people.items()
        }
    clump = (1 - case.within_user) / case.within_user
    found: dict[int, Tally] = {}
    for bucket, n in people.items():
        own = [chance.betavariate(rate * clump, (1 - rate) * clump) for _ in range(n)]
        found[bucket] = Tally(sum(drawn(case.per_user, each, chance) for each in own), n * case.per_user)
    return found


def drawn(n: int, rate: float, chance: Chance) -> int:
    """Hits among `n` rows: exact by leaping from hit to hit, or normal where that is as good."""
    if rate > 0.5:
        return n - drawn(n, 1 - rate, chance)
    if rate <= 0:
        return 0
    if n * rate > 50:
        return min(n, max(0, round(chance.gauss(n * rate, math.sqrt(n * rate * (1 - rate))))))
    hits, at, scale = 0, 0, math.log1p(-rate)
    while True:
        at += int(math.log(1 - chance.random()) / scale) + 1
        if at > n:
            return hits
        hits += 1
