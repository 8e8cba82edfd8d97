"""Check a ledger's SQLite file from end to end: every body, hash, index row and blob, and the anchor outside it.

Works on a ledger that refuses to open, and writes nothing. Source: LEDGER 4, 6.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import partial
from hashlib import sha256
from pathlib import Path

from careloop.adapters.ledger_files import LedgerFiles, files_of, read_kept
from careloop.adapters.signing_keys import load_verifier
from careloop.adapters.sqlite_ledger_store import answering_for, as_bytes, connect, origin_of, read_node, reading
from careloop.errors import NotFound, Refused
from careloop.ledger.canonical import instant_text
from careloop.ledger.merkle import Frontier, node_hash, tree_root
from careloop.ledger.note import Verifier
from careloop.ledger.verify import LogCheck, ProblemKind, StoredLine, Verification
from careloop.ports.ledger import Checkpoint, Entry

__all__ = ["verify_sqlite_ledger"]

_LINES = (
    "SELECT entry.idx AS place, CAST(body AS BLOB), hash FROM entry LEFT JOIN node ON level = 0 AND pos = entry.idx"
    " UNION ALL SELECT pos, NULL, hash FROM node LEFT JOIN entry ON entry.idx = pos"
    " WHERE level = 0 AND entry.idx IS NULL ORDER BY place"
)
_MAX_LEVEL = 63
_FAMILIES = (
    "SELECT up.level, up.pos, up.hash, l.hash, r.hash FROM node AS up"
    " LEFT JOIN node AS l ON l.level = up.level - 1 AND l.pos = up.pos * 2"
    " LEFT JOIN node AS r ON r.level = up.level - 1 AND r.pos = up.pos * 2 + 1"
    " WHERE up.level > 0 ORDER BY up.level, up.pos"
)


def verify_sqlite_ledger(
    path: Path | str, *, anchor: Path | None = None, trust: Verifier | None = None
) -> Verification:
    """Everything that is wrong with the ledger at `path`; `trust` is its key when you hold it from elsewhere.

    Raises `NotFound` when there is no ledger, and `Refused` when SQLite itself cannot read the file.
    """
    files = files_of(Path(path), anchor)
    if not files.database.is_file():
        raise NotFound(f"no ledger at {files.database}")
    key = trust or load_verifier(files.public_key)
    kept, problems = _kept(files, key)
    with answering_for(files.database):
        db = connect(files.database, read_only=True)
        try:
            origin_of(db, files.database)
            with reading(db):
                return _verify(db, kept, problems)
        finally:
            db.close()


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


def _verify(db: sqlite3.Connection, kept: list[Checkpoint | None], problems: list[ProblemKind]) -> Verification:
    checkpoint, anchor = kept
    check = LogCheck(checkpoint)
    for kind in problems:
        check.report(None, kind)
    blobs = _blobs(db, check)
    heads = {int(size): as_bytes(root) for size, root in db.execute("SELECT size, root FROM head")}
    tree = Frontier()
    for line in _lines(db):
        entry = check.see(line)
        if entry is not None:
            _check_index_rows(db, entry, check)
            _check_blobs(entry, blobs, check)
        tree.add(line.leaf or b"")
        if tree.size in heads and heads[tree.size] != tree.root():
            check.report(line.index, ProblemKind.BAD_ROOT)
    if max(heads, default=0) != tree.size:
        check.report(None, ProblemKind.BAD_ROOT)
    _check_tree(db, tree.size, check)
    _check_anchor(db, tree.size, anchor, check)
    return check.finish()


def _lines(db: sqlite3.Connection) -> Iterator[StoredLine]:
    for index, body, leaf in db.execute(_LINES):
        yield StoredLine(index, None if body is None else as_bytes(body), None if leaf is None else as_bytes(leaf))


def _blobs(db: sqlite3.Connection, check: LogCheck) -> dict[str, int]:
    """Size of each blob that is what its digest says; -1 where it is not."""
    found: dict[str, int] = {}
    for digest, data in db.execute("SELECT sha256, data FROM blob"):
        content = as_bytes(data)
        whole = sha256(content).hexdigest() == digest
        found[str(digest)] = len(content) if whole else -1
        if not whole:
            check.report(None, ProblemKind.ALTERED_BLOB)
    return found


def _check_blobs(entry: Entry, blobs: Mapping[str, int], check: LogCheck) -> None:
    for ref in entry.record.blobs:
        if ref.sha256 not in blobs:
            check.report(entry.index, ProblemKind.MISSING_BLOB)
        elif blobs[ref.sha256] != ref.size:
            check.report(entry.index, ProblemKind.ALTERED_BLOB)


def _check_index_rows(db: sqlite3.Connection, entry: Entry, check: LogCheck) -> None:
    record = entry.record
    row = db.execute("SELECT id, type, iss, sub, recorded_at FROM entry WHERE idx = ?", (entry.index,)).fetchone()
    names = {name for (name,) in db.execute("SELECT name FROM subject WHERE idx = ?", (entry.index,))}
    said = (record.id, record.type, record.actor.iss, record.actor.sub, instant_text(entry.recorded_at))
    if row != said or names != {s.name for s in record.subject}:
        check.report(entry.index, ProblemKind.ALTERED_INDEX_ROW)


def _check_tree(db: sqlite3.Connection, size: int, check: LogCheck) -> None:
    """Every stored hash must be that of its two children, and none may be missing."""
    for level, position, found, left, right in db.execute(_FAMILIES):
        whole = left is not None and right is not None and node_hash(as_bytes(left), as_bytes(right)) == as_bytes(found)
        if not whole:
            first = int(position) << int(level) if level < _MAX_LEVEL and position >= 0 else None
            check.report(first, ProblemKind.ALTERED_NODE)
    counts = dict(db.execute("SELECT level, COUNT(*) FROM node GROUP BY level"))
    if any(counts.pop(level, 0) != size >> level for level in range(max(size.bit_length(), 1))) or counts:
        check.report(None, ProblemKind.ALTERED_NODE)


def _check_anchor(db: sqlite3.Connection, size: int, anchor: Checkpoint | None, check: LogCheck) -> None:
    if anchor is None:
        return
    if anchor.size > size:
        check.report(None, ProblemKind.BEHIND_ANCHOR)
        return
    root = None
    with suppress(Refused):
        root = tree_root(anchor.size, partial(read_node, db))
    if root != anchor.root:
        check.report(None, ProblemKind.FORKED_FROM_ANCHOR)
