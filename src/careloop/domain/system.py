"""An AI system as the inventory knows it (R2, R27, R58, R64, R76; SEMANTICS 22, 25)."""

from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field, field_validator

from careloop.domain.evaluation import ExpectedResult
from careloop.domain.feed import Feed
from careloop.domain.label_spec import LabelSpec, horizon_said_once
from careloop.domain.not_assessable import ProtectedBasis
from careloop.domain.noun import Duration, Governed, Noun, Slug, Text, not_before
from careloop.domain.organisation import Approval
from careloop.domain.tier import OrderedEnum, Tier
from careloop.domain.view import PrometheusView

__all__ = [
    "Autonomy",
    "Computing",
    "Deployment",
    "Design",
    "EventField",
    "EventSchema",
    "EventType",
    "IntendedUse",
    "Lifecycle",
    "LogKeeping",
    "Operation",
    "Origin",
    "Requirement",
    "Resources",
    "Responsibility",
    "SafeState",
    "SafeStateKind",
    "StageResources",
    "System",
    "Tool",
]


class Origin(StrEnum):
    """Where the system comes from; selects claims and metrics."""

    BUILT = "built"
    FINE_TUNED = "fine-tuned"
    BOUGHT = "bought"
    EMBEDDED = "embedded"
    EMPLOYEE_TOOL = "employee-tool"


class Lifecycle(OrderedEnum):
    """Stages of ISO/IEC 22989 in their order."""

    INCEPTION = "inception"
    DESIGN = "design"
    VERIFICATION = "verification"
    DEPLOYMENT = "deployment"
    OPERATION = "operation"
    REEVALUATION = "reevaluation"
    RETIREMENT = "retirement"


class Autonomy(OrderedEnum):
    """Who has the last word, least autonomous first."""

    ADVISES = "advises"
    HUMAN_DECIDES = "human_decides"
    HUMAN_CAN_OVERRIDE = "human_can_override"
    ACTS_ALONE = "acts_alone"


class SafeStateKind(StrEnum):
    """What serves when the model must not (SEMANTICS 22)."""

    PREVIOUS_RELEASE = "previous_release"
    BASELINE = "baseline"
    RULES = "rules"
    HUMAN = "human"
    STATIC = "static"
    OFF = "off"


class SafeState(Noun):
    """The declared safe state; risk-assessed, approved, drilled."""

    kind: SafeStateKind
    description: Text
    assessed: date | None = None
    approved: Annotated[Approval | None, not_before("assessed")] = None
    drilled: date | None = None


class IntendedUse(Noun):
    """One thing the system is for, by whom and where (A.9.4, R64)."""

    id: Slug
    purpose: Text
    roles: tuple[Slug, ...] = Field(min_length=1)
    regions: tuple[Text, ...] = ()
    enforced_by: Slug | None = None
    """`guard`, `access_control`, `supplier`: what keeps use within it."""


class EventType(StrEnum):
    """Type of a declared event field (EVENTS.md)."""

    NUMBER = "number"
    INTEGER = "integer"
    TEXT = "text"
    BOOLEAN = "boolean"
    CATEGORY = "category"


class EventField(Noun):
    """A field that inference events of this system may carry."""

    type: EventType
    personal: bool
    unit: str | None = None
    values: tuple[str, ...] = ()


class EventSchema(Noun):
    """What events of the system look like."""

    features: dict[Slug, EventField] = {}
    groups: dict[Slug, EventField] = {}
    segment: dict[Slug, EventField] = {}
    business: dict[Slug, EventField] = {}
    favourable: tuple[Text, ...] = ()
    """Answers that are good for the person, in canonical text (`approve`, `true`); selection rates count these."""
    protected_basis: ProtectedBasis | None = None
    label_horizon: Duration | None = None
    """The same as `labels: {horizon: ...}`, where nothing else is to be said about labels."""
    labels: Annotated[LabelSpec | None, AfterValidator(horizon_said_once)] = None
    """How long labels take, and whose outcomes are seen."""
    most_per_minute: int | None = Field(default=None, ge=1)
    """Events that a server takes of this system in a minute, so that it crowds out no other; files have no quota."""

    @property
    def label_spec(self) -> LabelSpec | None:
        """What is declared about labels, in whichever form; None when nothing is."""
        if self.labels is not None or self.label_horizon is None:
            return self.labels
        return LabelSpec(horizon=self.label_horizon)


class Responsibility(Noun):
    """Something one party answers for; exactly one accountable each (A.10.2, R63)."""

    what: Text
    accountable: Slug
    """Party id: `organisation`, or the id of a supplier, partner or customer."""


class Tool(Noun):
    """A tool, algorithm or library the system is made with (A.4.4)."""

    name: Text
    version: str | None = None
    purpose: Text


class StageResources(Noun):
    """What one life-cycle stage needs (A.4.2)."""

    stage: Lifecycle
    people: Text
    budget: str | None = None
    other: str | None = None


class Computing(Noun):
    """Where it runs and what that costs (A.4.5)."""

    location: Text
    capacity: Text
    environmental_impact: Text


class Resources(Noun):
    """People, tools, data and compute of the system (7.1, A.4)."""

    stages: tuple[StageResources, ...] = ()
    tooling: tuple[Tool, ...] = ()
    computing: Computing | None = None


class Requirement(Noun):
    """What the system must do and why (A.6.2.2)."""

    id: Slug
    text: Text
    rationale: Text


class Design(Noun):
    """How it was designed and developed (A.6.2.3)."""

    version: str
    """Model version the description fits."""
    architecture: Text
    choices: tuple[Text, ...] = ()
    evaluation: Text


class Deployment(Noun):
    """What must be true before it goes live (A.6.2.5)."""

    plan: Text
    requirements: tuple[Text, ...] = ()


class Operation(Noun):
    """How it is kept going (A.6.2.6)."""

    performance: Text
    repair: Text
    update: Text
    support: Text


class LogKeeping(Noun):
    """Which events are kept and for how long (A.6.2.8)."""

    retention: Duration
    law: Slug | None = None
    """Its id in the catalogue of laws; what it says must be kept at least is kept."""
    purposes: dict[Slug, Duration] = {}
    """How long rows with these purposes are kept instead."""


class System(Governed):
    """`systems/<id>/system.yaml`."""

    id: Slug
    name: Text
    draft: bool = False
    """Written by `care adopt` and not looked at yet: what is wrong with it goes to its owner and blocks nothing.

    A draft covers no artefact (R39) and is in no stage past inception."""
    known_as: tuple[Text, ...] = ()
    """What registries, gateways, sign-in logs and purchase lists call it, and patterns of paths where its code lies."""
    purpose: Text
    origin: Origin
    tier: Tier
    tier_reason: Text
    lifecycle: Lifecycle
    autonomy: Autonomy
    entity: Slug | None = None
    domain: Slug
    """Field of use: `credit`, `employment`, `retail`, `customer-service`, …"""
    iso_role: tuple[Slug, ...] = ()
    """ISO/IEC 22989 roles: `provider`, `producer`, `customer`, `user`, `partner`, `subject`."""
    eu_role: tuple[Slug, ...] = ()
    """EU AI Act roles: `provider`, `deployer`, `importer`, `distributor`."""
    users: tuple[Text, ...] = ()
    affected: tuple[Text, ...] = ()
    jurisdictions: tuple[Text, ...] = ()
    data_classes: tuple[Slug, ...] = ()
    personal_data: bool
    affects_rights: bool
    """Whether outputs change somebody's access to money, work, housing, health or public services."""
    language_model: bool = False
    supplier: Slug | None = None
    intended_use: tuple[IntendedUse, ...] = ()
    out_of_scope_uses: tuple[Text, ...] = ()
    artefacts: tuple[Text, ...] = ()
    """Globs of the files that decide behaviour: weights, parameters, prompts. A change to one wants card and risk."""
    evaluation: tuple[ExpectedResult, ...] = ()
    """Measures that every release must show, with their limits; beside what the rules of the tier ask for."""
    safe_state: SafeState | None = None
    events: EventSchema | None = None
    feeds: dict[Slug, Feed] = {}
    """Where events come from besides those that are sent."""
    views: dict[Slug, PrometheusView] = {}
    """Business figures that others count, shown beside the monitors; nothing is counted of them."""
    responsibilities: tuple[Responsibility, ...] = ()
    resources: Resources | None = None
    requirements: tuple[Requirement, ...] = ()
    design: Design | None = None
    deployment: Deployment | None = None
    operation: Operation | None = None
    logs: LogKeeping | None = None
    feedback: str | None = None
    """Where people report that the system did them harm."""

    @field_validator("evaluation")
    @classmethod
    def _stood_in_for(cls, value: tuple[ExpectedResult, ...]) -> tuple[ExpectedResult, ...]:
        taken = {one.measure for one in value if one.not_assessable is None}
        for one in value:
            stands_in = one.not_assessable.stands_in if one.not_assessable else None
            if stands_in is not None and stands_in not in taken:
                raise ValueError(f"{stands_in}, which stands in for {one.measure}, has no limit in this list")
        return value
