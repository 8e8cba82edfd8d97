"""Does the log still say what it said? Entries and a signed checkpoint in, a list of what is wrong out.

No storage here: the adapter feeds the lines, in order, and adds what only it can see (blobs, index rows, anchors).
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from careloop.errors import CareloopError, InvalidInput
from careloop.ledger.checkpoint import read_checkpoint
from careloop.ledger.merkle import Frontier, leaf_hash
from careloop.ledger.note import Verifier
from careloop.ledger.record import read_entry
from careloop.ports.ledger import Checkpoint, Entry

__all__ = ["LogCheck", "Notice", "NoticeKind", "Problem", "ProblemKind", "StoredLine", "Verification", "verify_log"]


class ProblemKind(StrEnum):
    """Everything that can be wrong with a ledger."""

    ALTERED_BODY = "altered_body"
    MISSING_INDEX = "missing_index"
    """An entry is gone; where a whole run is gone without trace, the first index of the run."""
    OUT_OF_PLACE = "out_of_place"
    BAD_ROOT = "bad_root"
    BAD_SIGNATURE = "bad_signature"
    NOT_CANONICAL = "not_canonical"
    DUPLICATE_ID = "duplicate_id"
    CLOCK_WENT_BACK = "clock_went_back"
    ALTERED_NODE = "altered_node"
    """A stored hash of the tree is wrong; the index is that of the first leaf below it."""
    ALTERED_INDEX_ROW = "altered_index_row"
    """What the ledger is searched by differs from what the entry says."""
    MISSING_BLOB = "missing_blob"
    ALTERED_BLOB = "altered_blob"
    MISSING_ANCHOR = "missing_anchor"
    BEHIND_ANCHOR = "behind_anchor"
    FORKED_FROM_ANCHOR = "forked_from_anchor"


class NoticeKind(StrEnum):
    """What a reader should know though nothing is wrong."""

    CLOCK_SKEW = "clock_skew"
    """The recorder's clock was behind the entry before."""
    UNSIGNED = "unsigned"
    """Written after the newest checkpoint and not yet signed."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong, and where; no index when it concerns the whole log."""

    index: int | None
    kind: ProblemKind


@dataclass(frozen=True, slots=True)
class Notice:
    """Something worth knowing about one entry."""

    index: int
    kind: NoticeKind


@dataclass(frozen=True, slots=True)
class StoredLine:
    """One line of the log as a store gives it."""

    index: int
    body: bytes | None
    """None when only the leaf hash is left."""
    leaf: bytes | None
    """The leaf hash kept beside the body, if the store keeps one: it lets an alteration be told to the exact index."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The outcome of checking a log."""

    size: int
    root: bytes | None
    """Root recomputed from the bodies, over the checkpoint's size; None when some are missing."""
    checked: int
    """Bodies hashed."""
    problems: tuple[Problem, ...]
    notices: tuple[Notice, ...]

    @property
    def sound(self) -> bool:
        """Whether nothing at all is wrong."""
        return not self.problems


class LogCheck:
    """Reads a log line by line and remembers what it needs to judge it: two tree edges and the ids."""

    def __init__(self, checkpoint: Checkpoint | None) -> None:
        self._checkpoint = checkpoint
        self._bodies, self._leaves = Frontier(), Frontier()
        self._mismatches: list[int] = []
        self._problems: list[Problem] = []
        self._notices: list[Notice] = []
        self._ids: set[str] = set()
        self._last: datetime | None = None
        self._next = 0
        self._checked = 0

    def see(self, line: StoredLine) -> Entry | None:
        """Take the next line; give back its entry when the body is whole and canonical."""
        if line.index < self._next:
            self.report(line.index, ProblemKind.OUT_OF_PLACE)
            return None
        if line.index > self._next:
            self.report(self._next, ProblemKind.MISSING_INDEX)
        self._next = line.index + 1
        found = None if line.body is None else leaf_hash(line.body)
        signed = self._checkpoint is None or line.index < self._checkpoint.size
        if signed:
            self._grow(self._bodies, line.index, found)
            self._grow(self._leaves, line.index, line.leaf)
        else:
            self._notices.append(Notice(line.index, NoticeKind.UNSIGNED))
        if line.body is None:
            self.report(line.index, ProblemKind.MISSING_INDEX)
            return None
        self._checked += 1
        if line.leaf is not None and found != line.leaf:
            self._mismatches.append(line.index)
            return None
        return self._read(line.index, line.body)

    def report(self, index: int | None, kind: ProblemKind) -> None:
        """Add something the caller found wrong."""
        self._problems.append(Problem(index, kind))

    def finish(self) -> Verification:
        """Judge the whole: which root holds says whether bodies or stored hashes were altered."""
        expected = self._next if self._checkpoint is None else self._checkpoint.size
        if self._next < expected:
            self.report(self._next, ProblemKind.MISSING_INDEX)
        root = self._bodies.root() if self._bodies.size == expected else None
        whole = self._checkpoint is None or root == self._checkpoint.root
        kind = ProblemKind.ALTERED_NODE if whole and self._checkpoint is not None else ProblemKind.ALTERED_BODY
        for index in self._mismatches:
            self.report(index, kind)
        if self._checkpoint is not None and not whole:
            by_leaves = self._leaves.size == expected and self._leaves.root() == self._checkpoint.root
            if not by_leaves:
                self.report(None, ProblemKind.BAD_ROOT)
        problems = tuple(sorted(self._problems, key=lambda p: (-1 if p.index is None else p.index, p.kind)))
        return Verification(
            size=self._next, root=root, checked=self._checked, problems=problems, notices=tuple(self._notices)
        )

    def _grow(self, tree: Frontier, index: int, leaf: bytes | None) -> None:
        if leaf is not None and tree.size == index:
            tree.add(leaf)

    def _read(self, index: int, body: bytes) -> Entry | None:
        try:
            entry = read_entry(index, body)
        except InvalidInput:
            self.report(index, ProblemKind.NOT_CANONICAL)
            return None
        if entry.record.id in self._ids:
            self.report(index, ProblemKind.DUPLICATE_ID)
        self._ids.add(entry.record.id)
        if self._last is not None and entry.recorded_at < self._last:
            self.report(index, ProblemKind.CLOCK_WENT_BACK)
        self._last = entry.recorded_at
        if entry.skew_ms:
            self._notices.append(Notice(index, NoticeKind.CLOCK_SKEW))
        return entry


def verify_log(lines: Iterable[StoredLine], *, note: str, key: Verifier) -> Verification:
    """Check lines against the signed checkpoint in `note`; with a bad signature the rest is still looked at."""
    checkpoint: Checkpoint | None = None
    with suppress(CareloopError):
        checkpoint = read_checkpoint(note, key)
    check = LogCheck(checkpoint)
    if checkpoint is None:
        check.report(None, ProblemKind.BAD_SIGNATURE)
    for line in lines:
        check.see(line)
    return check.finish()
