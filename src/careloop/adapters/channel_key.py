"""A channel's key, from the environment; a channel without one takes nothing and says why."""

from __future__ import annotations

from collections.abc import Mapping

from careloop.domain.channels import Channel
from careloop.domain.happening import Happening, Preview
from careloop.errors import Unavailable
from careloop.ports.pager import Page

__all__ = ["ClosedChannel", "channel_key"]


class ClosedChannel:
    """A `Pager` and an `Outlet` that cannot be used as it is configured."""

    def __init__(self, why: str) -> None:
        self._why = why

    def send(self, page: Page) -> None:
        """Raise `Unavailable`, saying why."""
        raise Unavailable(self._why)

    def preview(self, happening: Happening) -> tuple[Preview, ...]:
        """Raise `Unavailable`, saying why."""
        raise Unavailable(self._why)

    def tell(self, happening: Happening) -> None:
        """Raise `Unavailable`, saying why."""
        raise Unavailable(self._why)


def channel_key(channel: Channel, environ: Mapping[str, str]) -> str:
    """The key that its `secret` names; empty where it names none. Raises `Unavailable` for one that is none."""
    if channel.secret is None:
        return ""
    key = environ.get(channel.secret, "")
    if not key:
        raise Unavailable(f"the environment variable {channel.secret} is not set")
    if not key.isascii() or not key.isprintable():
        raise Unavailable(f"{channel.secret} holds a sign that no key has: is there a line break?")
    return key
