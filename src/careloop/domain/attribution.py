"""Did this release do it? An alarm alone cannot say; one of three comparisons can (SEMANTICS 20)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from careloop.domain.counts import Tally

__all__ = ["Arm", "Attribution", "AttributionEvidence", "Ground", "Paired", "Replayed", "Verdict", "Youth"]


class Ground(StrEnum):
    """What the answer rests on: exactly one of these."""

    CONTROL_ARM = "control_arm"
    """The rollback target answered other requests at the same time."""
    REPLAY = "replay"
    """The rollback target was run on the very rows that raised the alarm."""
    YOUNG_RELEASE = "young_release"
    """The release is young and the windows before it were healthy."""


class Verdict(StrEnum):
    """Would the rollback target do better?"""

    BETTER = "better"
    NOT_BETTER = "not_better"
    """It would not, or not enough: the world changed, and a rollback would not help."""
    CANNOT_TELL = "cannot_tell"


class Paired(NamedTuple):
    """The same rows under two releases: how many were hits under both, one or neither."""

    both: int
    only_served: int
    """Hits under the release that served, not under the target."""
    only_target: int
    neither: int

    @property
    def n(self) -> int:
        """Rows."""
        return sum(self)

    @property
    def served(self) -> Tally:
        """Hits of the release that served."""
        return Tally(self.both + self.only_served, self.n)

    @property
    def target(self) -> Tally:
        """Hits that the target would have had."""
        return Tally(self.both + self.only_target, self.n)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """What the target did in the windows of the alarm, on requests of its own."""

    observed: Tally
    """Of the group that stands out, or of all rows."""
    compared: Tally | None
    """Of the other groups; None for a rate of all rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What the target would have answered to the rows of the alarm."""

    observed: Paired
    compared: Paired | None
    digest: str
    """SHA-256, in hex, over the replayed rows and both answers: another replay must give the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Youth:
    """How old the release was when the metric began to move, and how the target did before it."""

    age_s: int
    """Seconds from the release's first window to the first window of the alarm's run."""
    windows: int
    """Windows with rows of the target before the release came."""
    observed: Tally
    compared: Tally | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributionEvidence:
    """All that is known about whether the release did it; each may be absent."""

    arm: Arm | None = None
    replay: Replayed | None = None
    youth: Youth | None = None
    no_replay: str = "no replay was made"
    """Why there is no replay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """The answer, on exactly one ground, or on none because nothing could tell."""

    ground: Ground | None
    verdict: Verdict
    because: str
    n: int = 0
    """Rows that the answer rests on."""
    improvement: tuple[float, float] | None = None
    """By how much the target would be better, in the measure's unit: lower and upper bound."""

    @property
    def supports_rollback(self) -> bool:
        """Whether it gives the right to roll back without asking."""
        return self.ground is not None and self.verdict is Verdict.BETTER
