"""Step-up: before anything is signed or handed out, the person proves anew who they are (SEMANTICS 18)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from allauth.core.exceptions import ReauthenticationRequired
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from careloop import wiring
from careloop.domain.session import WebSession
from careloop.web.accounts.models import Account
from careloop.web.site import place

__all__ = ["FRESH", "proven_session", "stepped_up_or_redirect"]

FRESH: Final = timedelta(minutes=5)
"""How long a proof of who one is lasts before it is asked for anew; what counts in the end is `sessions: step_up`."""
_OURSELVES: Final = "careloop-server"
"""Issuer of local accounts: the server whose key signs the statement."""


def proven_session(request: HttpRequest, person: str) -> WebSession | None:
    """This session with its last proof, as that of a person of roles.yaml; None when nothing was proven in it."""
    account = request.user
    if not isinstance(account, Account) or request.session.session_key is None:
        return None
    records = get_authentication_records(request, account)
    if not records:
        return None
    last = float(records[-1]["at"])
    recent = [one for one in records if last - one["at"] <= FRESH.total_seconds()]
    social = next((one for one in reversed(recent) if one["method"] == "socialaccount"), None)
    oidc = place().oidc
    by_directory = social is not None and oidc is not None
    return WebSession(
        person=person,
        issuer=oidc.issuer if by_directory and oidc is not None else _OURSELVES,
        subject=str(social["uid"]) if by_directory and social is not None else f"account-{account.pk}",
        id_sha256=sha256(request.session.session_key.encode()).hexdigest(),
        factors="+".join(dict.fromkeys(_factor(one) for one in recent)),
        stepped_up_at=datetime.fromtimestamp(last, UTC),
    )


def _factor(record: dict[str, Any]) -> str:
    """What was shown: `password`, `totp`, `recovery_codes`, `directory`."""
    method = str(record["method"])
    return {"mfa": str(record.get("type", "mfa")), "socialaccount": "directory"}.get(method, method)


def stepped_up_or_redirect(request: HttpRequest, *, back: str) -> HttpResponse | None:
    """None when the proof is fresh; else the way to prove it, after which the request is carried on as it was sent."""
    records = get_authentication_records(request, request.user) if isinstance(request.user, Account) else []
    if records and 0 <= wiring.now().timestamp() - float(records[-1]["at"]) <= FRESH.total_seconds():
        return None
    if get_reauthentication_flows(request.user):
        raise ReauthenticationRequired
    # Neither password nor second factor here: the directory is asked again, and the form must be sent once more.
    logout(request)
    messages.info(request, "Sign in again to prove who you are, then send the form once more.")
    return redirect(f"/accounts/login/?next={back}")
