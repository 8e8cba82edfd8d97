"""What became of putting a commit in force: the answer of `care enact` (R9, R28)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from careloop.domain.check import CheckResult

__all__ = ["Enacted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Enacted:
    """One step from what was in force to what is."""

    commit: str
    previous: str | None
    """What was in force before; null for the first."""
    check: CheckResult
    """Its findings; while one of them blocks, nothing was recorded."""
    recorded: bool = False
    """Whether an entry was written now; false when the commit was in force already, and when it was refused."""
    approvals: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Altered path to the people whose signed approval it bears; empty for the first commit."""
    reviews: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Review by several functions to who spoke for which of them."""
