"""A deployer that is somebody else's platform: it gets a signed order and switches.

The order's id is the message's id, so that an order that is sent again is carried out once. The platform answers 2xx
when the order holds, 409 when something answers that the order was not given over, and any other 4xx when it will not.
"""

from __future__ import annotations

from careloop.adapters.release_store import ReleaseStore
from careloop.adapters.signed_webhook import SignedWebhook
from careloop.domain.deployment import Served, ServeRelease, Switched, SwitchOrder

__all__ = ["WebhookDeployer"]


class WebhookDeployer:
    """A `Deployer` behind a signed webhook; `artefacts` are compared with their lock before any order is sent."""

    def __init__(self, webhook: SignedWebhook, *, artefacts: ReleaseStore | None = None) -> None:
        self._webhook, self._artefacts = webhook, artefacts

    def switch(self, order: SwitchOrder) -> Switched:
        """Send the order; see the port."""
        if self._artefacts is not None and isinstance(order.to, ServeRelease):
            self._artefacts.check(order.to.lock)
        data = {
            "order": order.id,
            "system": order.system,
            "environment": order.environment,
            "serve": _written(order.to),
            "over": [_written(served) for served in order.over],
            "because": order.because,
        }
        self._webhook.send("deployment.ordered", message=order.id, at=order.ordered_at, data=data)
        return Switched(order=order.id, to=order.to, switched_at=order.ordered_at, changed=True)


def _written(served: Served) -> dict[str, str]:
    return {"release": served.lock} if isinstance(served, ServeRelease) else {"safe_state": served.state.value}
