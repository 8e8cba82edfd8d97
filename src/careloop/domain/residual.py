"""A risk as it stands now: what its treatment counts on, what is left, whether it may be borne (SEMANTICS 4; R77)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from careloop.domain.risk import Appetite, Combination, Credit, Risk, RiskLevel

__all__ = ["Acceptance", "AcceptanceState", "CreditStanding", "CreditState", "LiveRisk", "Scores", "TreatmentApproval"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Likelihood times impact, for each who would bear it; 1 to 100, never averaged."""

    organisation: int
    individuals: int
    society: int

    @property
    def by_bearer(self) -> Mapping[str, int]:
        """Who bears it -> score."""
        return {"organisation": self.organisation, "individuals": self.individuals, "society": self.society}

    def above(self, appetite: Appetite) -> Mapping[str, int]:
        """Scores of those for whom it is more than the organisation wants to bear."""
        return {who: score for who, score in self.by_bearer.items() if score > getattr(appetite, who)}

    def covers(self, other: "Scores") -> bool:
        """Whether no score of the other is higher than this one's for the same bearer."""
        return all(other.by_bearer[who] <= score for who, score in self.by_bearer.items())

    def combined(self, rule: Combination) -> int:
        """One number for the level of the risk, at least as high as each of the three.

        >>> Scores(organisation=2, individuals=12, society=1).combined(Combination.HIGHEST)
        12
        """
        people = max(self.individuals, self.society)
        return max(self.organisation, people if rule is Combination.HIGHEST else 2 * people)

    def __str__(self) -> str:
        return f"organisation {self.organisation}, individuals {self.individuals}, society {self.society}"


class CreditState(StrEnum):
    """How a control stands that a treatment counts on."""

    EVIDENCED = "evidenced"
    PLANNED = "planned"
    """Somebody brings it by a day that is still to come, and the risk until then is accepted."""
    UNPROVEN = "unproven"
    """It was never evidenced, as far as is known."""
    OVERDUE = "overdue"
    """Its planned day has passed without evidence."""
    DEGRADED = "degraded"
    """It was evidenced once and is not any more."""
    EXCLUDED = "excluded"

    @property
    def fell_short(self) -> bool:
        """Whether somebody relied on it and it did not hold: what suspends an acceptance."""
        return self in (CreditState.OVERDUE, CreditState.DEGRADED, CreditState.EXCLUDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditStanding:
    """A credited control and how it stands; only an evidenced one lowers the risk."""

    credit: Credit
    title: str
    state: CreditState
    because: str

    @property
    def counts(self) -> bool:
        """Whether it lowers the risk now."""
        return self.state is CreditState.EVIDENCED


class AcceptanceState(StrEnum):
    """Whether what is left of a risk may be borne."""

    WITHIN = "within"
    """No score is above the appetite."""
    ACCEPTED = "accepted"
    """Designated management accepted at least this much."""
    PLANNED = "planned"
    """Accepted in view of controls that were never evidenced yet, and designated management bears the rest so long."""
    SUSPENDED = "suspended"
    """Accepted, but a control that the acceptance counted on does not hold any more."""
    OPEN = "open"
    """Above the appetite, and nobody who may has accepted it; or accepted in view of controls that nobody has seen."""

    @property
    def holds_releases(self) -> bool:
        """Whether releases of tier high and above wait."""
        return self in (AcceptanceState.SUSPENDED, AcceptanceState.OPEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """Whether a residual risk is accepted, by whom and on what."""

    state: AcceptanceState
    because: str
    by: str | None = None
    """The post."""
    person: str | None = None
    """Who signed; null when only the document says so."""
    on: date | None = None
    entry: int | None = None
    """Index of the ledger's entry; null when only the document says so."""
    accepted: Scores | None = None
    """What was accepted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TreatmentApproval:
    """A signed yes to a treatment: of one risk, or of the whole plan (R8)."""

    treatment: str
    """`risks/ID`, or `plan`."""
    digest: str
    """Of the material fields that were approved."""
    person: str
    post: str
    on: date
    scores: Scores | None
    """What was left of the risk on that day; null for the plan."""
    evidenced: frozenset[str]
    """Requirements that were evidenced on that day, among those the treatment counts on."""
    entry: int
    refused: str | None = None
    """Why it does not count; null when it does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveRisk:
    """One risk at one instant."""

    risk: Risk
    path: str
    """File of the register."""
    digest: str
    """Of the material fields of its treatment: what an approval binds to."""
    inherent: Scores
    """Before any control."""
    declared: Scores
    """If every credited control were evidenced."""
    now: Scores
    """With the controls that are."""
    level: RiskLevel
    """Of what is left now."""
    appetite: Appetite
    credits: tuple[CreditStanding, ...]
    acceptance: Acceptance
    void: tuple[TreatmentApproval, ...] = ()
    """Approvals that no longer count, because of a material change or for the reason they say."""

    @property
    def above(self) -> Mapping[str, int]:
        """Scores above the appetite, by bearer."""
        return self.now.above(self.appetite)

    @property
    def missing(self) -> tuple[CreditStanding, ...]:
        """Credited controls that do not lower the risk now, those that fell short first."""
        return tuple(sorted((one for one in self.credits if not one.counts), key=lambda one: not one.state.fell_short))

    @property
    def chain(self) -> tuple[str, ...]:
        """From each control that does not hold to the risk: one sentence each."""
        return tuple(
            f"{one.credit.control} is {one.state.value} ({one.because}) -> risk {self.risk.id}" for one in self.missing
        )
