"""`care.yaml`: whose management system this is, what it covers and which parts are switched on."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from careloop.domain.channels import Notify
from careloop.domain.noun import Duration, Noun, Slug, Text, not_before, seconds_in
from careloop.domain.roles import Function
from careloop.domain.tier import Enforcement, Phase, Tier

__all__ = [
    "Approval",
    "ChangeControl",
    "CrossReview",
    "Entity",
    "Exclusion",
    "FrameworkId",
    "FunctionQuorum",
    "LedgerAnchor",
    "Organisation",
    "PhaseCadence",
    "Profile",
    "Quorum",
    "Scope",
    "Sessions",
    "SystemExclusion",
]


def _framework_with_edition(value: str) -> str:
    name, colon, edition = value.partition(":")
    if not (colon and name and edition):
        raise ValueError(f"the framework id '{value}' has no edition; write it like iso42001:2023")
    return value


FrameworkId = Annotated[str, AfterValidator(_framework_with_edition)]


class Profile(Noun):
    """Who the organisation is, in the words of its letterhead."""

    name: Text
    sector: Text
    country: str = Field(pattern=r"^[A-Z]{2}$", description="ISO 3166-1 alpha-2 code")
    website: str | None = None


class Approval(Noun):
    """Somebody with authority said yes on a day."""

    by: Slug
    """Post that approved."""
    on: date


class Exclusion(Noun):
    """Something deliberately left outside, and why."""

    what: Text
    reason: Text


class SystemExclusion(Noun):
    """An inventoried AI system that the management system does not cover (R2)."""

    system: Slug
    reason: Text


class Scope(Noun):
    """What the AI management system covers (ISO/IEC 42001 4.3)."""

    statement: Text
    included: tuple[Text, ...] = ()
    excluded: tuple[Exclusion, ...] = ()
    boundaries: tuple[Text, ...] = ()
    systems_included: tuple[Slug, ...] | None = None
    """Systems that it covers, by id; left out: every system of the inventory that is not excluded.

    Rules hold a system that stands in neither list to account all the same, and the check refuses it (R2)."""
    systems_excluded: tuple[SystemExclusion, ...] = ()
    approved: Approval | None = None
    reviewed: date | None = None


class Entity(Noun):
    """A legal entity or site with its own rules."""

    id: Slug
    name: Text
    country: str = Field(pattern=r"^[A-Z]{2}$")
    parent: Slug | None = None


class PhaseCadence(Noun):
    """Who keeps a phase of the loop turning, and how often it turns (R1)."""

    phase: Phase
    owner: Slug
    every: Duration
    started: date | None = None
    """First day of the phase; for Create, the day its thirty days count from (R30)."""
    last_run: Annotated[date | None, not_before("started")] = None


def _twelve_hours_at_most(duration: str) -> str:
    if seconds_in(duration) > 12 * 3600:
        raise ValueError("somebody who proved longer than twelve hours ago who they are has not proven it now")
    return duration


class Sessions(Noun):
    """Servers whose word counts that somebody signed in and has just proven again who they are (SEMANTICS 18)."""

    vouched_by: tuple[Annotated[str, StringConstraints(pattern=r"^ssh-ed25519 [A-Za-z0-9+/]{68}( .+)?$")], ...] = ()
    """Public keys of those servers, `ssh-ed25519 AAAA…`. No key of a person belongs here."""
    step_up: Annotated[Duration, AfterValidator(_twelve_hours_at_most)] = "PT10M"
    """How old that proof may be when something is signed. Twelve hours at most, as NIST SP 800-63B 4.2.3 has it."""


class LedgerAnchor(Noun):
    """A place outside the ledger's database that remembers how long the log was (R51)."""

    id: Slug
    kind: Literal["file", "git-tag", "witness", "timestamp"]
    at: Text
    """Path of the file, name of the git remote (`.` for none), or address of the witness or time stamping authority."""
    key: Text | None = None
    """The witness's public key; the SSH key file that signs tags; the PEM file of an authority's root certificates."""

    @model_validator(mode="after")
    def _with_key(self) -> Self:
        if self.kind != "file" and self.key is None:
            raise ValueError(f"an anchor of the kind {self.kind} needs a key")
        return self


class CrossReview(Noun):
    """Who looks at a change besides its owner: several functions, each by a person of its own (R28)."""

    id: Slug
    paths: tuple[Text, ...] = Field(min_length=1)
    """Globs from the repository's root, as in CODEOWNERS: `systems/**`."""
    tier: Tier | None = None
    """Only for systems of this tier or above; left out: for every path that fits."""
    functions: tuple[Function, ...] = Field(min_length=2)
    at_least: int = Field(ge=2)
    """How many of these functions have to agree; one person speaks for one of them, whatever posts they hold."""

    @model_validator(mode="after")
    def _can_be_met(self) -> Self:
        if len(set(self.functions)) < len(self.functions):
            raise ValueError("a function is named twice, and would count twice")
        if self.at_least > len(self.functions):
            raise ValueError(f"at_least is {self.at_least}, and only {len(self.functions)} functions are named")
        return self


class ChangeControl(Noun):
    """What a change does that lacks its owners' approval or its record (6.3, 7.5.3; R19, R23)."""

    approvals: Enforcement = Enforcement.BLOCK
    """For `owner-approval`, `loosening-approved` and `cross-review`."""
    records: Enforcement = Enforcement.WARN
    """For `change-record`."""
    reviews: tuple[CrossReview, ...] = ()
    """Changes that several functions have to agree to."""


class FunctionQuorum(Noun):
    """A cross-functional review: so many different functions among those named (R28)."""

    at_least: int = Field(ge=1, le=9)
    of: tuple[Function, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _can_be_met(self) -> Self:
        if len(set(self.of)) != len(self.of):
            raise ValueError("a function is named twice")
        if self.at_least > len(self.of):
            raise ValueError(f"{self.at_least} of {len(self.of)} functions can never be met")
        return self


class Quorum(Noun):
    """What approvals of a release of one tier take, beyond what the tier takes anyway; it can only ask for more."""

    people: int = Field(default=0, ge=0, le=9)
    """Distinct people of distinct posts."""
    functions: FunctionQuorum | None = None
    """Each of these people brings in one function at most."""


class Organisation(Noun):
    """The root document of a governance repository."""

    schema_: Literal[1] = Field(alias="schema")
    """Version of the repository's document schema; single documents carry none (CONTRACTS, Versions)."""
    organisation: Profile
    owner: Slug
    """Post accountable for the management system."""
    top_management: Slug
    """Post of top management, where escalation ends."""
    time_zone: str = "UTC"
    """IANA name; serves calendar days, quarters and deadlines."""
    frameworks: tuple[FrameworkId, ...] = ("iso42001:2023",)
    rule_packs: tuple[Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+/[a-z0-9-]+@\d+$")], ...] = (
        "careloop/base@1",
    )
    modules: dict[Slug, Literal["on", "off"]] = {}
    scope: Scope
    entities: tuple[Entity, ...] = ()
    phases: tuple[PhaseCadence, ...] = ()
    intervals: dict[Slug, Duration] = {}
    """Intervals the organisation has declared for its planned processes, by process id."""
    sessions: Sessions | None = None
    """Whose sessions may stand for a signature; without it, only people's own keys prove who acts."""
    approvals: dict[Tier, Quorum] = {}
    """By tier; a tier that is not named takes what SEMANTICS 15 and the rules ask for."""
    change_control: ChangeControl = ChangeControl()
    """Counts as it stands in the commit that a change is made upon."""
    stores: dict[Slug, str] = {}
    anchors: tuple[LedgerAnchor, ...] = ()
    """Where `care ledger anchor` has the log remembered; a ledger behind any of them refuses to run."""
    notify: Notify | None = None
    """Where pages and notices go; without it, to the terminal of the worker."""
    retention: dict[Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.]*$")], Duration] = {}
    """How long personal values beside records of a type are kept; `care ledger retain` erases what is past it."""
    connectors: tuple[Slug, ...] = ()
