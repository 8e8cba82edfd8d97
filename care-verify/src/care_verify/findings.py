"""What a check of an export can find: a verdict for each record, and what is wrong with the export as a whole."""

from dataclasses import dataclass
from enum import StrEnum

from care_verify.notes import Checkpoint

__all__ = ["Outcome", "Problem", "ProblemKind", "State", "Verdict"]


class State(StrEnum):
    """What the export shows about one record."""

    PROVEN = "proven"
    REDACTED = "redacted"
    """Proven; a personal value that it is committed to was withheld or erased."""
    MISSING = "missing"
    ALTERED = "altered"
    UNPROVEN = "unproven"
    """Whole as far as one can see, but no valid signature stands behind it."""


class ProblemKind(StrEnum):
    """Everything that can be wrong with an export as a whole."""

    CONTAINER_ALTERED = "container_altered"
    BAD_SIGNATURE = "bad_signature"
    BAD_ROOT = "bad_root"
    NOT_CANONICAL = "not_canonical"
    TILE_ALTERED = "tile_altered"
    KEY_CHAIN_BROKEN = "key_chain_broken"
    MANIFEST_ALTERED = "manifest_altered"
    FILE_ALTERED = "file_altered"
    FILE_MISSING = "file_missing"
    FILE_ADDED = "file_added"
    BLOB_MISSING = "blob_missing"
    ATTESTATION_BAD = "attestation_bad"
    TIMESTAMP_BAD = "timestamp_bad"
    """A time stamp that is not over the checkpoint beside it."""
    DISCLOSURE_BAD = "disclosure_bad"
    """A disclosed value that no record is committed to, or one that the log says was erased."""
    WITNESS_MISSING = "witness_missing"
    """A witness that was asked for did not cosign."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Something wrong, and the file or fact it concerns."""

    kind: ProblemKind
    about: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The state of one record."""

    index: int
    id: str | None
    """None when it cannot be read."""
    type: str | None
    state: State
    because: str = ""
    """For a redacted record, which values are not shown and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """All that a check found."""

    origin: str | None
    """Name of the log; None when no checkpoint could be read."""
    checkpoint: Checkpoint | None
    """None when no valid signature stands behind it."""
    key: str | None
    """The log's key in the export."""
    trusted: bool
    """Whether the key came from outside the export."""
    records: tuple[Verdict, ...]
    problems: tuple[Problem, ...]
    attestations: int
    """Signed statements whose signature holds, by keys that the log names."""
    foreign: tuple[str, ...]
    """Signed statements by keys that the log does not name: nothing is said about them."""
    timestamps: int
    """Time stamps over checkpoints of this log; whether the authority is to be trusted is not asked here."""
    witnesses: tuple[tuple[str, int], ...]
    """Witnesses that cosigned, and when, in seconds since 1970."""

    @property
    def sound(self) -> bool:
        """Whether every record is proven and nothing else is wrong."""
        return not self.problems and all(one.state in (State.PROVEN, State.REDACTED) for one in self.records)

    @property
    def headline(self) -> str:
        """How much of a proof this is, in three words or so."""
        if not self.sound:
            return "not sound"
        return "authentic" if self.trusted else "self-consistent, origin not checked"
