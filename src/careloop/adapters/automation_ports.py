"""What automation acts with on one machine: the registry in `.care/`, or a platform and a pager behind webhooks.

Chosen by the environment: `CARE_DEPLOYER_URL` with `CARE_DEPLOYER_SECRET`, `CARE_PAGER_URL` with `CARE_PAGER_SECRET`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

from careloop.adapters.console_pager import ConsolePager
from careloop.adapters.file_registry import FileRegistry
from careloop.adapters.joblib_replayer import JoblibReplayer
from careloop.adapters.signed_webhook import SignedWebhook
from careloop.adapters.webhook_deployer import WebhookDeployer
from careloop.adapters.webhook_pager import WebhookPager
from careloop.errors import InvalidInput
from careloop.ports.deployer import Deployer
from careloop.ports.pager import Pager
from careloop.ports.replayer import Replayer

__all__ = ["AutomationPorts", "automation_ports"]

_REGISTRY: Final = ".care/registry"


@dataclass(frozen=True, slots=True, kw_only=True)
class AutomationPorts:
    """The ports, filled."""

    registry: FileRegistry
    """Where releases' artefacts are kept; also the deployer, unless a platform is configured."""
    deployer: Deployer
    pager: Pager
    replayer: Replayer


def automation_ports(root: Path, *, environ: Mapping[str, str], stream: TextIO) -> AutomationPorts:
    """The ports for the repository at `root`; pages go to `stream` where no pager is configured.

    Raises `InvalidInput` for an address without a secret, or one that is not https.
    """
    registry = FileRegistry(root / _REGISTRY)
    platform, pager = _webhook("DEPLOYER", environ), _webhook("PAGER", environ)
    return AutomationPorts(
        registry=registry,
        deployer=registry if platform is None else WebhookDeployer(platform, artefacts=registry.artefacts),
        pager=ConsolePager(stream) if pager is None else WebhookPager(pager),
        replayer=JoblibReplayer(registry.artefacts),
    )


def _webhook(what: str, environ: Mapping[str, str]) -> SignedWebhook | None:
    url, secret = environ.get(f"CARE_{what}_URL"), environ.get(f"CARE_{what}_SECRET")
    if not url:
        return None
    if not secret:
        raise InvalidInput(f"CARE_{what}_URL is set and CARE_{what}_SECRET is not", hint="messages are signed with it")
    return SignedWebhook(url, secret=secret)
