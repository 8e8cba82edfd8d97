"""Check an export from its bytes alone: which records are proven, redacted, missing or altered, and what else is wrong.

Nothing here trusts the archive. The contents are held against the signed checkpoint, and against the list of digests;
the container is written again and compared. Only a key given from outside makes the outcome "authentic".
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from care_verify.attestations import attestation_keys, bundle, check_envelope
from care_verify.container import Members, open_container, written_again
from care_verify.decoding import Malformed, read_canonical
from care_verify.findings import Outcome, Problem, ProblemKind, State, Verdict
from care_verify.keychain import KEY, follow_keys, key_changes
from care_verify.listing import MANIFEST, README, SUMS, against_sums, manifest_of
from care_verify.notes import Checkpoint, Key, Note, read_checkpoint, read_key, read_note
from care_verify.records import (
    DSSE,
    RECORDS_IN_A_FILE,
    TIMESTAMP,
    Facts,
    Line,
    Record,
    all_lines,
    blob_name,
    entries_name,
    lines_of,
    read_record,
)
from care_verify.tree import leaf_hash, roots_at, tile_names, tiles_of

__all__ = ["verify_export"]

CHECKPOINT: Final = "checkpoint"
DISCLOSURES: Final = "disclosures.jsonl"
_FIXED: Final = {CHECKPOINT, DISCLOSURES, KEY, MANIFEST, README, SUMS}
_MAX_SIZE: Final = 50_000_000
_SHA256: Final = bytes.fromhex("0609608648016503040201")
_IMPRINTS: Final = (_SHA256 + bytes.fromhex("05000420"), _SHA256 + bytes.fromhex("0420"))
"""DER of an imprint before its 32 bytes, with and without the parameters of SHA-256 (RFC 3161, 2.4.1; RFC 5754, 2)."""


def verify_export(archive: bytes, *, trust: Key | None = None, witnesses: Sequence[Key] = ()) -> Outcome:
    """Check an export; `trust` is a key of the log, and `witnesses` those that must have cosigned, from elsewhere.

    Raises `Malformed` when the bytes cannot be opened as an archive at all.
    """
    check = _Check(open_container(archive))
    check.signatures(trust)
    check.tree()
    records = check.records()
    check.keys(trust)
    check.documents()
    check.timestamps()
    check.listing()
    if written_again(check.members) != archive:
        check.report(ProblemKind.CONTAINER_ALTERED, "the ZIP itself")
    return check.outcome(records, trust, witnesses)


@dataclass(slots=True)
class _Check:
    """One pass over an export, and what it has found so far."""

    members: Members
    note: Note | None = None
    said: Checkpoint | None = None
    """What the checkpoint says, signed or not."""
    key: Key | None = None
    holds: bool = False
    """Whether the checkpoint is signed by the key in the export and its root is that of the leaves."""
    complete: bool = True
    """Whether every leaf has its record."""
    leaves: Sequence[bytes] = ()
    facts: Facts = field(default_factory=Facts)
    disclosed: dict[str, bytes] = field(default_factory=dict)
    erased: dict[tuple[str, str], int] = field(default_factory=dict)
    attested: int = 0
    foreign: list[str] = field(default_factory=list)
    stamped: int = 0
    problems: list[Problem] = field(default_factory=list)

    def report(self, kind: ProblemKind, about: str) -> None:
        self.problems.append(Problem(kind, about))

    def signatures(self, trust: Key | None) -> None:
        """Read checkpoint and key. With a trusted key at hand the one in the export only helps to follow a change."""
        try:
            self.note = read_note(self.members.get(CHECKPOINT) or b"")
            self.said = read_checkpoint(self.note)
        except Malformed as error:
            self.report(ProblemKind.BAD_SIGNATURE, f"{CHECKPOINT}: {error}")
        try:
            self.key = read_key((self.members.get(KEY) or b"").decode().removesuffix("\n"))
            if self.members.get(KEY) != f"{self.key.text}\n".encode():
                raise Malformed("not one line")
        except (Malformed, UnicodeDecodeError) as error:
            self.report(ProblemKind.BAD_SIGNATURE, f"{KEY}: {error}")
            self.key = trust
        if self.note and self.said and self.key:
            self.holds = self.note.signed_by(self.key) and self.said.origin == self.key.name
            if not self.holds:
                self.report(ProblemKind.BAD_SIGNATURE, f"{CHECKPOINT} is not signed by the key in {KEY}")

    def tree(self) -> None:
        """The leaves that the checkpoint stands for: from the tiles, or from the records where those do not hold."""
        size = min(self.said.size, _MAX_SIZE) if self.said else 0
        kept = b"".join(self.members.get(name) or b"" for name in tile_names(size))
        tiles = [kept[at : at + 32] for at in range(0, len(kept), 32)]
        signed = (self.said.size, self.said.root) if self.said else None
        if _size_and_root(tiles) == signed:
            self.leaves = tiles
        else:
            lines = [leaf_hash(line) for line in all_lines(self.members)]
            by_lines = _size_and_root(lines) == signed
            self.leaves = lines if by_lines or len(tiles) != size or not size else tiles
            if not by_lines:
                self.holds = False
                self.report(ProblemKind.BAD_ROOT, "the records do not give the root of the checkpoint")
        wanted = tiles_of(self.leaves)
        found = {name: self.members[name] for name in self.members if name.startswith("tile/")}
        for name in sorted(wanted.keys() | found.keys()):
            if wanted.get(name) != found.get(name):
                self.report(ProblemKind.TILE_ALTERED, name)

    def records(self) -> list[Verdict]:
        """A verdict for each record; what they say about keys, documents and erasures is remembered."""
        read: list[tuple[Line, Record | None]] = []
        for line in lines_of(self.members, self.leaves):
            record = _read(line)
            self.complete &= line.fits
            if line.fits and record is None:
                self.report(ProblemKind.NOT_CANONICAL, f"record {line.index}")
            if line.fits and record is not None:
                self.facts.take(record)
            read.append((line, record))
        self._nothing_added(read)
        self.disclosures()
        return [self._verdict(line, record) for line, record in read]

    def disclosures(self) -> None:
        """Values that records are committed to: each must be committed to, and none may be one that was erased."""
        content = self.members.get(DISCLOSURES)
        for record in self.facts.of_type("ledger.redacted"):
            for name in record.data.get("fields", ()):
                self.erased[str(record.data.get("record")), str(name)] = record.index
        lines = content.removesuffix(b"\n").split(b"\n") if content else []
        if content is not None and content != b"".join(line + b"\n" for line in sorted(lines)):
            self.report(ProblemKind.FILE_ALTERED, DISCLOSURES)
        for line in lines:
            commitment = f"sha256:{sha256(line).hexdigest()}"
            if commitment not in self.facts.commitments or not _is_disclosure(line) or commitment in self.disclosed:
                self.report(ProblemKind.DISCLOSURE_BAD, f"{DISCLOSURES}: {commitment}")
            self.disclosed[commitment] = line

    def keys(self, trust: Key | None) -> None:
        """Follow the log's keys from the trusted one to the one that signed the checkpoint."""
        chain = [self.key] if self.key else []
        if self.key:
            sizes = key_changes(self.facts)
            roots = roots_at(self.leaves, sizes) if sizes else {}
            chain, problems = follow_keys(self.members, self.facts, self.key, roots)
            self.problems += problems
        if trust is not None and trust not in chain:
            self.holds = False
            self.report(ProblemKind.BAD_SIGNATURE, f"the log's key is not, and does not follow from, {trust.text}")

    def documents(self) -> None:
        """Every document that a record names must be there as it was, every statement signed, and no other there."""
        expected = dict(self.facts.blobs)
        try:
            keys = attestation_keys(self.facts)
        except Malformed as error:
            self.report(ProblemKind.ATTESTATION_BAD, f"a key for attestations: {error}")
            keys = {}
        derived = {f"keys/{name}.pem": key.pem for name, key in keys.items()}
        for name, digest in sorted(expected.items()):
            content = self.members.get(name)
            if content is None or sha256(content).hexdigest() != digest:
                self.report(ProblemKind.BLOB_MISSING, name)
            elif name == blob_name(digest, DSSE):
                derived |= self._statement(name, content, keys)
        for name, content in derived.items():
            if self.members.get(name) != content:
                self.report(ProblemKind.FILE_ALTERED, name)
        known = expected.keys() | derived.keys() | _FIXED
        held_elsewhere: tuple[str, ...] = ("entries/", "rotations/", "tile/")
        if not self.complete:  # a record that cannot be read may have named them
            held_elsewhere += ("attestations/", "blobs/", "keys/", "timestamps/")
        for name in sorted(self.members.keys() - known):
            if not name.startswith(held_elsewhere):
                self.report(ProblemKind.FILE_ADDED, name)

    def timestamps(self) -> None:
        """Each time stamp must be over a document that its record names: the checkpoint that was anchored."""
        for record in self.facts.of_type("checkpoint.anchored"):
            stamps = [digest for digest, media in record.blobs if media == TIMESTAMP]
            others = [bytes.fromhex(digest) for digest, media in record.blobs if media != TIMESTAMP]
            for name in (blob_name(digest, TIMESTAMP) for digest in stamps):
                reply = self.members.get(name) or b""
                if any(head + digest in reply for head in _IMPRINTS for digest in others):
                    self.stamped += 1
                else:
                    self.report(ProblemKind.TIMESTAMP_BAD, name)

    def listing(self) -> None:
        """The list of digests and the manifest."""
        self.problems += [problem for problem in against_sums(self.members) if problem not in self.problems]
        if README not in self.members:
            self.report(ProblemKind.FILE_MISSING, README)
        if self.said and self.key:
            changes = key_changes(self.facts)
            wanted = manifest_of(self.said, key=self.key.text, rotations=changes, disclosures=len(self.disclosed))
            if self.members.get(MANIFEST) != wanted:
                self.report(ProblemKind.MANIFEST_ALTERED, MANIFEST)

    def outcome(self, records: list[Verdict], trust: Key | None, witnesses: Sequence[Key]) -> Outcome:
        """Everything that was found; nothing counts as proven without a signature that holds."""
        seen: list[tuple[str, int]] = []
        for witness in witnesses:
            when = self.note.cosigned_by(witness) if self.note else None
            if when is None:
                self.report(ProblemKind.WITNESS_MISSING, witness.name)
            else:
                seen.append((witness.name, when))
        return Outcome(
            origin=self.said.origin if self.said else None,
            checkpoint=self.said if self.holds else None,
            key=self.key.text if self.key else None,
            trusted=trust is not None,
            records=tuple(records if self.holds else map(_unproven, records)),
            problems=tuple(sorted(set(self.problems))),
            attestations=self.attested,
            foreign=tuple(self.foreign),
            timestamps=self.stamped,
            witnesses=tuple(seen),
        )

    def _nothing_added(self, read: Sequence[tuple[Line, Record | None]]) -> None:
        """Files of records hold the lines that are leaves and no others; one that does not fit was told already."""
        left = {name for name in self.members if name.startswith("entries/")}
        for first in range(0, len(read), RECORDS_IN_A_FILE):
            lines = [line for line, _ in read[first : first + RECORDS_IN_A_FILE]]
            name = entries_name(first)
            left.discard(name)
            content = b"".join(line.body + b"\n" for line in lines if line.body is not None)
            if all(line.fits for line in lines) and self.members.get(name) != content:
                self.report(ProblemKind.FILE_ALTERED, name)
        for name in sorted(left):
            self.report(ProblemKind.FILE_ADDED, name)

    def _verdict(self, line: Line, record: Record | None) -> Verdict:
        name, kind = (record.id, record.type) if record else (None, None)
        if not line.fits:
            return Verdict(line.index, name, kind, State.MISSING if line.body is None else State.ALTERED)
        hidden = list(self._hidden(record)) if record else []
        state = State.REDACTED if hidden else State.PROVEN
        return Verdict(line.index, name, kind, state, "; ".join(hidden))

    def _hidden(self, record: Record) -> Iterator[str]:
        for name, commitment in record.redactable.items():
            by = self.erased.get((record.id, name))
            if commitment not in self.disclosed:
                yield f"{name} withheld" if by is None else f"{name} erased by record {by}"
            elif by is not None:
                self.report(ProblemKind.DISCLOSURE_BAD, f"{name} of record {record.index} was erased by record {by}")

    def _statement(self, name: str, content: bytes, keys: dict[str, Key]) -> dict[str, bytes]:
        derived: dict[str, bytes] = {}
        try:
            derived[name.replace(".dsse.json", ".sigstore.json")] = bundle(content)
            if check_envelope(content, keys):
                self.attested += 1
            else:
                self.foreign.append(name)
        except Malformed as error:
            self.report(ProblemKind.ATTESTATION_BAD, f"{name}: {error}")
        return derived


def _size_and_root(leaves: Sequence[bytes]) -> tuple[int, bytes]:
    return len(leaves), roots_at(leaves, ())[len(leaves)]


def _read(line: Line) -> Record | None:
    try:
        return None if line.body is None else read_record(line.index, line.body)
    except Malformed:
        return None


def _is_disclosure(line: bytes) -> bool:
    try:
        value = read_canonical(line)
    except Malformed:
        return False
    return isinstance(value, list) and len(value) == 3 and all(isinstance(part, str) for part in value[:2])


def _unproven(verdict: Verdict) -> Verdict:
    if verdict.state in (State.MISSING, State.ALTERED):
        return verdict
    return Verdict(verdict.index, verdict.id, verdict.type, State.UNPROVEN, verdict.because)
