"""Which events the lake has already taken, by system and id, in 16 bytes each.

New ones are kept in sets; those of compacted events in sorted arrays on disk that are only mapped into memory. An id
is known by a 128-bit BLAKE2b digest: two different ids would have to collide for an event to be mistaken for another.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from careloop.adapters.durable_file import write_gently
from careloop.adapters.segment_frames import Head
from careloop.domain.event import Event

__all__ = ["KEY_BYTES", "SeenIds", "key_of", "runs_to_merge", "write_run"]

KEY_BYTES: Final = 16
_SET_KEYS: Final = 100_000
"""Keys are forgotten a set at a time, once all of a set stand in a run."""

_HALF_BYTES: Final = 8
_MERGED_AT_ONCE: Final = 250_000
"""Keys."""

Halves = NDArray[np.uint64]


def key_of(event: Event | Head) -> bytes:
    """What stands for an event's system and id."""
    return hashlib.blake2b(f"{event.system}\0{event.id}".encode(), digest_size=KEY_BYTES).digest()


def _halves(keys: Iterable[bytes]) -> tuple[Halves, Halves]:
    whole = np.frombuffer(b"".join(keys), dtype=">u8").astype(np.uint64).reshape(-1, 2)
    return whole[:, 0], whole[:, 1]


class SeenIds:
    """The ids of a lake: `runs` are the sorted arrays on disk."""

    def __init__(self, runs: Sequence[Path] = ()) -> None:
        self._recent: list[tuple[int, set[bytes]]] = []
        self._runs = [np.load(path, mmap_mode="r") for path in runs]

    def add(self, keys: Iterable[bytes], *, upto: int) -> None:
        """These have now been taken; none has a higher `ingest_seq` than `upto`."""
        if not self._recent or len(self._recent[-1][1]) >= _SET_KEYS:
            self._recent.append((upto, set()))
        _, newest = self._recent[-1]
        newest.update(keys)
        self._recent[-1] = (upto, newest)

    def compacted(self, upto: int, runs: Sequence[Path]) -> None:
        """Those up to this `ingest_seq` now stand in these runs, which are all there are."""
        self._recent = [(last, keys) for last, keys in self._recent if last > upto]
        self._runs = [np.load(path, mmap_mode="r") for path in runs]

    def known(self, keys: Sequence[bytes]) -> set[bytes]:
        """Those of the keys that have been taken."""
        found: set[bytes] = set()
        for _, recent in self._recent:
            found |= recent.intersection(keys)
        if self._runs and keys:
            high, low = _halves(keys)
            order = np.argsort(high)  # neighbours are searched on the same pages
            high, low = high[order], low[order]
            for run in self._runs:
                found.update(keys[int(order[i])] for i in _in_run(run, high, low))
        return found


def _in_run(run: NDArray[np.uint64], high: Halves, low: Halves) -> list[int]:
    """Places of the keys that stand in a run: a row a key, sorted by the first half."""
    first, last = (np.searchsorted(run[0], high, side=side) for side in ("left", "right"))
    candidates = np.flatnonzero(last > first)
    return [int(i) for i in candidates if low[i] in run[1][first[i] : last[i]]]


def runs_to_merge(runs: Sequence[Path], rows: int) -> Sequence[Path]:
    """The newest runs, as many as are not much larger than what is added to them, so that few runs stay and each key
    is written few times: with n keys about log n."""
    sizes = [int(np.load(path, mmap_mode="r").shape[1]) for path in runs]
    at = len(runs)
    while at and sizes[at - 1] <= 2 * rows:
        at -= 1
        rows += sizes[at]
    return runs[at:]


def write_run(path: Path, keys: Iterable[bytes], merged: Sequence[Path] = ()) -> None:
    """Write keys, and those of other runs, as one sorted run of shape (2, n), durably.

    Runs may be far larger than memory should be: they are merged a stretch of the keys at a time.
    """
    fresh = np.stack(_halves(keys))
    runs = [fresh[:, np.argsort(fresh[0], kind="stable")], *(np.load(old, mmap_mode="r") for old in merged)]
    rows = sum(run.shape[1] for run in runs)
    write_gently(path, _merged(runs, rows), mode=0o600)


def _merged(runs: Sequence[NDArray[np.uint64]], rows: int) -> Iterator[tuple[int, bytes]]:
    """The bytes of the file and where they belong; keys are digests, so stretches of equal width hold about as many."""
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        head, {"descr": np.lib.format.dtype_to_descr(np.dtype(np.uint64)), "fortran_order": False, "shape": (2, rows)}
    )
    yield 0, head.getvalue()
    high = len(head.getvalue())
    low = high + rows * _HALF_BYTES
    stretches = max(1, rows // _MERGED_AT_ONCE)
    ends = [2**64 * number // stretches for number in range(1, stretches)]
    cuts = [[0, *(int(np.searchsorted(run[0], np.uint64(end))) for end in ends), run.shape[1]] for run in runs]
    for number in range(stretches):
        parts = [run[:, cut[number] : cut[number + 1]] for run, cut in zip(runs, cuts, strict=True)]
        whole = np.concatenate(parts, axis=1)
        ordered = whole[:, np.argsort(whole[0], kind="stable")]
        yield high, ordered[0].tobytes()
        yield low, ordered[1].tobytes()
        high, low = high + ordered[0].nbytes, low + ordered[1].nbytes
