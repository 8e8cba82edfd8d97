"""What a branch's rules would have said about releases that were decided before it (R39-R41)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from careloop.domain.decision import Reason, Verdict

__all__ = ["BackTest", "Effect", "PastRelease"]


class Effect(StrEnum):
    """What the branch would have changed for a release."""

    SAME = "same"
    BLOCKED = "would_block"
    """Allowed, or only waiting for somebody; the branch would have blocked it."""
    WAITING = "would_wait"
    """Allowed; the branch would have made it wait."""
    NEWLY_ALLOWED = "newly_allowed"
    LOOSER = "would_wait_only"
    """Blocked; the branch would only have made it wait."""
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRelease:
    """One decision of the gate, as it was and as the branch would have had it."""

    system: str
    version: str
    environment: str
    lock: str
    decided_at: datetime
    index: int
    """Of the decision in the ledger."""
    recorded: Verdict
    """What the gate said then."""
    before: Verdict | None
    """What it says by the documents of then, judged again; null when that cannot be told."""
    after: Verdict | None
    """What it says with the branch's documents laid over them."""
    effect: Effect
    reasons: tuple[Reason, ...] = ()
    """Reasons that decide and are there on one side only: the branch's where it is stricter, else those that fell."""
    because: str | None = None
    """Why it cannot be told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackTest:
    """A branch held against the last releases."""

    branch: str
    base: str
    """Commit in force."""
    head: str
    """Commit of the branch."""
    tested: tuple[str, ...]
    """Governed files that the branch changes and that were laid over."""
    left_out: tuple[str, ...]
    """Those that were not: a card describes the next release, no earlier one."""
    releases: tuple[PastRelease, ...]
    standards_digest: str

    def count(self, *effects: Effect) -> int:
        """Releases with one of these effects."""
        return sum(one.effect in effects for one in self.releases)

    @property
    def changes_something(self) -> bool:
        """Whether any past release would have fared otherwise, or cannot be told."""
        return self.count(Effect.SAME) < len(self.releases)
