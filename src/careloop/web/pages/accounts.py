"""Who may sign in: an administrator makes accounts for people of roles.yaml, hands out links, and closes accounts."""

from __future__ import annotations

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from careloop.errors import InvalidInput, NotFound
from careloop.web.accounts.first_run import make_account
from careloop.web.accounts.models import Account
from careloop.web.accounts.sessions import end_sessions
from careloop.web.pages.refusals import problem, unknown
from careloop.web.site import board
from careloop.web.stepping_up import stepped_up_or_redirect

__all__ = ["close", "link", "make", "page"]

_BACK = "/accounts/people/"


def page(request: HttpRequest) -> HttpResponse:
    """Accounts, and people of roles.yaml who have none."""
    accounts = list(Account.objects.all())
    taken = {account.email for account in accounts}
    people = board().picture().people
    without = [
        person
        for person in (people.roles.people if people else ())
        if person.mail and person.mail.casefold() not in taken and people and not people.has_left(person)
    ]
    rows = [(account, people.person(account.email) if people else None) for account in accounts]
    shown = {"rows": rows, "without": without, "link": request.session.pop("care_link", None)}
    return render(request, "pages/accounts.html", shown)


def make(request: HttpRequest) -> HttpResponse:
    """An account for a mail address, and the link by which its owner sets a password."""
    later = stepped_up_or_redirect(request, back=_BACK)
    if later is not None:
        return later
    email = request.POST.get("email", "").strip().casefold()
    if "@" not in email or len(email) > 254:
        return problem(request, InvalidInput("that is no mail address"), status=400)
    people = board().picture().people
    person = people.person(email) if people else None
    try:
        with transaction.atomic():
            account = make_account(
                email,
                name=person.name if person else request.POST.get("name", "").strip()[:200],
                administrator=request.POST.get("administrator") == "yes",
            )
    except IntegrityError:
        return problem(request, InvalidInput(f"{email} has an account already"), status=409)
    return _with_link(request, account)


def link(request: HttpRequest, number: int) -> HttpResponse:
    """A new link to set a password by, for somebody who lost theirs."""
    later = stepped_up_or_redirect(request, back=_BACK)
    if later is not None:
        return later
    account = Account.objects.filter(pk=number, is_active=True).first()
    if account is None:
        return unknown(request, NotFound("there is no such open account"))
    return _with_link(request, account)


def close(request: HttpRequest, number: int) -> HttpResponse:
    """Close an account: its sessions and tokens end at once. One's own stays, so that somebody is left."""
    later = stepped_up_or_redirect(request, back=_BACK)
    if later is not None:
        return later
    account = Account.objects.filter(pk=number, is_active=True).exclude(pk=request.user.pk).first()
    if account is None:
        return unknown(request, NotFound("there is no such open account beside your own"))
    Account.objects.filter(pk=account.pk).update(is_active=False)
    end_sessions(account)
    messages.success(request, f"{account.email} is closed.")
    return redirect("accounts")


def _with_link(request: HttpRequest, account: Account) -> HttpResponse:
    secret = f"{user_pk_to_url_str(account)}-{default_token_generator.make_token(account)}"
    way = reverse("account_reset_password_from_key", args=secret.split("-", 1))
    request.session["care_link"] = {"email": account.email, "address": request.build_absolute_uri(way)}
    return redirect("accounts")
