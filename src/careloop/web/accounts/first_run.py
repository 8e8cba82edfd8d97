"""Bring the operational store up to date, and make the first administrator, whose password is shown once."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from careloop.web.accounts.models import Account
from careloop.wiring.pages import WebPlace

__all__ = ["FirstAdministrator", "first_administrator", "make_account", "prepare"]


@dataclass(frozen=True, slots=True)
class FirstAdministrator:
    """Who can make all other accounts."""

    email: str
    password: str = field(repr=False)


def prepare(place: WebPlace) -> None:
    """Make the store, or bring it up to date; costs little when it is."""
    place.state.parent.mkdir(parents=True, exist_ok=True)
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", verbosity=0, interactive=False)
        call_command("createcachetable", verbosity=0)
        place.state.chmod(0o600)
    connection.close()


def first_administrator(email: str) -> FirstAdministrator | None:
    """Make an administrator when there is no account yet, and say the password; None when there is one."""
    if Account.objects.exists():
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
