"""Django's settings for one served repository, as a function of where it lies and how it is reached.

There is no settings module that an import would set in motion: `configure` is called once by whoever starts a server or
runs a command of Django's, before anything of Django's is loaded.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from careloop.wiring.pages import OidcClient, WebPlace

__all__ = ["SESSION_HOURS", "configure", "settings_for"]

SESSION_HOURS: Final = 12
_HERE: Final = Path(__file__).parent
_MAX_FORM_BYTES: Final = 1 * 2**20
"""No form of these pages holds more than a reason and a comment."""

_APPS: Final = (
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "careloop.web.accounts",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
)
_MIDDLEWARE: Final = (
    "careloop.web.headers.SafetyHeaders",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "careloop.web.door.Door",
)


def configure(place: WebPlace) -> None:
    """Hand Django its settings; the second call in a process changes nothing."""
    import django
    from django.conf import settings

    if not settings.configured:
        settings.configure(**settings_for(place))
        django.setup()


def settings_for(place: WebPlace) -> dict[str, Any]:
    """Every setting that differs from Django's default, and none that reads the environment by itself."""
    return {
        **_site(place),
        **_security(place),
        **_accounts(place),
        **_database(place),
        "TEMPLATES": [
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "DIRS": [_HERE / "templates"],
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.auth.context_processors.auth",
                        "django.contrib.messages.context_processors.messages",
                        "careloop.web.frame.frame",
                    ],
                    "builtins": ["careloop.web.marks", "careloop.web.live_marks", "careloop.web.monitor_marks"],
                },
            }
        ],
        "LOGGING": {
            "version": 1,
            "disable_existing_loggers": False,
            "handlers": {"console": {"class": "logging.StreamHandler"}},
            "root": {"handlers": ["console"], "level": "WARNING"},
        },
    }


def _site(place: WebPlace) -> dict[str, Any]:
    return {
        "DEBUG": False,
        "ROOT_URLCONF": "careloop.web.urls",
        "INSTALLED_APPS": [*_APPS],
        "MIDDLEWARE": [*_MIDDLEWARE],
        "STATIC_URL": "/static/",
        "STATICFILES_DIRS": [_HERE / "static"],
        "STATIC_ROOT": None,
        "LANGUAGE_CODE": "en",
        "TIME_ZONE": "UTC",
        "USE_TZ": True,
        "USE_THOUSAND_SEPARATOR": False,
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
        "ALLOWED_HOSTS": list(place.hosts),
        "APPEND_SLASH": True,
        "CARE_PLACE": place,
    }


def _security(place: WebPlace) -> dict[str, Any]:
    return {
        "SECRET_KEY": place.secret,
        "CSRF_TRUSTED_ORIGINS": list(place.origins),
        "CSRF_FAILURE_VIEW": "careloop.web.pages.refusals.csrf_refused",
        "CSRF_COOKIE_HTTPONLY": True,
        "CSRF_COOKIE_SAMESITE": "Lax",
        "CSRF_COOKIE_SECURE": place.https,
        "SESSION_COOKIE_SECURE": place.https,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_AGE": int(timedelta(hours=SESSION_HOURS).total_seconds()),
        "SECURE_HSTS_SECONDS": int(timedelta(days=180).total_seconds()) if place.https else 0,
        "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https") if place.https else None,
        "SECURE_REFERRER_POLICY": "same-origin",
        "DATA_UPLOAD_MAX_MEMORY_SIZE": _MAX_FORM_BYTES,
        "DATA_UPLOAD_MAX_NUMBER_FIELDS": 200,
        "DATA_UPLOAD_MAX_NUMBER_FILES": 5,
        "PASSWORD_HASHERS": ["django.contrib.auth.hashers.ScryptPasswordHasher"],
        "AUTH_PASSWORD_VALIDATORS": [
            {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
            {
                "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
                "OPTIONS": {"min_length": 12},
            },
            {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
        ],
    }


def _accounts(place: WebPlace) -> dict[str, Any]:
    return {
        "AUTH_USER_MODEL": "accounts.Account",
        "AUTHENTICATION_BACKENDS": ["allauth.account.auth_backends.AuthenticationBackend"],
        "LOGIN_URL": "/accounts/login/",
        "LOGIN_REDIRECT_URL": "/",
        "LOGOUT_REDIRECT_URL": "/accounts/login/",
        "ACCOUNT_ADAPTER": "careloop.web.accounts.adapter.LocalAccounts",
        "ACCOUNT_FORMS": {"login": "careloop.web.accounts.forms.SignInForm"},
        "ACCOUNT_LOGIN_METHODS": {"email"},
        "ACCOUNT_USER_MODEL_USERNAME_FIELD": None,
        "ACCOUNT_SIGNUP_FIELDS": ["email*", "password1*"],
        "ACCOUNT_EMAIL_VERIFICATION": "none",
        "ACCOUNT_EMAIL_NOTIFICATIONS": False,
        "ACCOUNT_LOGOUT_ON_GET": False,
        "ACCOUNT_SESSION_REMEMBER": False,
        "ACCOUNT_REAUTHENTICATION_REQUIRED": True,
        "ACCOUNT_PREVENT_ENUMERATION": True,
        "ACCOUNT_RATE_LIMITS": {
            "login": "30/m/ip",
            "login_failed": "10/m/ip,5/300s/key",
            "reauthenticate": "10/m/user",
            "change_password": "5/m/user",
        },
        "EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend",
        "SOCIALACCOUNT_ADAPTER": "careloop.web.accounts.adapter.DirectoryAccounts",
        "SOCIALACCOUNT_EMAIL_AUTHENTICATION": True,
        "SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT": True,
        "SOCIALACCOUNT_AUTO_SIGNUP": True,
        "SOCIALACCOUNT_LOGIN_ON_GET": False,
        "SOCIALACCOUNT_PROVIDERS": _providers(place.oidc),
        "MFA_SUPPORTED_TYPES": ["totp", "recovery_codes"],
        "MFA_TOTP_ISSUER": f"careloop {place.title}",
        "MFA_TOTP_TOLERANCE": 1,  # half a minute: clocks of phones differ
    }


def _providers(oidc: OidcClient | None) -> dict[str, Any]:
    if oidc is None:
        return {}
    app = {
        "provider_id": "directory",
        "name": oidc.name,
        "client_id": oidc.client_id,
        "secret": oidc.secret,
        "settings": {"server_url": oidc.issuer},
    }
    return {"openid_connect": {"APPS": [app], "OAUTH_PKCE_ENABLED": True, "SCOPE": ["openid", "profile", "email"]}}


def _database(place: WebPlace) -> dict[str, Any]:
    return {
        "DATABASES": {
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": place.state,
                "OPTIONS": {
                    "timeout": 20,
                    "transaction_mode": "IMMEDIATE",
                    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
                },
            }
        },
        "CACHES": {
            "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "care_cache"},
        },
        "SESSION_ENGINE": "django.contrib.sessions.backends.db",
    }
