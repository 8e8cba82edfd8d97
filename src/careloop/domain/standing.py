"""A release's standing: its right to run in an environment until somebody revokes it (SEMANTICS 13)."""

from dataclasses import dataclass
from datetime import datetime

__all__ = ["Standing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One release, approved for one environment; running, restarting and rolling back to it need no fresh approval."""

    system: str
    lock: str
    version: str
    environment: str
    request: str | None
    """Digest of the approval request that was used up for it; None where no approval was required."""
    approvals: int
    since: datetime
    record: str
    """Id of the ledger's record."""
    index: int
    """Place in the ledger: the order of standings."""
    revoked_at: datetime | None = None
    revoked_because: str | None = None
    until: datetime | None = None
    """When it ends by itself, of a release that went ahead in an emergency; null for one that holds until revoked."""
    envelope: str | None = None
    """The grant of the change envelope within which it got standing; null for one that people approved."""

    after: str | None = None
    """How it first went ahead, of a release whose emergency was reviewed: `emergency` or `break_glass`."""

    @property
    def passed_gate(self) -> bool:
        """Whether the gate lacked nothing for it, or nothing but approvals that others have given since."""
        return self.until is None and self.after != "break_glass"

    @property
    def valid(self) -> bool:
        """Whether it has not been revoked, nor run out when it was read."""
        return self.revoked_at is None
