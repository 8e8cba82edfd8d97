"""Asking people for a yes, and what they answered (LEDGER 8; R41)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from careloop.domain.session import SessionStatement
from careloop.domain.tier import Tier

__all__ = [
    "APPROVE_RELEASE",
    "RELEASE",
    "Approval",
    "ApprovalCount",
    "ApprovalRequest",
    "Counted",
    "Ground",
    "Refusal",
    "Rejection",
    "RequestState",
]

RELEASE = "release"
"""Action of a request that asks for a release."""
APPROVE_RELEASE = "approve_release"
"""The authority that a post must carry for its holder to approve a release."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRequest:
    """What people are asked to approve: one action upon one release, on exactly these grounds."""

    action: str
    lock: str
    """Digest of the release lock."""
    slice: str
    """Digest of the material part of everything that the decision read (SEMANTICS 12)."""
    tier: Tier
    environment: str
    requester: str
    """Person's id, or the mail address of somebody whom roles.yaml does not list."""
    nonce: str
    expires_at: datetime


class RequestState(StrEnum):
    """Where a request stands at one moment."""

    OPEN = "open"
    """It can be approved, and its approvals can be used."""
    VOID = "void"
    """What it rests on is not what it was when people were asked."""
    EXPIRED = "expired"
    USED = "used"
    """Its approvals were used up for a standing."""
    REJECTED = "rejected"
    """Somebody with the authority to approve said no."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """Somebody's signed yes to one request."""

    request: str
    """Digest of the request."""
    person: str
    signature: str
    """Armoured SSH signature: the person's over the request's digest, or a server's over its session statement."""
    given_at: datetime
    """When the ledger took it."""
    reason: str
    record: str
    """Id of the ledger's record."""
    session: SessionStatement | None = None
    """What a server says about the session in which the person agreed; None when they signed with a key of theirs."""


class Ground(StrEnum):
    """Why an approval does not count."""

    REQUESTER = "requester"
    AUTHOR = "author"
    TWICE = "twice"
    SAME_POST = "same_post"
    UNKNOWN_KEY = "unknown_key"
    """Neither a key listed for the person nor a listed server says that it was them."""
    STALE_SESSION = "stale_session"
    """A listed server says so, but not that the person had just proven who they are."""
    SERVICE = "service"
    """A program's account; people approve."""
    NO_AUTHORITY = "no_authority"
    LEFT = "left"
    EXPIRED = "expired"
    VOID = "void"
    USED = "used"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """Somebody's no to one request; it holds for the grounds that the request was made on."""

    request: str
    """Digest of the request."""
    slice: str
    environment: str
    person: str
    reason: str
    at: datetime
    record: str
    """Id of the ledger's record."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Somebody's approval that does not count, and why."""

    person: str
    ground: Ground
    message: str


@dataclass(frozen=True, slots=True)
class Counted:
    """An approval that counts, and the post whose authority it uses."""

    approval: Approval
    post: str


@dataclass(frozen=True, slots=True)
class ApprovalCount:
    """Who has approved a request, as far as it counts."""

    counted: tuple[Counted, ...] = ()
    refused: tuple[Refusal, ...] = ()

    @property
    def given(self) -> int:
        """Distinct people of distinct posts."""
        return len(self.counted)
