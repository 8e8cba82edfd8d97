"""Permutation importance of any model that scores rows: how much is lost when one column is shuffled.

The order of draws is that of scikit-learn's `permutation_importance`, so that the same seed gives the same figures.
Source: Breiman 2001, "Random Forests", section 10; the ranking score by Mann and Whitney 1947.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

import numpy as np

__all__ = ["Columns", "accuracy", "importance_of_columns", "ranking"]

Columns: TypeAlias = Mapping[str, Any]
"""Arrays of one length by the name of the model's input."""
Score: TypeAlias = Callable[[Any, Any], float]
_SEEDS: Final = np.iinfo(np.int32).max + 1


def ranking(labels: Any, scores: Any) -> float:
    """ROC-AUC of scores for labels of true and false, 0 to 1; ties count half. Not a number with one kind of label.

    >>> ranking(np.array([False, True, True]), np.array([0.1, 0.1, 0.9]))
    0.75
    """
    _, places, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[places]
    held = int(labels.sum())
    pairs = held * (len(labels) - held)
    if pairs == 0:
        return float("nan")
    return float((ranks[labels].sum() - held * (held + 1) / 2) / pairs)


def accuracy(labels: Any, answers: Any) -> float:
    """Share of rows in which label and answer are the same, 0 to 1."""
    return float(np.mean(labels == answers))


def importance_of_columns(  # noqa: PLR0913  # what is asked of whom, on which rows, and how often
    ask: Callable[[Columns], Any], columns: Columns, labels: Any, *, by: Score, repeats: int, seed: int
) -> tuple[float, list[dict[str, float]]]:
    """The score as it is, and for each repeat how much each column's shuffling takes from it.

    `ask` gives the model's answer for each row. Each column starts from the same seed and is shuffled on from repeat
    to repeat, as scikit-learn does.
    """
    whole = by(labels, ask(columns))
    first = np.random.RandomState(seed).randint(_SEEDS)
    lost: list[dict[str, float]] = [{} for _ in range(repeats)]
    for name, values in columns.items():
        draw, order = np.random.RandomState(first), np.arange(len(labels))
        shuffled = values
        for repeat in lost:
            draw.shuffle(order)
            shuffled = shuffled[order]
            repeat[name] = whole - by(labels, ask({**columns, name: shuffled}))
    return whole, lost
