"""Can somebody tell who was trained on? The advantage of an attacker who looks at the loss of each row."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence

from careloop.domain.counts import Tally

__all__ = ["membership_tallies"]


def membership_tallies(trained: Sequence[float], others: Sequence[float]) -> Mapping[str, Tally]:
    """How many of each kind of row an attacker holds to have been trained on, by the loss of each.

    He learns the best limit of the loss on every other row of both kinds and is judged on the rest, so that his
    advantage (the rate among `trained` less that among `others`) is not flattered. No rows: tallies of nothing.
    Source: Yeom, Giacomelli, Fredrikson and Jha 2018.

    >>> found = membership_tallies([0.3, 0.2, 0.1, 0.3], [0.9, 0.8, 0.7, 0.9])
    >>> tuple(found["trained"]), tuple(found["others"])
    ((2, 2), (0, 2))
    """
    limit = _best_limit(trained[::2], others[::2])
    judged = {"trained": trained[1::2], "others": others[1::2]}
    if limit is None:
        return {name: Tally(0, 0) for name in judged}
    return {name: Tally(sum(loss <= limit for loss in losses), len(losses)) for name, losses in judged.items()}


def _best_limit(trained: Sequence[float], others: Sequence[float]) -> float | None:
    """The loss at which most more of the trained rows than of the others lie at it or below."""
    if not trained or not others:
        return None
    ours, theirs = sorted(trained), sorted(others)

    def lead(limit: float) -> float:
        return bisect_right(ours, limit) / len(ours) - bisect_right(theirs, limit) / len(theirs)

    return max(sorted(set(ours)), key=lead)
