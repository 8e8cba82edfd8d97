"""What an audit pack holds, what it lacks, and for whom it is made (R16, R17)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

__all__ = ["Audience", "AuditPack", "ItemState", "PackItem", "PackKind"]


class Audience(StrEnum):
    """Whom a pack is made for; decides what goes in and what is blackened."""

    AUDITOR = "auditor"
    """Everything."""
    REGULATOR = "regulator"
    """Everything but what is about single employees."""
    CUSTOMER = "customer"
    """Statement, cards, assessments and decisions; nobody named."""
    PUBLIC = "public"
    """Policies that are for everybody; nobody named."""

    @property
    def blackened(self) -> bool:
        """Whether people are replaced by their posts, and a leak stops the build."""
        return self in (Audience.CUSTOMER, Audience.PUBLIC)


class PackKind(StrEnum):
    """The kinds of evidence that a pack is asked for, in its order."""

    SOA = "soa"
    RISKS = "risk_register"
    ASSESSMENTS = "impact_assessments"
    POLICIES = "policies"
    LOGS = "logs"
    CARDS = "model_cards"
    TRAINING = "training"
    INCIDENTS = "incidents"
    AUDITS = "audits"
    REVIEWS = "reviews"


class ItemState(StrEnum):
    """Whether a required item is there."""

    PRESENT = "present"
    STALE = "stale"
    """It is there, and its review or interval has run out."""
    MISSING = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class PackItem:
    """One required item."""

    kind: PackKind
    id: str
    state: ItemState
    because: str
    path: str | None = None
    """In the pack; null for what is missing."""
    day: date | None = None
    """When it was last reviewed, recorded or made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPack:
    """A pack ready to be written."""

    audience: Audience
    items: tuple[PackItem, ...]
    members: Mapping[str, bytes] = field(repr=False)
    """Path in the pack to bytes; the manifest is among them."""

    @property
    def ready(self) -> int:
        """Required items that are there and in date."""
        return sum(one.state is ItemState.PRESENT for one in self.items)

    @property
    def readiness(self) -> float | None:
        """Percent of the required items that are there and in date; null without any (R16)."""
        return 100 * self.ready / len(self.items) if self.items else None
