"""Which decisions were made while something was wrong: for review, reversal, notice and appeal (SEMANTICS 23; R83)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from careloop.domain.plan_steps import RaisedAlarm

__all__ = ["AffectedDecision", "AffectedList", "AffectedSlice", "digest_of_ids"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AffectedSlice:
    """What is known of the list without naming anybody: as it stands in the record of the incident."""

    release: str
    """Lock digest of the release that decided."""
    by: str | None
    group: str | None
    """Only decisions about this group of the field `by`; None for all."""
    since: int
    """From this second since 1970 on: when the change began."""
    n: int
    digest: str
    """`digest_of_ids` of the decisions."""
    upto: int
    """Watermark of the lake; later events add to the list and change nothing up to here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AffectedDecision:
    """One answer that the release gave."""

    event: str
    """Id that the system gave the event; it finds the case in the system's own books."""
    subject: str | None
    """Pseudonym of whom it was about, the same for all their decisions here; None where the event names nobody."""
    release: str
    window: int
    """Start of the window in which it came, in seconds since 1970."""
    decided_at: datetime
    group: str | None
    answer: str | None
    """What was decided, such as `refuse`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AffectedList:
    """The decisions of one alarm, and how they stand to what was recorded."""

    alarm: RaisedAlarm
    decisions: tuple[AffectedDecision, ...]
    now: AffectedSlice
    """All of them, as of now."""
    recorded: AffectedSlice | None
    """What the record of the incident says; None when no incident was opened, or the list could not be made then."""
    same: bool | None
    """Whether the list up to the recorded watermark has the recorded digest; None when nothing was recorded."""


def digest_of_ids(events: Iterable[str]) -> str:
    """`sha256:` and hex of the ids in the order in which they came, one JSON text a line.

    >>> digest_of_ids([]) == "sha256:" + sha256(b"").hexdigest()
    True
    """
    seen = sha256()
    for event in events:
        seen.update(json.dumps(event).encode() + b"\n")
    return f"sha256:{seen.hexdigest()}"
