"""The accounts as Django knows them."""

from django.apps import AppConfig

__all__ = ["AccountsConfig"]


class AccountsConfig(AppConfig):
    """Accounts and tokens live in the operational store, `.care/state.sqlite`."""

    name = "careloop.web.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"
