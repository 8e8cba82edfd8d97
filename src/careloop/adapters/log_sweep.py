"""The quick pass over a ledger's tables: yes, all is well, or no word at all.

Ranges of entries are looked at independently, on as many processors as there are: bodies against leaves, canonical
form, index rows, the tree's hashes within the range, the root of every commit. What joins the ranges (upper hashes,
ids, clock, blobs, checkpoint, anchor) follows here. It finds everything that `log_verification` names, and says
nothing about where. Source: LEDGER 4.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from itertools import pairwise
from multiprocessing import get_context
from typing import Final

from careloop.adapters.log_tables import IndexedRow, LogTables
from careloop.errors import CareloopError, InvalidInput
from careloop.ledger.merkle import node_hash, tree_root
from careloop.ledger.record import read_entry
from careloop.ledger.verify import Notice, NoticeKind, Verification
from careloop.ledger.written import WrittenRecord, read_shortly, written_of
from careloop.ports.ledger import Checkpoint

__all__ = ["sweep"]

_RANGE_LEVEL: Final = 14
_WORTH_PROCESSES: Final = 6 * 2**_RANGE_LEVEL


class _Unsound(Exception):
    """Something is not as it should be; `log_verification` finds out what."""


@dataclass(slots=True)
class _Range:
    """What one range is remembered by."""

    ids: bytes = b""
    """Sixteen bytes an entry."""
    first_at: str = ""
    last_at: str = ""
    late: list[int] = field(default_factory=list)
    """Entries whose recorder's clock was behind."""
    blobs: set[tuple[str, int]] = field(default_factory=set)


def sweep(
    tables: LogTables,
    checkpoint: Checkpoint,
    anchor: Checkpoint | None,
    *,
    range_level: int = _RANGE_LEVEL,
    worth_processes: int = _WORTH_PROCESSES,
) -> Verification | None:
    """The outcome for a log with nothing wrong about it, else None. Within `snapshot`.

    A range is a complete subtree of 2^range_level entries, or what the end of the log has of one; from
    `worth_processes` entries on, ranges are given to other processes.
    """
    size, root = tables.newest_head()
    counts = tables.counts()
    levels = {level: size >> level for level in range(size.bit_length())}
    kept = [checkpoint, *([anchor] if anchor else [])]
    if counts.levels != levels or not counts.end == counts.entries == size or any(c.size > size for c in kept):
        return None
    try:
        processes = _processors() if size >= worth_processes else 1
        ranges = list(_each_range(tables, size, range_level, processes))
        _check_joints(tables, size, range_level, ranges)
        if any(
            tree_root(c.size, tables.node) != c.root
            for c in (*kept, Checkpoint(origin="", size=size, root=root, note=""))
        ):
            return None
    except (_Unsound, CareloopError):
        return None
    late = [Notice(index, NoticeKind.CLOCK_SKEW) for found in ranges for index in found.late]
    unsigned = [Notice(index, NoticeKind.UNSIGNED) for index in range(checkpoint.size, size)]
    notices = tuple(sorted([*late, *unsigned], key=lambda notice: notice.index))
    return Verification(size=size, root=checkpoint.root, checked=size, problems=(), notices=notices)


def _each_range(tables: LogTables, size: int, level: int, processes: int) -> Iterator[_Range]:
    starts = range(0, size, 1 << level)
    if processes < 2:
        yield from (_look(tables, start, size, level) for start in starts)
        return
    with ProcessPoolExecutor(
        processes, mp_context=get_context("spawn"), initializer=_open_here, initargs=(tables.reopening(),)
    ) as pool:
        yield from pool.map(partial(_look_here, size=size, level=level), starts, chunksize=2)


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


_here: list[LogTables] = []
"""In a process of the pool: its own connection."""


def _open_here(reopen: Callable[[], LogTables]) -> None:
    _here.append(reopen())


def _look_here(start: int, *, size: int, level: int) -> _Range:
    return _look(_here[0], start, size, level)


def _look(tables: LogTables, start: int, size: int, level: int) -> _Range:
    """Check one range by itself; raises `_Unsound`."""
    end = min(start + (1 << level), size)
    found, ids, leaves, last = _Range(), [], [], ""
    for place, row in enumerate(tables.rows(start, end), start):
        written = _whole(row, place)
        if written.recorded_at < last:
            raise _Unsound
        last = written.recorded_at
        found.first_at = found.first_at or last
        ids.append(written.id)
        leaves.append(row.leaf)
        if written.skew_ms:
            found.late.append(place)
        if written.blobs:
            found.blobs |= {(blob.sha256, blob.size) for blob in written.blobs}
    if len(leaves) != end - start:
        raise _Unsound
    found.last_at = last
    found.ids = bytes.fromhex("".join(ids).replace("-", ""))
    _check_roots(tables, start, _check_hashes(tables, start, leaves, level), len(leaves))
    return found


def _whole(row: IndexedRow, place: int) -> WrittenRecord:
    """The record in a row, when its bytes, its leaf and its index rows agree."""
    entry = row.entry
    if sha256(b"\x00" + entry.body).digest() != row.leaf or entry.idx != place:
        raise _Unsound
    written = read_shortly(entry.body)
    if written is None:
        try:
            written = written_of(read_entry(place, entry.body))
        except InvalidInput as error:
            raise _Unsound from error
    actor, names = written.actor, written.subject
    said = (place, written.id, written.type, actor.iss, actor.sub, written.recorded_at)
    if entry[:6] != said:
        raise _Unsound
    found = (names[0].name,) if len(names) == 1 else tuple(sorted({subject.name for subject in names}))
    if row.subjects != found:
        raise _Unsound
    return written


def _check_hashes(tables: LogTables, start: int, leaves: Sequence[bytes], top: int) -> list[list[bytes]]:
    """The hashes within a range, level by level, when the stored ones are the same."""
    levels, row = [list(leaves)], list(leaves)
    for level in range(1, top + 1):
        row = [sha256(b"\x01" + left + right).digest() for left, right in zip(row[::2], row[1::2], strict=False)]
        first = start >> level
        if list(tables.hashes(level, first, first + len(row))) != list(enumerate(row, first)):
            raise _Unsound
        levels.append(row)
    return levels


def _check_roots(tables: LogTables, start: int, levels: Sequence[Sequence[bytes]], count: int) -> None:
    """The root after every commit that ended within a range."""
    top = len(levels) - 1
    before = [tables.node(level, (start >> level) - 1) for level in range(top, 64) if start >> level & 1]
    for size, root in tables.heads(start, start + count):
        rest = size - start
        reached, at = b"", rest
        for level in range(rest.bit_length()):
            if rest >> level & 1:
                at -= 1 << level
                left = levels[level][at >> level]
                reached = sha256(b"\x01" + left + reached).digest() if reached else left
        if rest == 1 << top:
            reached = tree_root(size, tables.node)
        else:
            for left in before:
                reached = node_hash(left, reached)
        if reached != root:
            raise _Unsound


def _check_joints(tables: LogTables, size: int, top: int, ranges: Sequence[_Range]) -> None:
    """What no range can see alone; raises `_Unsound`."""
    if any(one.last_at > other.first_at for one, other in pairwise(ranges)):
        raise _Unsound
    ids = b"".join(found.ids for found in ranges)
    if len({ids[at : at + 16] for at in range(0, len(ids), 16)}) != size:
        raise _Unsound
    below = [found for _, found in tables.hashes(top)]
    for level in range(top + 1, size.bit_length()):
        above = [node_hash(left, right) for left, right in zip(below[::2], below[1::2], strict=False)]
        if list(tables.hashes(level)) != list(enumerate(above)):
            raise _Unsound
        below = above
    kept: dict[str, int] = {}
    for digest, content in tables.blobs():
        if sha256(content).hexdigest() != digest:
            raise _Unsound
        kept[digest] = len(content)
    if any(kept.get(digest) != length for found in ranges for digest, length in found.blobs):
        raise _Unsound
