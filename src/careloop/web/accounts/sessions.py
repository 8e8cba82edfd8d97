"""End somebody's sessions at once."""

from __future__ import annotations

from django.contrib.sessions.models import Session

from careloop.web.accounts.models import Account

__all__ = ["end_sessions"]


def end_sessions(account: Account) -> None:
    """Every session of the account, wherever it is open."""
    for session in Session.objects.all():
        if session.get_decoded().get("_auth_user_id") == str(account.pk):
            session.delete()
