"""Page people through a signed webhook: any service that can be told to wake somebody."""

from __future__ import annotations

from careloop.adapters.signed_webhook import SignedWebhook
from careloop.errors import CareloopError, Unavailable
from careloop.ports.pager import Page

__all__ = ["WebhookPager"]


class WebhookPager:
    """A `Pager` behind a signed webhook."""

    def __init__(self, webhook: SignedWebhook) -> None:
        self._webhook = webhook

    def send(self, page: Page) -> None:
        """Send the page; whatever the service answers but yes, the page was not taken."""
        data = {
            "id": page.id,
            "system": page.system,
            "urgency": page.urgency.value,
            "severity": page.severity,
            "text": page.text,
        }
        try:
            self._webhook.send("page.requested", message=page.id, at=page.at, data=data)
        except CareloopError as error:
            raise Unavailable(f"the page was not taken: {error.message}") from error
