"""API tokens: what they open, how they are made and checked. None of them can approve or order anything."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db import connection
from django.http import HttpRequest

from careloop import wiring
from careloop.errors import InvalidInput
from careloop.web.accounts.models import Account, ApiToken, token_digest

__all__ = ["MOST_DAYS", "SCOPES", "any_token_of", "make_token", "may_send_events", "token_of"]

SCOPES: Final = {
    "read": "Read status, systems, scorecard, requests and ledger",
    "metrics": "Read /metrics, for Prometheus",
    "gate": "Ask the gate about a release, and people for a waiver or envelope, as a pipeline does",
    "events": "Send events",
    "record": "Append to the ledger what puts nothing in force by itself, as a pipeline does",
    "release": "Append to the ledger also what puts a release in force or ends it",
}
"""What a token may open, and what that means."""
MOST_DAYS: Final = 366
_TOUCH: Final = timedelta(minutes=5)


def make_token(owner: Account, *, name: str, scopes: list[str], days: int, now: datetime) -> tuple[ApiToken, str]:
    """A token and its secret, which nobody sees again. Raises `InvalidInput` for a name, scope or life that is none."""
    if not name.strip():
        raise InvalidInput("a token has a name", hint="name what uses it, such as `deploy pipeline`")
    if not scopes or not set(scopes) <= SCOPES.keys():
        raise InvalidInput("a token opens at least one of: " + ", ".join(SCOPES))
    if not 1 <= days <= MOST_DAYS:
        raise InvalidInput(f"a token lives for 1 to {MOST_DAYS} days")
    secret = f"care_{secrets.token_urlsafe(32)}"
    made = ApiToken.objects.create(
        owner=owner,
        name=name.strip()[:100],
        start=secret[:10],
        digest=token_digest(secret),
        scopes=sorted(set(scopes)),
        expires_at=now + timedelta(days=days),
    )
    return made, secret


def token_of(request: HttpRequest, scope: str) -> ApiToken | None:
    """The valid token that a request carries, if it opens this scope."""
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    return _valid(secret.strip(), scope) if kind == "Bearer" else None


def any_token_of(request: HttpRequest, scopes: Sequence[str]) -> ApiToken | None:
    """The valid token that a request carries, if it opens one of these scopes."""
    return next((found for scope in scopes if (found := token_of(request, scope)) is not None), None)


def may_send_events(secret: str) -> bool:
    """Whether a bearer token opens the ingest of events: the one that the environment names, or an API token."""
    named = wiring.ingest_token()
    if named is not None and hmac.compare_digest(secret.encode(), named.encode()):
        return True
    try:
        return _valid(secret, "events") is not None
    finally:
        connection.close()


def _valid(secret: str, scope: str) -> ApiToken | None:
    if not secret.startswith("care_"):
        return None
    now = wiring.now()
    found = ApiToken.objects.select_related("owner").filter(digest=token_digest(secret)).first()
    if found is None or not found.valid(now) or scope not in found.scopes:
        return None
    if found.last_used_at is None or now - found.last_used_at > _TOUCH:
        ApiToken.objects.filter(pk=found.pk).update(last_used_at=now)
    return found
