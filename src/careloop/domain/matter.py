"""What people are asked to agree to besides releases: whatever loosens for a while, and what was done in an emergency.

A matter is asked about, approved and granted once, as a release is; what was granted holds for exactly the terms that
people saw, until it runs out or somebody ends it (SEMANTICS 8, 14, 15, 18; R37, R41, R78).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from careloop.domain.approval import APPROVE_RELEASE
from careloop.domain.tier import Tier

__all__ = ["AUTHORITY", "Grant", "GrantedBy", "Matter", "MatterKind"]


class MatterKind(StrEnum):
    """What sort of thing is asked for."""

    WAIVER = "waiver"
    """A rule set aside for one subject (`waivers/*.yaml`)."""
    ENVELOPE = "envelope"
    """A recipe within which retrained releases pass on gates alone (`systems/*/envelopes/*.yaml`)."""
    RESTORE = "restore"
    """Letting a release answer again after a containment."""
    LEGAL_BAR = "legal-bar"
    """Releasing without a measure that the law bars, while a control compensates (`evaluation:` of system.yaml)."""
    REVIEW = "review"
    """Looking afterwards at an emergency, or at authority that was used on call."""


AUTHORITY: Final[Mapping[MatterKind, str]] = {
    MatterKind.WAIVER: APPROVE_RELEASE,
    MatterKind.ENVELOPE: APPROVE_RELEASE,
    MatterKind.RESTORE: "restore",
    MatterKind.LEGAL_BAR: APPROVE_RELEASE,
    MatterKind.REVIEW: APPROVE_RELEASE,
}
"""The authority that a post must carry for its holder to approve a matter of a kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """One thing to agree to, as it stands now."""

    kind: MatterKind
    id: str
    """Of the waiver or envelope; of a legal bar, system and measure; of a restore, system, environment and release; of
    a review, the record reviewed."""
    asks: str
    """What would be agreed to, in a sentence."""
    terms: Mapping[str, Any]
    """Its material fields: what an approval binds to. Texts, integers, lists and mappings only."""
    tier: Tier
    """Of the system concerned; where several are, the highest."""
    required: int
    """Distinct people of distinct posts."""
    system: str | None = None
    environment: str = "any"
    until: date | None = None
    """Last day on which a grant counts; null where it ends otherwise."""
    files: tuple[str, ...] = ()
    """Documents that say it; whoever committed them does not approve it."""
    doers: frozenset[str] = frozenset()
    """People who do not approve it for another reason: who acted in the emergency, who owns the waiver."""

    @property
    def name(self) -> str:
        """`waiver/late-card`: what the ledger files it under."""
        return f"{self.kind.value}/{self.id}"


@dataclass(frozen=True, slots=True)
class GrantedBy:
    """One of those who agreed, and the post whose authority they used."""

    person: str
    post: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A matter that enough people agreed to; the approvals are used up by it."""

    name: str
    kind: MatterKind
    terms: str
    """Digest of the terms that people saw."""
    request: str
    by: tuple[GrantedBy, ...]
    at: datetime
    record: str
    index: int
    ended_at: datetime | None = None
    ended_because: str = ""
    used_by: str | None = None
    """Of what can be used only once: the order that used it."""

    @property
    def stands(self) -> bool:
        """Whether nobody has ended it and nothing has used it up."""
        return self.ended_at is None and self.used_by is None
