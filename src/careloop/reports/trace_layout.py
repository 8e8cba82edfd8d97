"""Where the nodes of a chain stand in a picture: a column for each kind, and in it an order with few crossings.

Columns run left to right as the chain does. Within a column nodes are sorted by the mean place of what they are linked
to, a few sweeps to and fro (Sugiyama, Tagawa and Toda 1981). The fullest column then stands close, and each other one
as near as it can to what it is linked to there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from careloop.domain.chain import Chain, LinkKind

__all__ = ["BOX_HEIGHT", "BOX_WIDTH", "Layout", "Spot", "lay_out"]

BOX_WIDTH: Final = 250
BOX_HEIGHT: Final = 40
_ACROSS: Final = BOX_WIDTH + 80
_DOWN: Final = BOX_HEIGHT + 12
_MARGIN: Final = 24
_HEAD: Final = 34
_SWEEPS: Final = 6


@dataclass(frozen=True, slots=True)
class Spot:
    """Left upper corner of a box, in pixels."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Layout:
    """A spot for each node, the heads of the columns, and the size of the whole."""

    spots: Mapping[str, Spot]
    heads: Sequence[tuple[LinkKind, float]]
    """Kind, and left edge of its column."""
    width: int
    height: int


def lay_out(chain: Chain) -> Layout:
    """Place every node; the same chain gives the same picture."""
    kinds = [kind for kind in LinkKind if any(node.kind is kind for node in chain.nodes.values())]
    columns = [[name for name, node in chain.nodes.items() if node.kind is kind] for kind in kinds]
    neighbours = _neighbours(chain)
    for sweep in range(_SWEEPS):
        _sort(columns if sweep % 2 == 0 else columns[::-1], neighbours)
    heights = _heights(columns, neighbours)
    spots = {
        name: Spot(_MARGIN + number * _ACROSS, _MARGIN + _HEAD + heights[name] * _DOWN)
        for number, column in enumerate(columns)
        for name in column
    }
    return Layout(
        spots=spots,
        heads=[(kind, _MARGIN + number * _ACROSS) for number, kind in enumerate(kinds)],
        width=2 * _MARGIN + max(len(columns), 1) * _ACROSS - (_ACROSS - BOX_WIDTH),
        height=2 * _MARGIN + _HEAD + round((max(heights.values(), default=0) + 1) * _DOWN),
    )


def _heights(columns: Sequence[Sequence[str]], neighbours: Mapping[str, list[str]]) -> dict[str, float]:
    """How far down each node stands, in rows: within its column in order, and at least one row from the next."""
    if not columns:
        return {}
    fullest = max(range(len(columns)), key=lambda number: len(columns[number]))
    rows = len(columns[fullest])
    heights = {name: float(row) for row, name in enumerate(columns[fullest])}
    for number in sorted(range(len(columns)), key=lambda one: abs(one - fullest)):
        if number == fullest:
            continue
        column, last = columns[number], -1.0
        for row, name in enumerate(column):
            near = _mean([heights[one] for one in neighbours[name] if one in heights], last + 1)
            room = rows - len(column) + row
            last = heights[name] = max(last + 1, min(near, float(room)))
    return heights


def _neighbours(chain: Chain) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {name: [] for name in chain.nodes}
    for link in chain.links:
        found[link.start].append(link.end)
        found[link.end].append(link.start)
    return found


def _sort(columns: Sequence[list[str]], neighbours: Mapping[str, list[str]]) -> None:
    """Sort each column by the mean relative place of the neighbours in the columns before it, in place."""
    place: dict[str, float] = {}
    for column in columns:
        own = {name: (row + 0.5) / len(column) for row, name in enumerate(column)}
        mean = {name: _mean([place[one] for one in neighbours[name] if one in place], own[name]) for name in column}
        column.sort(key=lambda name: (mean[name], own[name]))  # used before the loop goes on
        place |= {name: (row + 0.5) / len(column) for row, name in enumerate(column)}


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise
