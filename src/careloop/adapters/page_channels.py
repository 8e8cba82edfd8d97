"""The services that care.yaml names under `notify`, each with its key from the environment.

A key that is not set makes a channel that takes nothing and says why: what should be sent over it waits and shows, and
nothing else is held up.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TextIO

from careloop.adapters.alertmanager_pager import AlertmanagerPager
from careloop.adapters.channel_key import ClosedChannel, channel_key
from careloop.adapters.console_pager import ConsolePager
from careloop.adapters.json_line import JsonLine
from careloop.adapters.opsgenie_pager import OpsgeniePager
from careloop.adapters.pagerduty_pager import PagerDutyPager
from careloop.adapters.signed_webhook import SignedWebhook
from careloop.adapters.webhook_pager import WebhookPager
from careloop.domain.channels import Channel, ChannelKind, Notify
from careloop.errors import CareloopError, InvalidInput
from careloop.ports.pager import Pager

__all__ = ["CONSOLE", "page_channels"]

CONSOLE: Final = "console"
"""The channel where none is configured."""
_PAGERDUTY: Final = "https://events.pagerduty.com"
_OPSGENIE: Final = "https://api.opsgenie.com"


def page_channels(notify: Notify | None, *, environ: Mapping[str, str], stream: TextIO) -> dict[str, Pager]:
    """Every channel that tells people, by id; the terminal, where there is none."""
    people = [channel for channel in notify.channels if channel.tells_people] if notify else []
    return {channel.id: _opened(channel, environ) for channel in people} or {CONSOLE: ConsolePager(stream)}


def _opened(channel: Channel, environ: Mapping[str, str]) -> Pager:
    try:
        return _pager(channel, channel_key(channel, environ))
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
        case _:
            raise InvalidInput(f"a channel of the kind {channel.kind.value} tells no people")
