"""What a gap assessment says: where each requirement stands, what is missing, who does what by when (R14, R15, R88)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from careloop.domain.finding import Finding
from careloop.domain.standard import Basis, Requirement
from careloop.domain.status import ClaimState, RequirementState
from careloop.domain.system import Lifecycle
from careloop.domain.tier import OrderedEnum, Phase, Tier

__all__ = [
    "Coverage",
    "GapAssessment",
    "GapKind",
    "GapResult",
    "GapRow",
    "Maturity",
    "Milestone",
    "MissingItem",
    "MissingKind",
    "OpenClaim",
    "PlanStep",
    "Road",
    "RoadTerms",
    "StepKind",
    "UrgentSystem",
]


class GapKind(OrderedEnum):
    """How much a row weighs, least first (SEMANTICS 3)."""

    NONE = "none"
    IMPROVEMENT = "improvement"
    """Only guidance of Annex B is open."""
    GAP = "gap"
    """Something is open that nobody could raise a nonconformity about."""
    NONCONFORMITY = "nonconformity"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenClaim:
    """A claim that is not held, and why."""

    id: str
    same_as: str | None
    """Claim whose state it takes over, and whose work closes it."""
    text: str
    basis: Basis
    state: ClaimState
    because: str
    remedy: str
    there: tuple[str, ...]
    """Documents that exist and are no evidence yet."""
    cases: tuple[str, ...]
    """Systems, risks or suppliers that it is not shown for; empty for a claim about the organisation."""
    subject: str | None
    weight: int
    step: StepKind
    by_word: bool
    """Whether only somebody's word, an attestation, can show it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GapRow:
    """One requirement: its status, what that means, and what is open."""

    requirement: Requirement
    status: RequirementState
    care_status: RequirementState
    level: int | None
    """Maturity 0 to 4, for CARE practices only."""
    kind: GapKind
    because: str
    """Why it is of that kind; for an exclusion or a plan, its own words."""
    held: int
    total: int
    open: tuple[OpenClaim, ...]
    oldest: date | None
    """Day of the oldest evidence that it rests on; null where nothing is held or nothing is dated."""
    fresh_until: date | None


class MissingKind(StrEnum):
    """The three lists of R14."""

    ROLE = "role"
    POLICY = "policy"
    PRACTICE = "practice"


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingItem:
    """A role, policy or practice that is not there, or not as it must be."""

    kind: MissingKind
    title: str
    because: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UrgentSystem:
    """A high-risk system in scope with controls open."""

    id: str
    name: str
    tier: Tier
    lifecycle: Lifecycle
    owner: str
    open: tuple[OpenClaim, ...]
    """Heaviest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How many claims can be shown by what, and how many are held: what a tool cannot see is counted too."""

    what: str
    held: int
    unknown: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Maturity:
    """Levels of the CARE practices of one phase."""

    phase: Phase
    levels: Mapping[str, int]
    """By practice."""

    @property
    def lowest(self) -> int:
        """The level that every practice of the phase has reached."""
        return min(self.levels.values(), default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoadTerms:
    """On which terms the road is planned."""

    on: date
    """Today, by the organisation's calendar: decides who holds a post."""
    start: date
    """First day of work."""
    people: int = 1
    """How many work on it full time."""


class StepKind(StrEnum):
    """What closes a claim."""

    WRITE = "write"
    RUN = "run"
    IMPROVE = "improve"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanStep:
    """An action: who does what from when until when."""

    id: str
    title: str
    kind: StepKind
    own: bool
    """Whether the organisation wrote it into aims/roadmap.yaml itself."""
    owner: str | None
    """Post."""
    owner_title: str
    people: tuple[str, ...]
    days: float
    """Person-days."""
    requirements: tuple[str, ...]
    claims: tuple[str, ...]
    remedies: tuple[str, ...]
    weight: int
    """Sum of the weights of its claims."""
    after: tuple[str, ...]
    """Steps and milestones with something left to do that come first."""
    start: date
    due: date
    slack: int | None
    """Working days it can slip without moving stage 2, with people enough; null when stage 2 does not wait for it."""

    @property
    def critical(self) -> bool:
        """Whether a day lost here is a day lost for the certificate."""
        return self.slack == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Milestone:
    """A point on the road with its day."""

    id: str
    title: str
    start: date
    """When its wait begins; its own day where it waits for nothing."""
    on: date
    reached: bool
    """Whether the evidence, or the roadmap, shows that it lies behind."""
    booked: bool
    """Whether the day comes from aims/roadmap.yaml."""
    outside: bool
    because: str
    critical: bool
    source: str | None = None
    """Where the reason comes from, if not from ISO/IEC 42001 itself."""
    verified: bool = True
    """False while nobody has held that source against its text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Road:
    """Everything from today to the certificate and its renewal."""

    start: date
    people: int
    """How many work on it full time."""
    steps: tuple[PlanStep, ...]
    milestones: tuple[Milestone, ...]
    critical_path: tuple[str, ...]
    """Ids from the first step to stage 2 that nothing could shorten."""
    critical_days: int
    """Working days of that path; with too few people the road takes longer."""
    person_days: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GapAssessment:
    """The whole answer but for where it came from."""

    on: date
    rows: tuple[GapRow, ...]
    maturity: tuple[Maturity, ...]
    missing: tuple[MissingItem, ...]
    urgent: tuple[UrgentSystem, ...]
    coverage: tuple[Coverage, ...]
    road: Road | None
    """Null while the order runs in a circle."""
    problems: tuple[Finding, ...]
    """A circle, a step nobody owns, a step that is unknown, a day out of order; each with its place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GapResult:
    """A gap assessment with where it came from."""

    assessment: GapAssessment
    organisation: str
    errors: tuple[Finding, ...]
    """Documents that could not be read."""
    commit: str | None
    dirty: bool | None
    ledger_size: int | None
    standards_digest: str

    @property
    def exit_code(self) -> int:
        """2 for documents that cannot be read, or a plan that its own document makes a circle; 1 for other problems."""
        if self.errors or any(problem.rule == "plan-circle-alone" for problem in self.assessment.problems):
            return 2
        return int(bool(self.assessment.problems))
