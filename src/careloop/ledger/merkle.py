"""The Merkle tree: one hash that stands for the whole log, and short proofs that something is in it.

Everything is computed from hashes of complete subtrees, found by level (0 = leaf) and position; whoever stores the log
stores those and passes a `Nodes` reader. Indices and sizes count leaves from 0. Source: RFC 6962 section 2.1 (hashing,
audit paths, consistency), RFC 9162 sections 2.1.3.2 and 2.1.4.2 (verification).
"""

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Final, TypeAlias

__all__ = [
    "EMPTY_ROOT",
    "Frontier",
    "Node",
    "Nodes",
    "consistency_proof",
    "grown_nodes",
    "inclusion_proof",
    "leaf_hash",
    "new_nodes",
    "node_hash",
    "tree_root",
    "verify_consistency",
    "verify_inclusion",
]

EMPTY_ROOT: Final = sha256(b"").digest()
Nodes: TypeAlias = Callable[[int, int], bytes]
"""(level, position) -> hash of the complete subtree of 2^level leaves that begins at leaf position * 2^level."""
Node: TypeAlias = tuple[int, int, bytes]
"""Level, position, hash."""


def leaf_hash(body: bytes) -> bytes:
    """Hash of one entry's bytes."""
    return sha256(b"\x00" + body).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of two neighbouring subtrees."""
    return sha256(b"\x01" + left + right).digest()


def new_nodes(size: int, leaf: bytes, nodes: Nodes) -> list[Node]:
    """The complete subtrees that come into being when a leaf joins a tree of `size` leaves, the leaf itself first."""
    level, position, made = 0, size, [(0, size, leaf)]
    while position & 1:
        leaf = node_hash(nodes(level, position - 1), leaf)
        level, position = level + 1, position >> 1
        made.append((level, position, leaf))
    return made


def grown_nodes(size: int, leaves: Sequence[bytes], nodes: Nodes) -> list[Node]:
    """What `new_nodes` gives for these leaves one after another, level by level: one pass for a whole batch."""
    made: list[Node] = []
    level, start, row = 0, size, list(leaves)
    while row:
        made += [(level, place, found) for place, found in enumerate(row, start)]
        if start & 1:
            start -= 1
            row.insert(0, nodes(level, start))
        row = [sha256(b"\x01" + left + right).digest() for left, right in zip(row[::2], row[1::2], strict=False)]
        level, start = level + 1, start >> 1
    return made


def tree_root(size: int, nodes: Nodes) -> bytes:
    """Root of the tree of the first `size` leaves."""
    return _hash_of(0, size, nodes) if size else EMPTY_ROOT


def inclusion_proof(index: int, size: int, nodes: Nodes) -> tuple[bytes, ...]:
    """Audit path of leaf `index` in the tree of `size` leaves, nearest sibling first; needs 0 <= index < size."""
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size}")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_hash_of(middle, end, nodes))
            end = middle
        else:
            path.append(_hash_of(start, middle, nodes))
            start = middle
    return tuple(reversed(path))


def consistency_proof(old: int, new: int, nodes: Nodes) -> tuple[bytes, ...]:
    """Proof that the tree of `new` leaves begins with the tree of `old`; needs 0 <= old <= new, empty at the ends."""
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {new} leaves cannot continue one of {old}")
    if old in (0, new):
        return ()
    path: list[bytes] = []
    start, end, whole = 0, new, True
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(_hash_of(middle, end, nodes))
            end = middle
        else:
            path.append(_hash_of(start, middle, nodes))
            start, whole = middle, False
    if not whole:
        path.append(_hash_of(start, end, nodes))
    return tuple(reversed(path))


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], *, root: bytes) -> bool:
    """Whether the path leads from a leaf hash at `index` to the root of the tree of `size` leaves."""
    if not 0 <= index < size:
        return False
    position, last, reached = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if position & 1 or position == last:
            reached = node_hash(sibling, reached)
            position, last = _past_lone_parents(position, last)
        else:
            reached = node_hash(reached, sibling)
        position, last = position >> 1, last >> 1
    return last == 0 and reached == root


def verify_consistency(old: int, new: int, proof: Sequence[bytes], *, old_root: bytes, new_root: bytes) -> bool:
    """Whether the tree of `new` leaves with its root begins with the tree of `old` leaves and its root."""
    if not 0 <= old <= new:
        return False
    if old == new:
        return not proof and old_root == new_root
    if old == 0:
        return not proof and old_root == EMPTY_ROOT
    path = list(proof) if old & (old - 1) else [old_root, *proof]
    if not path:
        return False
    position, last = old - 1, new - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    old_reached = new_reached = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            old_reached, new_reached = node_hash(sibling, old_reached), node_hash(sibling, new_reached)
            position, last = _past_lone_parents(position, last)
        else:
            new_reached = node_hash(new_reached, sibling)
        position, last = position >> 1, last >> 1
    return last == 0 and old_reached == old_root and new_reached == new_root


class Frontier:
    """Reads leaves one by one and knows the root so far, with no more than one hash a level in memory."""

    def __init__(self) -> None:
        self._edge: list[tuple[int, bytes]] = []
        self.size = 0

    def add(self, leaf: bytes) -> None:
        """Take the next leaf hash."""
        level = 0
        while self._edge and self._edge[-1][0] == level:
            leaf = node_hash(self._edge.pop()[1], leaf)
            level += 1
        self._edge.append((level, leaf))
        self.size += 1

    def root(self) -> bytes:
        """Root of all leaves taken so far."""
        if not self._edge:
            return EMPTY_ROOT
        (_, reached), *rest = reversed(self._edge)
        for _, left in rest:
            reached = node_hash(left, reached)
        return reached


def _split(width: int) -> int:
    """Largest power of two below `width`, which is at least 2."""
    return 1 << ((width - 1).bit_length() - 1)


def _hash_of(start: int, end: int, nodes: Nodes) -> bytes:
    width = end - start
    if width & (width - 1) == 0:
        level = width.bit_length() - 1
        return nodes(level, start >> level)
    middle = start + _split(width)
    return node_hash(_hash_of(start, middle, nodes), _hash_of(middle, end, nodes))


def _past_lone_parents(position: int, last: int) -> tuple[int, int]:
    """Skip the levels at which a right edge node has no sibling and is passed up unchanged."""
    while not position & 1 and position:
        position, last = position >> 1, last >> 1
    return position, last
