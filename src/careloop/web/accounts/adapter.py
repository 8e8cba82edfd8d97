"""What django-allauth asks of us: nobody signs up by themselves; a directory opens the door only to people of ours."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.http import HttpRequest

from careloop.web.accounts.models import Account
from careloop.web.site import board

__all__ = ["DirectoryAccounts", "LocalAccounts"]


class LocalAccounts(DefaultAccountAdapter):
    """Local accounts are made by an administrator."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody makes an account for themselves."""
        return False


class DirectoryAccounts(DefaultSocialAccountAdapter):
    """Accounts of the organisation's directory (OpenID Connect)."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Somebody whom the directory vouches for by a verified mail address that roles.yaml lists."""
        return any(
            address.verified and board().picture().is_here(address.email) for address in sociallogin.email_addresses
        )

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> Account:
        """The account that a first sign-in makes."""
        account = sociallogin.user
        assert isinstance(account, Account)
        account.email = str(data.get("email") or "").strip().casefold()
        account.name = str(data.get("name") or "").strip()[:200]
        return account
