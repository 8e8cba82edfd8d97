"""What a server says about a web session in which somebody agreed to something (SEMANTICS 18; LEDGER 8, "Who")."""

from dataclasses import dataclass
from datetime import datetime

__all__ = ["SessionStatement", "WebSession"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSession:
    """One session of one person, as the server knows it.

    Only a person at a browser has one. An API token, a CI job and a service account prove who they are once and for
    all; they cannot step up, so there is no such session of theirs, and nothing they send can approve or order.
    """

    person: str
    """Id in roles.yaml of the person whose account it is."""
    issuer: str
    """Who vouches for the account: the OIDC issuer, or the server itself."""
    subject: str
    """The account at that issuer; an opaque id and no mail address, since ledger entries are never erased."""
    id_sha256: str
    """SHA-256 of the session's id, 64 hex digits: whoever reads the ledger cannot take the session over."""
    factors: str
    """With what the person proved who they are, such as `password+totp`."""
    stepped_up_at: datetime
    """When they did so last; aware UTC."""

    @property
    def account(self) -> tuple[str, str]:
        """Issuer and subject: one account is one human, whatever person it is said to be (LEDGER 8)."""
        return self.issuer, self.subject


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionStatement:
    """What the server signs: in this session, this person agreed to exactly this."""

    action: str
    """What was done: `approve`, `order`, `revoke`, `validate`."""
    digest: str
    """Digest of what was agreed to: the approval request, or the statement of the order."""
    who: WebSession
    at: datetime
    """When; aware UTC."""
