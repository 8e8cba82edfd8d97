"""Accounts and API tokens. Who may do what is not here: posts and authorities come from roles.yaml (SEMANTICS 27)."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q

__all__ = ["Account", "AccountManager", "ApiToken", "token_digest"]


class AccountManager(BaseUserManager["Account"]):
    """Makes accounts; mail addresses are kept in lower case, so that one person has one."""

    def create_account(
        self, email: str, *, name: str = "", password: str | None = None, administrator: bool = False
    ) -> Account:
        """An account; without a password nobody can sign in to it before one is set by a link."""
        account = self.model(email=email.strip().casefold(), name=name, is_administrator=administrator)
        if password is None:
            account.set_unusable_password()
        else:
            account.set_password(password)
        account.save(using=self._db)
        return account

    def get_by_natural_key(self, username: str | None) -> Account:
        """The account of a mail address, however it is written."""
        return self.get(email=(username or "").strip().casefold())


class Account(AbstractBaseUser):
    """Somebody who may sign in, known by a mail address; the person of roles.yaml with that address is who they are."""

    email: models.EmailField[str, str] = models.EmailField(unique=True)
    name: models.CharField[str, str] = models.CharField(max_length=200, blank=True)
    is_active: models.BooleanField[bool, bool] = models.BooleanField(default=True)
    is_administrator: models.BooleanField[bool, bool] = models.BooleanField(default=False)
    """Makes accounts and closes them. It gives no authority over releases or systems."""
    date_joined: models.DateTimeField[datetime, datetime] = models.DateTimeField(auto_now_add=True)

    objects = AccountManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = "account"
        ordering: ClassVar[list[str]] = ["email"]

    def __str__(self) -> str:
        return self.email

    @property
    def own_tokens(self) -> models.QuerySet[ApiToken]:
        """The tokens that this account made."""
        return ApiToken.objects.filter(owner=self)

    def save(self, *args: object, **kwargs: object) -> None:
        """Keep the address in one spelling."""
        self.email = self.email.strip().casefold()
        super().save(*args, **kwargs)  # type: ignore[arg-type]


class ApiToken(models.Model):
    """A secret for programs. Only its digest is kept; it reads, it takes events in, and it never approves anything."""

    owner: models.ForeignKey[Account, Account] = models.ForeignKey(
        Account, on_delete=models.CASCADE, related_name="+"
    )
    name: models.CharField[str, str] = models.CharField(max_length=100)
    start: models.CharField[str, str] = models.CharField(max_length=12)
    """Its first characters, to tell tokens apart."""
    digest: models.CharField[str, str] = models.CharField(max_length=64, unique=True)
    scopes: models.JSONField[Any, Any] = models.JSONField(default=list)
    made_at: models.DateTimeField[datetime, datetime] = models.DateTimeField(auto_now_add=True)
    expires_at: models.DateTimeField[datetime, datetime] = models.DateTimeField()
    last_used_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(null=True, blank=True)
    revoked_at: models.DateTimeField[datetime | None, datetime | None] = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-made_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(expires_at__gt=F("made_at")), name="token_expires_after_it_was_made")
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.start}…)"

    def valid(self, now: datetime) -> bool:
        """Whether it opens anything now."""
        return self.revoked_at is None and self.expires_at > now and self.owner.is_active


def token_digest(secret: str) -> str:
    """What is kept of a token. It holds 256 bits of chance, so a plain digest cannot be guessed back."""
    return sha256(secret.encode()).hexdigest()
