"""The `aims/` documents: context, parties, processes, communication, competence, other policies."""

from datetime import date
from enum import StrEnum

from careloop.domain.noun import Duration, Governed, Noun, Slug, Text
from careloop.domain.tier import Phase

__all__ = [
    "Climate",
    "Communication",
    "CommunicationItem",
    "Competence",
    "CompetenceNeed",
    "Context",
    "ExternalDocument",
    "IntakeChannel",
    "InterestedParty",
    "Issue",
    "Parties",
    "PartyNeed",
    "Process",
    "ProcessKind",
    "Processes",
    "RelatedPolicies",
    "RelatedPolicy",
    "ReportingDuty",
]


class Issue(Noun):
    """Something inside or outside the organisation that bears on its AI."""

    issue: Text
    effect: Text


class Climate(Noun):
    """Whether climate change is a relevant issue; a decision either way is needed."""

    relevant: bool
    reason: Text


class Context(Governed):
    """The organisation and its context (ISO/IEC 42001 4.1)."""

    purpose: Text
    """Intended purpose of the AI systems that the organisation develops, provides or uses."""
    external: tuple[Issue, ...] = ()
    internal: tuple[Issue, ...] = ()
    climate: Climate | None = None


class PartyNeed(Noun):
    """What a party requires, and whether the management system takes it on."""

    need: Text
    addressed: bool
    how: str | None = None
    law: Slug | None = None


class InterestedParty(Noun):
    """Somebody with a stake in how the organisation uses AI."""

    name: Text
    needs: tuple[PartyNeed, ...] = ()


class Parties(Governed):
    """Interested parties and their requirements (4.2)."""

    parties: tuple[InterestedParty, ...] = ()


class ProcessKind(StrEnum):
    """Processes that the requirements speak of; an organisation may have several of a kind."""

    RISK_ASSESSMENT = "risk_assessment"
    RISK_TREATMENT = "risk_treatment"
    IMPACT_ASSESSMENT = "impact_assessment"
    DEVELOPMENT = "development"
    DATA_MANAGEMENT = "data_management"
    DATA_PROVENANCE = "data_provenance"
    RESPONSIBLE_USE = "responsible_use"
    SUPPLIERS = "suppliers"
    CUSTOMERS = "customers"
    INCIDENTS = "incidents"
    CONCERNS = "concerns"
    CHANGE = "change"
    DOCUMENTS = "documents"
    MONITORING = "monitoring"
    INTERNAL_AUDIT = "internal_audit"
    MANAGEMENT_REVIEW = "management_review"
    CORRECTIVE_ACTION = "corrective_action"
    COMPETENCE = "competence"
    EXCEPTIONS = "exceptions"
    OTHER = "other"


class Process(Noun):
    """One process of the management system, who runs it and what it feeds (4.4)."""

    id: Slug
    kind: ProcessKind
    name: Text
    phase: Phase
    owner: Slug
    every: Duration | None = None
    """Planned interval; left out for a process that runs on events only."""
    triggers: tuple[Text, ...] = ()
    steps: tuple[Text, ...] = ()
    criteria: tuple[Text, ...] = ()
    inputs: tuple[Text, ...] = ()
    outputs: tuple[Text, ...] = ()
    feeds: tuple[Slug, ...] = ()
    """Ids of processes that take the outputs."""
    retention: Duration | None = None
    """How long its records are kept."""


class Processes(Governed):
    """The processes of the AI management system and how they interact."""

    processes: tuple[Process, ...] = ()


class CommunicationItem(Noun):
    """One planned communication: what, when, with whom, how, by whom (7.4)."""

    what: Text
    when: Text
    audience: Text
    how: Text
    owner: Slug
    covers: tuple[Slug, ...] = ()
    """What it serves: `policy`, `performance`, `incidents`, `users`, `authorities`, `changes`."""


class ReportingDuty(Noun):
    """A duty to report to an authority or a contract party (A.8.5)."""

    to: Text
    basis: Text
    law: Slug | None = None
    what: Text
    within: Duration
    owner: Slug


class IntakeChannel(Noun):
    """A way in for people who see something wrong (A.3.3, A.8.3)."""

    where: Text
    owner: Slug
    anonymous: bool
    protection: Text
    acknowledge_within: Duration
    tested_on: date | None = None


class Communication(Governed):
    """The communication plan, reporting duties and the two ways in."""

    items: tuple[CommunicationItem, ...] = ()
    duties: tuple[ReportingDuty, ...] = ()
    concerns: IntakeChannel | None = None
    adverse_impacts: IntakeChannel | None = None


class CompetenceNeed(Noun):
    """What the holder of a post must be able to do, and what shows it (7.2)."""

    post: Slug
    needs: tuple[Text, ...]
    courses: tuple[Slug, ...] = ()
    qualifications: tuple[Text, ...] = ()


class Competence(Governed):
    """Competence per post, and the diversity of view in assessments (7.2, A.4.6)."""

    needs: tuple[CompetenceNeed, ...] = ()
    diversity: str | None = None


class RelatedPolicy(Noun):
    """A policy outside the AI programme that touches AI (A.2.3)."""

    name: Text
    area: Slug
    owner: Slug
    fit: Text
    """How it and the AI policy fit together, and which one wins where they meet."""
    conflicts: tuple[Text, ...] = ()
    """Contradictions that are known and not yet resolved."""


class ExternalDocument(Noun):
    """A document from outside that the management system relies on (7.5.3)."""

    title: Text
    edition: Text
    where: Text
    owner: Slug


class RelatedPolicies(Governed):
    """Other policies, and documents of external origin."""

    policies: tuple[RelatedPolicy, ...] = ()
    external_documents: tuple[ExternalDocument, ...] = ()
