"""Which forge is spoken to, from the environment: `CARELOOP_FORGE…`, else what a job of the forge itself is told."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from careloop.domain.forge import ForgeKind
from careloop.errors import InvalidInput, Unavailable, UsageError

if TYPE_CHECKING:
    from careloop.adapters.github_forge import GithubForge
    from careloop.ports.forge import Forge

__all__ = ["WebhookTerms", "forge", "forge_kind", "github_forge", "secret_of", "webhook_terms"]


@dataclass(frozen=True, slots=True)
class WebhookTerms:
    """What webhooks of the forge are held against."""

    secret: str = field(repr=False)
    repository: str


def forge_kind() -> ForgeKind:
    """The forge that is meant. Raises UsageError where nothing says."""
    named = os.environ.get("CARELOOP_FORGE")
    if named:
        try:
            return ForgeKind(named)
        except ValueError as error:
            hint = f"it is one of {', '.join(ForgeKind)}"
            raise UsageError(f"CARELOOP_FORGE is {named}", hint=hint) from error
    signs = {"GITLAB_CI": ForgeKind.GITLAB, "GITEA_ACTIONS": ForgeKind.GITEA, "GITHUB_ACTIONS": ForgeKind.GITHUB}
    found = next((kind for name, kind in signs.items() if os.environ.get(name)), None)
    if found is None:
        raise UsageError("nothing says which forge is meant", hint="set CARELOOP_FORGE to github, gitlab or gitea")
    return found


def forge() -> Forge:
    """The repository on that forge. The token is read here, and shown nowhere."""
    kind = forge_kind()
    if kind is ForgeKind.GITHUB:
        return github_forge()
    token = secret_of("CARELOOP_FORGE_TOKEN")
    if kind is ForgeKind.GITLAB:
        from careloop.adapters.gitlab_forge import GitlabForge

        return GitlabForge(_said("URL", "CI_API_V4_URL"), _said("REPOSITORY", "CI_PROJECT_ID"), token=token)
    from careloop.adapters.gitea_forge import GiteaForge

    return GiteaForge(_said("URL", "GITHUB_API_URL"), _said("REPOSITORY", "GITHUB_REPOSITORY"), token=token)


def github_forge() -> GithubForge:
    """GitHub, which also asks before a deployment."""
    from careloop.adapters.github_forge import GithubForge

    address = _said("URL", "GITHUB_API_URL", otherwise="https://api.github.com")
    return GithubForge(address, _said("REPOSITORY", "GITHUB_REPOSITORY"), token=secret_of("CARELOOP_FORGE_TOKEN"))


def secret_of(name: str) -> str:
    """A secret from the environment, or from the file that `NAME_FILE` names. Raises UsageError where there is none."""
    file = os.environ.get(f"{name}_FILE")
    if file:
        try:
            found = Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise Unavailable(f"the file that {name}_FILE names cannot be read") from error
    else:
        found = os.environ.get(name, "").strip()
    if not found:
        raise UsageError(f"{name} is not set", hint=f"set it, or {name}_FILE to the file that holds it")
    return found


def _said(ours: str, of_jobs: str, *, otherwise: str | None = None) -> str:
    value = os.environ.get(f"CARELOOP_FORGE_{ours}") or os.environ.get(of_jobs) or otherwise
    if not value:
        raise UsageError(f"CARELOOP_FORGE_{ours} is not set", hint=f"outside a job nothing sets {of_jobs}")
    if any(sign.isspace() for sign in value):
        raise InvalidInput(f"CARELOOP_FORGE_{ours} holds a space")
    return value


def webhook_terms() -> WebhookTerms | None:
    """From `CARELOOP_FORGE_WEBHOOK_SECRET` (or `…_FILE`) and the repository; null while no secret is set."""
    name = "CARELOOP_FORGE_WEBHOOK_SECRET"
    if not os.environ.get(name) and not os.environ.get(f"{name}_FILE"):
        return None
    return WebhookTerms(secret_of(name), _said("REPOSITORY", "GITHUB_REPOSITORY"))
