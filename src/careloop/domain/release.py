"""A release as the gate sees it: what was locked, what its tests showed, who said yes (R40-R42; SEMANTICS 11-16)."""

from enum import StrEnum

from pydantic import Field

from careloop.domain.noun import Noun, Slug

__all__ = ["Outcome", "Release", "Result"]


class Outcome(StrEnum):
    """What a release test showed; the gap is judged against its tolerance, not against zero (SEMANTICS 16)."""

    SHOWN_SAFE = "shown_safe"
    SHOWN_HARMFUL = "shown_harmful"
    CANNOT_TELL = "cannot_tell"
    """Too little evidence either way; for high tiers this waits and is never a pass."""


class Result(Noun):
    """One measure over the evaluation set of the release, with its interval."""

    measure: Slug
    outcome: Outcome
    value: float | None = None
    """In the measure's own unit; left out when it could not be computed."""
    n: int = Field(ge=0)
    """Rows the value rests on."""
    upper: float | None = None
    """Upper end of the interval, in the measure's unit."""
    lower: float | None = None
    """Lower end of the interval, in the measure's unit."""


class Release(Noun):
    """A locked version of a system on its way into an environment."""

    id: Slug
    system: Slug
    environment: Slug
    lock: str = Field(min_length=1)
    """Digest of the release lock: everything that decides behaviour (SEMANTICS 11)."""
    results: tuple[Result, ...] = ()
    card_digest_matches: bool
    """Whether the card describes exactly what is locked."""
    results_match_lock: bool
    """Whether every result was measured on exactly what is locked."""
    approvals: int = Field(ge=0)
    """Distinct people whose approval of this lock is valid; the gate counts them, nobody types it."""
    independent_validation: bool
    """Whether somebody other than the developers validated it and no condition is open (SEMANTICS 15)."""
    rollback_target_ready: bool
    """Whether an earlier release with standing can take over."""
