"""Where in the segments which events lie, in blocks of some 64 KiB: who reads one system's events need not read all.

A block of which not every frame was told whose events it holds may hold anybody's. Sequence numbers of blocks rise;
several may begin at the same one, when the frames between hold no events.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

__all__ = ["BLOCK_BYTES", "SegmentBlocks"]

BLOCK_BYTES: Final = 64 * 2**10
"""Blocks begin at least so far apart, so that what is noted stays small."""


@dataclass(slots=True)
class _Block:
    seq: int
    """`ingest_seq` of its first event, or of the next one where it begins with a frame without events."""
    place: int
    untold: int = 0
    """Frames with events of which nobody said whose they are."""
    systems: set[str] = field(default_factory=set)


class SegmentBlocks:
    """The blocks of all segments, by their files."""

    def __init__(self) -> None:
        self._of: dict[Path, list[_Block]] = {}

    def keep(self, there: Collection[Path]) -> None:
        """Forget files that are gone."""
        self._of = {path: blocks for path, blocks in self._of.items() if path in there}

    def add(self, path: Path, seq: int, place: int, *, empty: bool) -> None:
        """A write begins here: one frame or more; `empty` when it holds no events."""
        blocks = self._of.setdefault(path, [])
        if not blocks or place - blocks[-1].place >= BLOCK_BYTES:
            blocks.append(_Block(seq, place))
        blocks[-1].untold += not empty

    def tell(self, seq: int, systems: Iterable[str]) -> None:
        """The frame whose first event is `seq`, which was added by itself, holds events of these systems alone."""
        found = [block for blocks in self._of.values() if (block := _last_from(blocks, seq)) is not None]
        if found:
            block = max(found, key=lambda each: each.seq)
            block.untold -= 1
            block.systems.update(systems)

    def stretches(self, path: Path, size: int, *, seq: int, system: str) -> list[tuple[int, int]]:
        """Where events of the system from `seq` on may lie in a file of that size: from byte to byte, in order."""
        every = self._of.get(path, [])
        begins = _last_from(every, seq)
        start = 0 if begins is None else begins.place
        blocks = [block for block in every if block.place >= start]
        found: list[tuple[int, int]] = [(start, blocks[0].place if blocks else size)]
        ends = [*(block.place for block in blocks[1:]), size]
        for block, end in zip(blocks, ends, strict=False):
            if block.untold or system in block.systems:
                if found[-1][1] == block.place:
                    found[-1] = found[-1][0], end
                else:
                    found.append((block.place, end))
        return [(first, last) for first, last in found if first < last]


def _last_from(blocks: Sequence[_Block], seq: int) -> _Block | None:
    at = bisect_right(blocks, seq, key=lambda block: block.seq)
    return blocks[at - 1] if at else None
