"""The ledger as JSON for machines and as lines for people: entries, and what a check of it found (CONTRACTS, JSON)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from careloop import __version__
from careloop.ledger.verify import NoticeKind, ProblemKind, Verification

__all__ = ["LedgerLine", "entries_json", "entry_lines", "verification_json", "verification_lines"]

_WORDS: Mapping[ProblemKind, str] = {
    ProblemKind.ALTERED_BODY: "its bytes were altered",
    ProblemKind.MISSING_INDEX: "it is gone",
    ProblemKind.OUT_OF_PLACE: "it is out of place",
    ProblemKind.BAD_ROOT: "the entries do not give the signed root",
    ProblemKind.BAD_SIGNATURE: "the checkpoint is not signed by the log's key",
    ProblemKind.NOT_CANONICAL: "its bytes are not a record in canonical form",
    ProblemKind.DUPLICATE_ID: "its id is taken by an earlier entry",
    ProblemKind.CLOCK_WENT_BACK: "it was recorded before the entry above it",
    ProblemKind.ALTERED_NODE: "a stored hash of the tree was altered",
    ProblemKind.ALTERED_INDEX_ROW: "what it is searched by differs from what it says",
    ProblemKind.MISSING_BLOB: "a document it names is gone",
    ProblemKind.ALTERED_BLOB: "a document kept beside the log was altered",
    ProblemKind.MISSING_ANCHOR: "the anchor is gone",
    ProblemKind.BEHIND_ANCHOR: "the log is shorter than its anchor proves",
    ProblemKind.FORKED_FROM_ANCHOR: "the log is another than its anchor was signed for",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerLine:
    """One entry, as it is shown."""

    index: int
    type: str
    recorded_at: datetime
    actor: str
    subjects: tuple[str, ...]
    record: Mapping[str, Any]
    """The whole record as JSON."""


def entries_json(lines: Sequence[LedgerLine], *, size: int, origin: str, source: Mapping[str, Any]) -> dict[str, Any]:
    """Entries in order; `source` holds commit and standards_digest."""
    return {
        "schema": "careloop/ledger/v1",
        "careloop_version": __version__,
        **source,
        "origin": origin,
        "size": size,
        "entries": [{"index": line.index, **line.record} for line in lines],
    }


def entry_lines(lines: Sequence[LedgerLine], *, size: int) -> Iterator[tuple[str, str]]:
    """One line an entry, oldest first, and how many of how many."""
    for line in lines:
        about = ", ".join(_short(subject) for subject in line.subjects)
        when = line.recorded_at.isoformat(timespec="seconds").replace("+00:00", "Z")
        yield "", f"{line.index:>7}  {when}  {line.type:<20} {line.actor:<18} {about}"
    yield "summary", f"{len(lines):,} of {size:,} entries"


def verification_json(found: Verification, *, trusted: bool, source: Mapping[str, Any]) -> dict[str, Any]:
    """What a check found; `root` is in hex, `trusted` says whether the key came from outside the ledger."""
    return {
        "schema": "careloop/ledger-verify/v1",
        "careloop_version": __version__,
        **source,
        "size": found.size,
        "root": found.root.hex() if found.root is not None else None,
        "checked": found.checked,
        "trusted": trusted,
        "problems": [{"index": one.index, "kind": one.kind.value} for one in found.problems],
        "notices": [{"index": one.index, "kind": one.kind.value} for one in found.notices],
    }


def verification_lines(found: Verification, *, trusted: bool) -> Iterator[tuple[str, str]]:
    """The verdict first, then every problem with its entry."""
    if found.sound:
        origin = "by the key that you trust" if trusted else "by its own key; --trust KEY checks the origin too"
        yield "good", f"sound: {found.checked:,} of {found.size:,} entries hold, signed {origin}"
    else:
        yield "bad", f"not sound: {len(found.problems):,} problems in {found.size:,} entries"
    for problem in found.problems:
        where = "the log" if problem.index is None else f"entry {problem.index}"
        yield "must", f"  {where}: {_WORDS[problem.kind]}   [{problem.kind.value}]"
    skewed = sum(one.kind is NoticeKind.CLOCK_SKEW for one in found.notices)
    if skewed:
        yield "detail", f"  {skewed:,} entries were recorded by a clock behind the entry before"
    unsigned = sum(one.kind is NoticeKind.UNSIGNED for one in found.notices)
    if unsigned:
        yield "detail", f"  {unsigned:,} entries are newer than the last checkpoint"
    if found.root is not None:
        yield "detail", f"  root {found.root.hex()}"


def _short(subject: str) -> str:
    """A subject without most of its digest."""
    head, colon, digest = subject.partition("sha256:")
    return f"{head}{colon}{digest[:12]}"
