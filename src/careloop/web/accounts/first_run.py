"""Bring the operational store up to date, and make the first administrator, whose password is shown once."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from django.core.management import call_command
from django.db import connection

from careloop.web.accounts.models import Account
from careloop.wiring.pages import WebPlace

__all__ = ["FirstAdministrator", "make_account", "prepare"]


@dataclass(frozen=True, slots=True)
class FirstAdministrator:
    """Who can make all other accounts."""

    email: str
    password: str = field(repr=False)


def prepare(place: WebPlace, *, email: str | None) -> FirstAdministrator | None:
    """Make or migrate the store; with no account in it yet, make an administrator at `email` and say the password."""
    place.state.parent.mkdir(parents=True, exist_ok=True)
    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)
    place.state.chmod(0o600)
    connection.close()
    if email is None or Account.objects.exists():
        return None
    password = secrets.token_urlsafe(12)
    make_account(email, name="Administrator", password=password, administrator=True)
    connection.close()
    return FirstAdministrator(email=email, password=password)


def make_account(email: str, *, name: str, password: str | None = None, administrator: bool = False) -> Account:
    """An account whose mail address counts as verified, since whoever may make accounts has said that it is theirs."""
    from allauth.account.models import EmailAddress

    account = Account.objects.create_account(email, name=name, password=password, administrator=administrator)
    EmailAddress.objects.create(user=account, email=account.email, verified=True, primary=True)
    return account
