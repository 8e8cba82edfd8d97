"""Make and revoke one's own API tokens."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from careloop import wiring
from careloop.errors import CareloopError, InvalidInput, NotFound
from careloop.web.accounts.models import Account
from careloop.web.api_tokens import make_token
from careloop.web.pages.refusals import problem, unknown
from careloop.web.stepping_up import stepped_up_or_redirect

__all__ = ["make", "revoke"]


def make(request: HttpRequest) -> HttpResponse:
    """A token of one's own; it takes a step-up, since it outlives the session."""
    later = stepped_up_or_redirect(request, back="/account/")
    if later is not None:
        return later
    account = request.user
    assert isinstance(account, Account)
    try:
        days = _days(request.POST.get("days", ""))
        _, secret = make_token(
            account,
            name=request.POST.get("name", ""),
            scopes=request.POST.getlist("scopes"),
            days=days,
            now=wiring.now(),
        )
    except CareloopError as error:
        return problem(request, error, status=400)
    request.session["care_made_token"] = secret
    return redirect("account")


def _days(text: str) -> int:
    if not text.isdigit() or len(text) > 4:
        raise InvalidInput("a token lives for a number of days")
    return int(text)


def revoke(request: HttpRequest, number: int) -> HttpResponse:
    """End a token of one's own; somebody else's is not found."""
    account = request.user
    assert isinstance(account, Account)
    done = account.own_tokens.filter(pk=number, revoked_at=None).update(revoked_at=wiring.now())
    if not done:
        return unknown(request, NotFound("you have no such token"))
    messages.success(request, "The token opens nothing any more.")
    return redirect("account")
