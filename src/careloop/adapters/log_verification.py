"""Check a ledger's tables from end to end: every body, hash, index row and blob, and the anchor outside them.

A sound log is told in one quick pass over ranges, in several processes when it is long; whatever that pass stumbles
over is looked at again, line by line, by the one that names each problem. Works on a ledger that refuses to open, and
writes nothing. Source: LEDGER 4, 6.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from hashlib import sha256

from careloop.adapters.ledger_files import LedgerFiles, read_kept
from careloop.adapters.log_sweep import sweep
from careloop.adapters.log_tables import EVER, EntryRow, IndexedRow, LogTables
from careloop.errors import Refused
from careloop.ledger.canonical import instant_text
from careloop.ledger.merkle import Frontier, node_hash, tree_root
from careloop.ledger.note import Verifier
from careloop.ledger.verify import LogCheck, ProblemKind, StoredLine, Verification
from careloop.ports.ledger import Checkpoint, Entry

__all__ = ["verify_tables"]


def verify_tables(tables: LogTables, files: LedgerFiles, key: Verifier) -> Verification:
    """Everything that is wrong with a log; `key` is its public key, best one you hold from elsewhere."""
    kept, problems = _kept(files, key)
    with tables.answering():
        tables.origin()
        with tables.snapshot():
            if not problems and kept[0] is not None:
                found = sweep(tables, kept[0], kept[1])
                if found is not None:
                    return found
            return _verify(tables, kept, problems)


def _kept(files: LedgerFiles, key: Verifier) -> tuple[list[Checkpoint | None], list[ProblemKind]]:
    """Checkpoint and anchor, read before the database: an append meanwhile only makes the database longer."""
    kept: list[Checkpoint | None] = []
    problems: list[ProblemKind] = []
    for path, missing in (
        (files.checkpoint, ProblemKind.BAD_SIGNATURE),
        (files.anchor, ProblemKind.MISSING_ANCHOR),
    ):
        found: Checkpoint | None = None
        try:
            found = read_kept(path, key)
            problems += [missing] if found is None else []
        except Refused:
            problems.append(ProblemKind.BAD_SIGNATURE)
        kept.append(found)
    return kept, problems


def _verify(tables: LogTables, kept: Sequence[Checkpoint | None], problems: list[ProblemKind]) -> Verification:
    checkpoint, anchor = kept
    check = LogCheck(checkpoint)
    for kind in problems:
        check.report(None, kind)
    blobs = _blobs(tables, check)
    counts = tables.counts()
    heads = dict(tables.heads(0, counts.end))
    tree = Frontier()
    for line, row in _lines(tables):
        entry = check.see(line)
        if entry is not None and row is not None:
            _check_index_rows(entry, row, check)
            _check_blobs(entry, blobs, check)
        tree.add(line.leaf or b"")
        if tree.size in heads and heads[tree.size] != tree.root():
            check.report(line.index, ProblemKind.BAD_ROOT)
    if tables.newest_head()[0] != tree.size:
        check.report(None, ProblemKind.BAD_ROOT)
    _check_tree(tables, tree.size, counts.levels, check)
    _check_anchor(tables, tree.size, anchor, check)
    return check.finish()


def _lines(tables: LogTables) -> Iterator[tuple[StoredLine, IndexedRow | None]]:
    """Every entry, and every leaf whose entry is gone."""
    leaves = tables.hashes(0, -EVER)
    leaf = next(leaves, None)
    for row in tables.rows(-EVER, EVER):
        while leaf is not None and leaf[0] <= row.entry.idx:
            if leaf[0] < row.entry.idx:
                yield StoredLine(leaf[0], None, leaf[1]), None
            leaf = next(leaves, None)
        yield StoredLine(row.entry.idx, row.entry.body, row.leaf or None), row
    while leaf is not None:
        yield StoredLine(leaf[0], None, leaf[1]), None
        leaf = next(leaves, None)


def _blobs(tables: LogTables, check: LogCheck) -> dict[str, int]:
    """Size of each blob that is what its digest says; -1 where it is not."""
    found: dict[str, int] = {}
    for digest, content in tables.blobs():
        whole = sha256(content).hexdigest() == digest
        found[digest] = len(content) if whole else -1
        if not whole:
            check.report(None, ProblemKind.ALTERED_BLOB)
    return found


def _check_blobs(entry: Entry, blobs: Mapping[str, int], check: LogCheck) -> None:
    for ref in entry.record.blobs:
        if ref.sha256 not in blobs:
            check.report(entry.index, ProblemKind.MISSING_BLOB)
        elif blobs[ref.sha256] != ref.size:
            check.report(entry.index, ProblemKind.ALTERED_BLOB)


def _check_index_rows(entry: Entry, row: IndexedRow, check: LogCheck) -> None:
    record, body = entry.record, entry.body
    actor, at = record.actor, instant_text(entry.recorded_at)
    said = EntryRow(entry.index, record.id, record.type, actor.iss, actor.sub, at, body)
    if row.entry != said or set(row.subjects) != {s.name for s in record.subject}:
        check.report(entry.index, ProblemKind.ALTERED_INDEX_ROW)


def _check_tree(tables: LogTables, size: int, levels: Mapping[int, int], check: LogCheck) -> None:
    """Every stored hash must be that of its two children, and none may be missing."""
    counts = dict(levels)
    if any(counts.pop(level, 0) != size >> level for level in range(max(size.bit_length(), 1))) or counts:
        check.report(None, ProblemKind.ALTERED_NODE)
    below = dict(tables.hashes(0))
    for level in range(1, size.bit_length() + 1):
        here = dict(tables.hashes(level))
        for position, found in here.items():
            left, right = below.get(2 * position), below.get(2 * position + 1)
            if left is None or right is None or node_hash(left, right) != found:
                check.report(position << level, ProblemKind.ALTERED_NODE)
        below = here


def _check_anchor(tables: LogTables, size: int, anchor: Checkpoint | None, check: LogCheck) -> None:
    if anchor is None:
        return
    if anchor.size > size:
        check.report(None, ProblemKind.BEHIND_ANCHOR)
        return
    root = None
    with suppress(Refused):
        root = tree_root(anchor.size, tables.node)
    if root != anchor.root:
        check.report(None, ProblemKind.FORKED_FROM_ANCHOR)
