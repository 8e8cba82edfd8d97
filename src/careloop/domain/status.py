"""What status says: per claim, per requirement, and what the programme owes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from careloop.domain.residual import LiveRisk
from careloop.domain.standard import Claim, Requirement
from careloop.domain.tier import OrderedEnum

__all__ = [
    "ClaimResult",
    "ClaimState",
    "EvidenceLine",
    "Judgement",
    "ProgrammeFinding",
    "RecordLine",
    "Records",
    "RequirementRow",
    "RequirementState",
    "Status",
]


class ClaimState(OrderedEnum):
    """Whether a claim holds, worst first; unknown is never a pass."""

    NOT_HELD = "not_held"
    UNKNOWN = "unknown"
    HELD = "held"


class RequirementState(StrEnum):
    """Status of a requirement; the first that applies (SEMANTICS 3)."""

    EXCLUDED = "excluded"
    COMPLETE = "complete"
    PLANNED = "planned"
    PARTIAL = "partial"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class EvidenceLine:
    """What a claim rests on: a document of the repository or an entry of the ledger."""

    kind: str
    """`document` or `record`."""
    ref: str
    """Path, or `type#index`."""


@dataclass(frozen=True, slots=True)
class RecordLine:
    """What status needs to know of a ledger entry."""

    type: str
    index: int
    recorded_at: datetime
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Records:
    """The newest entry of each type, and of each type about each subject, as far as the ledger was read."""

    size: int
    """Entries that were read."""
    newest: Mapping[str, RecordLine] = field(default_factory=dict)
    about: Mapping[tuple[str, str], RecordLine] = field(default_factory=dict)
    """By type and name of the subject."""

    def find(self, kind: str, subject: str | None) -> RecordLine | None:
        """The newest record of a type, about one subject or about anything."""
        return self.newest.get(kind) if subject is None else self.about.get((kind, subject))


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Whether something holds, why, on what, and how long that lasts."""

    state: ClaimState
    because: str
    evidence: tuple[EvidenceLine, ...] = ()
    fresh_until: date | None = None
    failing: tuple[str, ...] = ()
    """Ids of the cases it is not shown for, where it must hold for each of several."""
    lapsed: datetime | None = None
    """Last instant at which what was found still counted, where it did once and has run out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimResult:
    """A claim and how it was judged."""

    claim: Claim
    judgement: Judgement

    @property
    def held(self) -> bool:
        """Whether it counts."""
        return self.judgement.state is ClaimState.HELD


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementRow:
    """A requirement, its two statuses and the claims they were computed from."""

    requirement: Requirement
    status: RequirementState
    care_status: RequirementState
    degraded: bool
    """Whether it was complete at an earlier size of the ledger."""
    level: int | None
    """Maturity 0 to 4, for CARE practices only."""
    claims: tuple[ClaimResult, ...]
    because: str
    """The sentence that explains an exclusion or a plan; empty otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeFinding:
    """Something the programme owes: goes to its owner, never to somebody's pull request (SEMANTICS 7)."""

    rule: str
    owner: str | None
    due: date | None
    acting: str | None
    message: str
    file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The whole answer for one commit and one instant."""

    requirements: tuple[RequirementRow, ...]
    programme: tuple[ProgrammeFinding, ...]
    ledger_size: int | None
    now: datetime
    risks: tuple[LiveRisk, ...] = ()
    """What is left of each risk with the controls that are evidenced now."""
