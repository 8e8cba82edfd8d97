"""A status with where it came from: commit, day, and what was in force."""

from dataclasses import dataclass
from typing import Literal

from careloop.domain.finding import Finding
from careloop.domain.status import Status

__all__ = ["StatusResult"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusResult:
    """The answer of `care status`."""

    status: Status
    errors: tuple[Finding, ...]
    """Documents that could not be read; what rests on them is not held."""
    commit: str | None
    dirty: bool | None
    as_of: str | None
    in_force_by: Literal["ledger", "history"] | None
    """How the commit in force on `as_of` was found; null for the work tree."""
    standards_digest: str
