"""The Merkle tree of the log, computed from its leaves: roots of any beginning, and the tiles that hold its hashes.

Sources: RFC 6962 section 2.1; C2SP tlog-tiles (tiles of height 8).
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Final

__all__ = ["Roots", "leaf_hash", "roots_at", "tile_names", "tiles_of"]

_WIDTH: Final = 256


def leaf_hash(body: bytes) -> bytes:
    """Hash of one record's bytes."""
    return sha256(b"\x00" + body).digest()


class Roots:
    """Takes leaves one by one and knows the root so far."""

    def __init__(self) -> None:
        self._peaks: list[tuple[int, bytes]] = []
        self.size = 0

    def take(self, leaf: bytes) -> None:
        """The next leaf hash."""
        height = 0
        while self._peaks and self._peaks[-1][0] == height:
            leaf = _parent(self._peaks.pop()[1], leaf)
            height += 1
        self._peaks.append((height, leaf))
        self.size += 1

    def root(self) -> bytes:
        """Root of what was taken."""
        if not self._peaks:
            return sha256(b"").digest()
        found = self._peaks[-1][1]
        for _, left in reversed(self._peaks[:-1]):
            found = _parent(left, found)
        return found


def roots_at(leaves: Iterable[bytes], sizes: Sequence[int]) -> dict[int, bytes]:
    """Root of the first n leaves for each n asked for that is not beyond the end, and of all of them."""
    wanted, tree = set(sizes), Roots()
    found = {0: tree.root()}
    for leaf in leaves:
        tree.take(leaf)
        if tree.size in wanted:
            found[tree.size] = tree.root()
    found[tree.size] = tree.root()
    return found


def tile_names(size: int, level: int = 0) -> list[str]:
    """Names of the tiles that hold `size` hashes at a level, in order.

    >>> tile_names(300)
    ['tile/0/000', 'tile/0/001.p/44']
    """
    whole, part = divmod(size, _WIDTH)
    names = [f"tile/{level}/{_number(n)}" for n in range(whole)]
    return [*names, f"tile/{level}/{_number(whole)}.p/{part}"] if part else names


def tiles_of(leaves: Sequence[bytes]) -> dict[str, bytes]:
    """Every tile of the tree: hashes of leaves at level 0, of complete subtrees of 256 tiles' hashes above."""
    found: dict[str, bytes] = {}
    hashes, level = list(leaves), 0
    while hashes:
        for at, name in zip(range(0, len(hashes), _WIDTH), tile_names(len(hashes), level), strict=True):
            found[name] = b"".join(hashes[at : at + _WIDTH])
        whole = len(hashes) - len(hashes) % _WIDTH
        hashes, level = [_subtree(hashes[at : at + _WIDTH]) for at in range(0, whole, _WIDTH)], level + 1
    return found


def _subtree(hashes: list[bytes]) -> bytes:
    while len(hashes) > 1:
        hashes = [_parent(hashes[at], hashes[at + 1]) for at in range(0, len(hashes), 2)]
    return hashes[0]


def _parent(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def _number(number: int) -> str:
    text = f"{number % 1000:03d}"
    while number := number // 1000:
        text = f"x{number % 1000:03d}/{text}"
    return text
