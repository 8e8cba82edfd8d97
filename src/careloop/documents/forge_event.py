"""Webhooks of forges: is one signed by whom we share a secret with, and does it ask whether a deployment may go ahead?

Sources: GitHub Docs, Validating webhook deliveries, and the event `deployment_protection_rule`; GitLab Docs, Webhooks,
Secret token; Gitea Documentation, Webhooks.
"""

import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from careloop.domain.forge import ForgeKind
from careloop.errors import InvalidInput

__all__ = ["DeploymentAsked", "is_signed", "read_forge_event"]

_SIGNATURE: Final = {ForgeKind.GITHUB: "x-hub-signature-256", ForgeKind.GITEA: "x-gitea-signature"}
_COMMIT: Final = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_NAME: Final = re.compile(r"[^\x00-\x1f\x7f]{1,255}")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentAsked:
    """A forge holds a deployment back and asks whether it may go ahead."""

    repository: str
    """`owner/name`."""
    environment: str
    commit: str
    callback: str
    """Where the forge wants its answer."""


def is_signed(kind: ForgeKind, secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether the body, byte for byte, comes from somebody who holds the secret; header names are in small letters.

    GitHub and Gitea sign with HMAC-SHA-256; GitLab sends the secret itself. An empty secret signs nothing.
    """
    if not secret:
        return False
    if kind is ForgeKind.GITLAB:
        return hmac.compare_digest(headers.get("x-gitlab-token", "").encode(), secret.encode())
    sent = headers.get(_SIGNATURE[kind], "")
    if kind is ForgeKind.GITHUB:
        scheme, _, sent = sent.partition("=")
        if scheme != "sha256":
            return False
    right = hmac.digest(secret.encode(), body, sha256).hex()
    return hmac.compare_digest(sent.encode(), right.encode())


def read_forge_event(kind: ForgeKind, name: str, body: bytes) -> DeploymentAsked | None:
    """What a signed webhook asks; null for an event that asks nothing. Raises InvalidInput for one that cannot be read.

    Only GitHub asks before a deployment; what the other two send asks nothing.
    """
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("the webhook's body is no JSON") from error
    if not isinstance(found, dict):
        raise InvalidInput("the webhook's body is no JSON object")
    if kind is not ForgeKind.GITHUB or name != "deployment_protection_rule" or found.get("action") != "requested":
        return None
    asked = DeploymentAsked(
        repository=_text(found, "repository", "full_name"),
        environment=_text(found, "environment"),
        commit=_text(found, "deployment", "sha"),
        callback=_text(found, "deployment_callback_url"),
    )
    if not _COMMIT.fullmatch(asked.commit):
        raise InvalidInput("deployment.sha is no full hash of a commit")
    return asked


def _text(found: Mapping[str, Any], *path: str) -> str:
    value: Any = found
    for word in path:
        value = value.get(word) if isinstance(value, dict) else None
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise InvalidInput(f"{'.'.join(path)} is missing or no text of one line")
    return value
