"""Business figures that others count and keep, shown beside what is counted here (R46, R47).

A view is looked at and nothing more. Who counts in a Prometheus loses counts when a process restarts, and answers about
the past may change; so no view is ever counted, held to a promise, or part of a digest.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from ipaddress import ip_address
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, StringConstraints, model_validator

from careloop.domain.feed import Variable
from careloop.domain.noun import Duration, Noun, Text, WindowLength, seconds_in

__all__ = [
    "PrometheusView",
    "ViewKey",
    "ViewPoint",
    "ViewReading",
    "ViewSeries",
    "ViewStanding",
    "ViewState",
    "late_after_s",
    "standing_of",
]

_MOST_POINTS: Final = 50_000
_LOOKED_BACK_S: Final = 300
"""So long a Prometheus takes a sample for current."""
_LEAST_PATIENCE_S: Final = 120
_ADDRESS: Final = re.compile(r"https?://(?P<host>\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]+)(?::\d{1,5})?(?:/[^\s?#]*)?")

Label = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]{0,99}$")]
"""Name of a label, as Prometheus allows it."""


def _an_address(text: str) -> str:
    if re.match(r"https?://[^/]*@", text):
        raise ValueError("the address has a user or password in it: name variables in `user` and `secret` instead")
    if _ADDRESS.fullmatch(text) is None:
        raise ValueError("an address such as https://prometheus.example or http://localhost:9090/prefix is needed")
    return text.rstrip("/")


class PrometheusView(Noun):
    """A figure that a Prometheus, or what speaks its interface, answers for a range of time."""

    kind: Literal["prometheus"]
    title: Text
    """What is shown, for people: conversion of offers, revenue per hour, …"""
    address: Annotated[str, AfterValidator(_an_address)]
    query: Annotated[str, StringConstraints(min_length=1, max_length=10_000, strip_whitespace=True)]
    """PromQL. Take rates of counters (`rate`, `increase`): a bare counter falls to zero with every restart."""
    by: Label | None = None
    """The label that tells several series apart, such as `region`; without it the query gives one series."""
    unit: Text | None = None
    """`share` is shown in percent; anything else is written behind the number."""
    step: WindowLength = "PT5M"
    """Time from one point to the next."""
    keep: Duration = "P30D"
    """How far back is read, and kept."""
    overlap: WindowLength = "PT1H"
    """How far back each reading goes once more: answers about the newest past still change."""
    every: Duration = "PT1M"
    """How often the worker reads on."""
    user: Variable | None = None
    """Names the variable that holds the user's name, for a server that asks for one."""
    secret: Variable | None = None
    """Names the variable that holds the password; without `user`, a token."""

    @model_validator(mode="after")
    def _can_be_read(self) -> Self:
        if seconds_in(self.keep) // seconds_in(self.step) > _MOST_POINTS:
            raise ValueError(f"`keep` at this `step` are more than {_MOST_POINTS:,} points: make the step longer")
        if seconds_in(self.step) > seconds_in(self.keep):
            raise ValueError("`step` is longer than `keep`")
        if self.user and not self.secret:
            raise ValueError("`user` needs `secret`, the name of the variable that holds the password")
        if self.secret and self.address.startswith("http:") and not _is_this_host(self.address):
            raise ValueError("a secret is sent by https only: write https:// or leave `secret` out")
        return self

    @property
    def digest(self) -> str:
        """Of everything that decides which points are read: with another one what was kept is read anew."""
        told = (self.address, self.query, self.by, seconds_in(self.step))
        return sha256(repr(told).encode()).hexdigest()


def _is_this_host(address: str) -> bool:
    found = _ADDRESS.fullmatch(address)
    host = found["host"].strip("[]") if found else ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@dataclass(frozen=True, slots=True, order=True)
class ViewKey:
    """A view of a system."""

    system: str
    view: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewPoint:
    """The samples of a stretch of time; of one sample, where the stretch is a step."""

    at: int
    """Its beginning, in seconds since 1970."""
    newest: int
    """When its last sample is of."""
    value: float | None
    """Mean of those that are numbers; None where none is, such as a quotient without traffic. Never 0 for that."""
    low: float | None
    high: float | None
    samples: int
    """How many there are; where there is none there is no point."""
    odd: int
    """Those among them that are no number: NaN or an infinity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewSeries:
    """One line of a view."""

    label: str | None
    """Value of the label `by`; None where the view has one line only."""
    points: tuple[ViewPoint, ...]
    """In order of time; a gap is where points are missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewReading:
    """What is kept of a view."""

    digest: str
    """Of the declaration that it was read by."""
    since: int | None
    """From here on it was read without a gap, up to and with `upto`; seconds since 1970. None before the first time."""
    upto: int | None
    read_at: datetime | None
    """When reading succeeded last."""
    tried_at: datetime
    failed: str | None
    """Why the last try failed; None when it did not."""
    warning: str | None
    """What the server had to remark about its answer."""
    series: tuple[ViewSeries, ...]


class ViewState(StrEnum):
    """Whether what is shown is of now."""

    FRESH = "fresh"
    STALE = "stale"
    UNREAD = "unread"


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewStanding:
    """How far a view can be relied on."""

    state: ViewState
    because: str
    """In words, with instants; for a fresh one when it was read."""
    gone: tuple[str, ...] = ()
    """Labels whose line has ended while others go on."""


def standing_of(view: PrometheusView, reading: ViewReading | None, *, now: datetime) -> ViewStanding:
    """Whether a view is of now: read of late, with samples of late. What cannot be told is never a value."""
    if reading is None or reading.digest != view.digest or reading.read_at is None:
        why = f": {reading.failed}" if reading is not None and reading.failed else ""
        return ViewStanding(state=ViewState.UNREAD, because=f"never read{why}")
    told = f"read {_when(reading.read_at)}"
    why = f"; the last try failed: {reading.failed}" if reading.failed else ""
    if (now - reading.read_at).total_seconds() > max(3 * seconds_in(view.every), _LEAST_PATIENCE_S):
        why = why or "; nobody has tried since"
        return ViewStanding(state=ViewState.STALE, because=f"last {told}{why}")
    newest = {one.label: one.points[-1].newest for one in reading.series if one.points}
    if not newest:
        return ViewStanding(state=ViewState.STALE, because=f"{told}; the query has no series{why}")
    late = now.timestamp() - late_after_s(view)
    if max(newest.values()) < late:
        return ViewStanding(state=ViewState.STALE, because=f"{told}; no sample since {_at(max(newest.values()))}{why}")
    gone = tuple(sorted(label for label, at in newest.items() if label is not None and at < late))
    remark = f"; the server remarks: {reading.warning}" if reading.warning else ""
    return ViewStanding(state=ViewState.FRESH, because=f"{told}{why}{remark}", gone=gone)


def late_after_s(view: PrometheusView) -> int:
    """Seconds after which a line without a new sample has ended."""
    return 2 * seconds_in(view.step) + _LOOKED_BACK_S


def _when(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def _at(seconds: int) -> str:
    return _when(datetime.fromtimestamp(seconds, UTC))
