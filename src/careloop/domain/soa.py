"""The Statement of Applicability: every control, whether it applies and why, and what evidence says (R6-R8)."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from careloop.domain.controls import Controls
from careloop.domain.finding import Finding
from careloop.domain.organisation import Approval
from careloop.domain.residual import CreditState
from careloop.domain.risk import Credit, Option
from careloop.domain.status import EvidenceLine, RequirementState

__all__ = ["PlanApproval", "PlanState", "SoaPlan", "SoaRisk", "SoaRow", "Statement"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SoaRisk:
    """A risk whose treatment counts on the control."""

    id: str
    title: str
    option: Option
    credit: Credit
    state: CreditState


@dataclass(frozen=True, slots=True, kw_only=True)
class SoaPlan:
    """Who brings the control by when, and who bears the risk until then."""

    owner: str
    due: date
    interim: Approval | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SoaRow:
    """One decision about one control, with what was computed."""

    control: str
    """Id with its edition: `iso42001:2023/A.6.2.4`, `own/X-1`."""
    title: str
    group: str | None
    own: bool
    """Whether it goes beyond Annex A."""
    applies: bool
    """False only while an exclusion is decided and has not run out."""
    expired: bool
    """Whether it was excluded until a day that is past, and so counts as applicable and unplanned."""
    ground: str | None
    justification: str
    systems: tuple[str, ...]
    """Systems the decision is limited to; empty for all in scope."""
    owner: str
    plan: SoaPlan | None
    expires: date | None
    approved: Approval | None
    status: RequirementState
    """`complete` means evidence complete. Whether it conforms is an auditor's finding."""
    degraded: bool
    because: tuple[str, ...]
    """What is not held, and why."""
    held: int
    claims: int
    evidence: tuple[EvidenceLine, ...]
    fresh_until: date | None
    risks: tuple[SoaRisk, ...]

    @property
    def item(self) -> str:
        """The id without its framework: `A.6.2.4`, `X-1`."""
        return self.control.rpartition("/")[2]

    @property
    def unplanned(self) -> bool:
        """Whether it applies, is not evidence complete, and nobody has planned it: a nonconformity (SEMANTICS 3)."""
        return self.applies and self.status in (RequirementState.PARTIAL, RequirementState.MISSING)


class PlanState(StrEnum):
    """Whether the treatment plan is approved."""

    SIGNED = "signed"
    """A designated person signed exactly this plan."""
    STATED = "stated"
    """controls.yaml says so; nobody signed."""
    VOID = "void"
    """It was signed, and has materially changed since."""
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanApproval:
    """Designated management's approval of the treatment plan and the residual risk (R8)."""

    state: PlanState
    digest: str
    """Of the plan as it is now."""
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """The whole statement at one instant."""

    organisation: str
    scope: str
    system: str | None
    """The one system it was asked for; null for all in scope."""
    decided: Controls
    """controls.yaml: its version, review, owner and readers."""
    approval: PlanApproval
    rows: tuple[SoaRow, ...]
    posts: tuple[tuple[str, str], ...]
    """Id and title of the posts that own something here."""
    systems: tuple[tuple[str, str, str], ...]
    """Id, name and life-cycle stage of the systems it covers."""
    findings: tuple[Finding, ...]
    """What stands against the statement; while there is one, it is not built."""
    errors: tuple[Finding, ...]
    """Documents that could not be read."""
    now: datetime
    commit: str | None
    dirty: bool | None
    as_of: str | None
    in_force_by: str | None
    standards_digest: str

    @property
    def annex(self) -> tuple[SoaRow, ...]:
        """Rows of the reference controls."""
        return tuple(row for row in self.rows if not row.own)
