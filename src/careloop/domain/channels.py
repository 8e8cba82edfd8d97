"""Where pages and notices go: `notify` in care.yaml. Secrets are named, never written (SEMANTICS 24)."""

from __future__ import annotations

from datetime import datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from careloop.domain.noun import Noun, Slug, Text

__all__ = ["Channel", "ChannelKind", "Notify", "QuietHours"]


class ChannelKind(StrEnum):
    """Services that careloop speaks to."""

    PAGERDUTY = "pagerduty"
    """Events API v2; `secret` names the routing key."""
    ALERTMANAGER = "alertmanager"
    """API v2 of a Prometheus Alertmanager; `secret` may name a bearer token."""
    OPSGENIE = "opsgenie"
    """Alert API; `secret` names the API key."""
    WEBHOOK = "webhook"
    """Standard Webhooks; `secret` names the signing secret."""


_NEEDS_ADDRESS = (ChannelKind.ALERTMANAGER, ChannelKind.WEBHOOK)
_NEEDS_SECRET = (ChannelKind.PAGERDUTY, ChannelKind.OPSGENIE, ChannelKind.WEBHOOK)


class Channel(Noun):
    """One service that tells people."""

    id: Slug
    kind: ChannelKind
    at: Text | None = None
    """Its address; PagerDuty and Opsgenie have a usual one."""
    secret: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*$")] | None = None
    """Name of the environment variable that holds the key; the key itself never stands in the repository."""
    notices: bool = True
    """Whether it is told what can wait, too; pages always go to every channel."""

    @model_validator(mode="after")
    def _can_be_reached(self) -> Self:
        if self.at is None and self.kind in _NEEDS_ADDRESS:
            raise ValueError(f"a channel of the kind {self.kind.value} needs its address in `at`")
        if self.secret is None and self.kind in _NEEDS_SECRET:
            raise ValueError(f"a channel of the kind {self.kind.value} needs `secret`, the name of a variable")
        return self


def _a_time(text: str) -> str:
    time.fromisoformat(text)
    return text


Clock = Annotated[str, StringConstraints(pattern=r"^\d\d:\d\d$"), AfterValidator(_a_time)]


class QuietHours(Noun):
    """When notices wait; pages never do."""

    begin: Clock
    """Local time of the organisation, such as 22:00."""
    end: Clock

    @model_validator(mode="after")
    def _ends_sometime(self) -> Self:
        if self.begin == self.end:
            raise ValueError("quiet hours that begin when they end would never end")
        return self

    def over_at(self, now: datetime, zone: tzinfo) -> datetime:
        """`now`, or the end of the quiet hours that it falls into, in the zone of `now`.

        >>> from datetime import UTC
        >>> QuietHours(begin="22:00", end="07:00").over_at(datetime(2026, 1, 1, 23, tzinfo=UTC), UTC).isoformat()
        '2026-01-02T07:00:00+00:00'
        """
        local = now.astimezone(zone)
        begin, end, clock = time.fromisoformat(self.begin), time.fromisoformat(self.end), local.time()
        quiet = begin <= clock < end if begin < end else clock >= begin or clock < end
        if not quiet:
            return now
        day = local.date() if clock < end else local.date() + timedelta(days=1)
        return datetime.combine(day, end, zone).astimezone(now.tzinfo)


class Notify(Noun):
    """Who is told by which service, and when notices wait."""

    channels: tuple[Channel, ...] = Field(min_length=1)
    quiet_hours: QuietHours | None = None

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        names = [one.id for one in self.channels]
        if len(set(names)) != len(names):
            raise ValueError("a channel is named twice")
        return self
