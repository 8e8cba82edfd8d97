"""What automation acts with on one machine: the registry in `.care/`, or somebody's platform and pager.

Chosen by the environment: `CARE_DEPLOYER_URL` with `CARE_DEPLOYER_SECRET`, `CARE_PAGER_URL` with `CARE_PAGER_SECRET`.
An address alone is a signed webhook; `mlflow+https://…` is an MLflow server (the secret, if any, its token);
`pagerduty+https://…` (the secret is the routing key), `opsgenie+https://…` (the API key) and `alertmanager+https://…`
(the secret, if any, a bearer token) are those services.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from careloop.adapters.alertmanager_pager import AlertmanagerPager
from careloop.adapters.file_registry import FileRegistry
from careloop.adapters.joblib_replayer import JoblibReplayer
from careloop.adapters.json_line import JsonLine
from careloop.adapters.mlflow_deployer import MlflowDeployer
from careloop.adapters.opsgenie_pager import OpsgeniePager
from careloop.adapters.pagerduty_pager import PagerDutyPager
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
    pager: Pager | None
    """The service that the environment names, if it names one."""
    replayer: Replayer


def automation_ports(root: Path, *, environ: Mapping[str, str]) -> AutomationPorts:
    """The ports for the repository at `root`.

    Raises `InvalidInput` for an address without a secret, or one that is not https.
    """
    registry = FileRegistry(root / _REGISTRY)
    return AutomationPorts(
        registry=registry,
        deployer=_deployer(_Address.of("DEPLOYER", environ), registry),
        pager=_pager(_Address.of("PAGER", environ)),
        replayer=JoblibReplayer(registry.artefacts),
    )


@dataclass(frozen=True, slots=True)
class _Address:
    """A service as the environment names it."""

    what: str
    kind: str
    """Of the service; empty for a signed webhook."""
    url: str
    secret: str = field(repr=False)

    @classmethod
    def of(cls, what: str, environ: Mapping[str, str]) -> _Address | None:
        given = environ.get(f"CARE_{what}_URL")
        if not given:
            return None
        kind, _, url = given.partition("+") if "+" in given.partition("://")[0] else ("", "", given)
        return cls(what, kind, url, environ.get(f"CARE_{what}_SECRET", ""))

    def needed(self, why: str) -> str:
        """The secret, where there is no going without."""
        if not self.secret:
            raise InvalidInput(f"CARE_{self.what}_URL is set and CARE_{self.what}_SECRET is not", hint=why)
        return self.secret

    def webhook(self) -> SignedWebhook:
        return SignedWebhook(self.url, secret=self.needed("messages are signed with it"))

    def line(self, **headers: str) -> JsonLine:
        return JsonLine(self.url, headers=headers)

    def bearer(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.secret}"} if self.secret else {}

    def unknown(self, known: str) -> InvalidInput:
        return InvalidInput(f"CARE_{self.what}_URL begins with {self.kind}+, which is none of {known}")


def _deployer(address: _Address | None, registry: FileRegistry) -> Deployer:
    if address is None:
        return registry
    if address.kind == "mlflow":
        return MlflowDeployer(address.line(**address.bearer()), artefacts=registry.artefacts)
    if address.kind:
        raise address.unknown("mlflow+")
    return WebhookDeployer(address.webhook(), artefacts=registry.artefacts)


def _pager(address: _Address | None) -> Pager | None:
    match address:
        case None:
            return None
        case _Address(kind=""):
            return WebhookPager(address.webhook())
        case _Address(kind="pagerduty"):
            return PagerDutyPager(address.line(), routing_key=address.needed("it is the integration's routing key"))
        case _Address(kind="opsgenie"):
            key = address.needed("it is the integration's API key")
            return OpsgeniePager(address.line(authorization=f"GenieKey {key}"))
        case _Address(kind="alertmanager"):
            return AlertmanagerPager(address.line(**address.bearer()))
        case _:
            raise address.unknown("pagerduty+, opsgenie+, alertmanager+")
