"""Who somebody is here: the person of roles.yaml, what their posts may do, how they sign in, their tokens."""

from __future__ import annotations

from allauth.mfa.utils import is_mfa_enabled
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from careloop.web.api_tokens import SCOPES
from careloop.web.door import visitor_of
from careloop.web.site import board, place

__all__ = ["page"]


def page(request: HttpRequest) -> HttpResponse:
    """The account's own page; a token that was just made is shown once."""
    visitor = visitor_of(request)
    account, person = visitor.account, visitor.person
    assert account is not None, "the door lets only members in"
    people = board().picture().people
    posts = [post for post in people.roles.posts if person.id in post.holders] if people and person else []
    shown = {
        "account": account,
        "person": person,
        "posts": posts,
        "second_factor": is_mfa_enabled(account),
        "has_password": account.has_usable_password(),
        "tokens": account.own_tokens.select_related("owner"),
        "scopes": SCOPES,
        "made": request.session.pop("care_made_token", None),
        "directory": place().oidc,
    }
    return render(request, "pages/account.html", shown)
