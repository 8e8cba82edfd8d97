"""Forms of django-allauth in our words."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import LoginForm

__all__ = ["SignInForm"]


class SignInForm(LoginForm):
    """Signing in; a lost password is an administrator's matter, so no page offers to reset it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = ""
