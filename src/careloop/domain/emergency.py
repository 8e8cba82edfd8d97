"""What was done without waiting for everybody, and has to be looked at afterwards (SEMANTICS 18; LEDGER 8; R37)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

__all__ = ["BREAK_GLASS", "Emergency", "EmergencyKind", "OnCall"]

BREAK_GLASS = "break_glass"
"""The authority that a post must carry for its holder to break the glass."""


class EmergencyKind(StrEnum):
    """How the usual way was cut short."""

    EMERGENCY = "emergency"
    """A release that lacked nothing but approvals went ahead on one of them."""
    BREAK_GLASS = "break_glass"
    """A release went ahead against the gate's word."""
    ON_CALL = "on_call"
    """Somebody on call used the authority of a post that is not theirs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Emergency:
    """One such act, as the ledger has it."""

    kind: EmergencyKind
    record: str
    """Id of the ledger's record: what a review names."""
    index: int
    person: str
    reason: str
    at: datetime
    until: datetime
    """When what it gave ends by itself."""
    review_due: datetime
    system: str | None = None
    lock: str | None = None
    environment: str | None = None
    overrides: tuple[str, ...] = ()
    """What the gate had said against it."""
    post: str | None = None
    """Of somebody on call: whose authority was taken."""
    authorities: tuple[str, ...] = ()
    reviewed_at: datetime | None = None

    def overdue(self, now: datetime) -> bool:
        """Whether nobody has reviewed it, and the time for that is over."""
        return self.reviewed_at is None and now > self.review_due


@dataclass(frozen=True, slots=True)
class OnCall:
    """Authority that somebody has taken and may use at this moment, on the seat of the post that it is of."""

    person: str
    post: str
    authorities: frozenset[str]
