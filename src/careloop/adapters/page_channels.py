"""The services that care.yaml names under `notify`, each with its key from the environment.

A key that is not set makes a channel that takes nothing and says why: what should be sent over it waits and shows, and
nothing else is held up.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TextIO

from careloop.adapters.alertmanager_pager import AlertmanagerPager
from careloop.adapters.console_pager import ConsolePager
from careloop.adapters.json_line import JsonLine
from careloop.adapters.opsgenie_pager import OpsgeniePager
from careloop.adapters.pagerduty_pager import PagerDutyPager
from careloop.adapters.signed_webhook import SignedWebhook
from careloop.adapters.webhook_pager import WebhookPager
from careloop.domain.channels import Channel, ChannelKind, Notify
from careloop.errors import CareloopError, Unavailable
from careloop.ports.pager import Page, Pager

__all__ = ["CONSOLE", "ClosedChannel", "page_channels"]

CONSOLE: Final = "console"
"""The channel where none is configured."""
_PAGERDUTY: Final = "https://events.pagerduty.com"
_OPSGENIE: Final = "https://api.opsgenie.com"


class ClosedChannel:
    """A `Pager` that cannot be used as it is configured."""

    def __init__(self, why: str) -> None:
        self._why = why

    def send(self, page: Page) -> None:
        """Raise `Unavailable`, saying why."""
        raise Unavailable(self._why)


def page_channels(notify: Notify | None, *, environ: Mapping[str, str], stream: TextIO) -> dict[str, Pager]:
    """Every configured channel by id; the terminal, where there is none."""
    if notify is None:
        return {CONSOLE: ConsolePager(stream)}
    return {channel.id: _opened(channel, environ) for channel in notify.channels}


def _opened(channel: Channel, environ: Mapping[str, str]) -> Pager:
    key = environ.get(channel.secret, "") if channel.secret is not None else ""
    if channel.secret is not None and not key:
        return ClosedChannel(f"the environment variable {channel.secret} is not set")
    if not key.isascii() or not key.isprintable():
        return ClosedChannel(f"{channel.secret} holds a sign that no key has: is there a line break?")
    try:
        return _pager(channel, key)
    except CareloopError as error:
        return ClosedChannel(error.message)


def _pager(channel: Channel, key: str) -> Pager:
    match channel.kind:
        case ChannelKind.PAGERDUTY:
            return PagerDutyPager(JsonLine(channel.at or _PAGERDUTY), routing_key=key)
        case ChannelKind.OPSGENIE:
            return OpsgeniePager(JsonLine(channel.at or _OPSGENIE, headers={"authorization": f"GenieKey {key}"}))
        case ChannelKind.ALERTMANAGER:
            headers = {"authorization": f"Bearer {key}"} if key else {}
            return AlertmanagerPager(JsonLine(channel.at or "", headers=headers))
        case ChannelKind.WEBHOOK:
            return WebhookPager(SignedWebhook(channel.at or "", secret=key))
