"""Emergencies as the ledger keeps them: what was done, until when it holds, and whether somebody looked at it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from careloop.domain.emergency import Emergency, EmergencyKind, OnCall
from careloop.domain.matter import MatterKind
from careloop.domain.noun import seconds_in
from careloop.domain.organisation import Organisation
from careloop.errors import InvalidInput
from careloop.ledger.canonical import read_instant
from careloop.ports.ledger import Entry, Json, Ledger
from careloop.workflows.grants import grants_of

__all__ = ["EMERGENCY_TYPES", "REVIEW_OPEN_FOR", "calls_in_force", "emergencies_of", "span_of"]

EMERGENCY_TYPES: Final = ("release.emergency", "authority.taken")
REVIEW_OPEN_FOR: Final = timedelta(days=90)
"""How long after it fell due a review can still be made up for."""
_SPANS: Final[Mapping[str, str]] = {"emergency-standing": "P3D", "emergency-review": "P1D", "on-call": "PT12H"}
"""`intervals` in care.yaml may say otherwise, by the same names."""


def span_of(name: str, organisation: Organisation | None) -> timedelta:
    """How long what an emergency gives holds, and how soon it is reviewed."""
    said = (organisation.intervals if organisation else {}).get(name, _SPANS[name])
    return timedelta(seconds=seconds_in(said))


def emergencies_of(ledger: Ledger) -> tuple[Emergency, ...]:
    """Every emergency on record, in order, with its review if there was one."""
    entries = [entry for kind in EMERGENCY_TYPES for entry in ledger.query(type=kind)]
    if not entries:
        return ()
    reviews = {one.name: one.at for one in grants_of(ledger) if one.kind is MatterKind.REVIEW}
    found = []
    for entry in sorted(entries, key=lambda one: one.index):
        with suppress(InvalidInput, ValueError):
            one = _emergency(entry)
            found.append(replace(one, reviewed_at=reviews.get(f"{MatterKind.REVIEW.value}/{one.record}")))
    return tuple(found)


def calls_in_force(ledger: Ledger, now: datetime) -> tuple[OnCall, ...]:
    """Authority taken on call that may be used at this moment."""
    return tuple(_calls(ledger, now))


def _calls(ledger: Ledger, now: datetime) -> Iterator[OnCall]:
    for entry in ledger.query(type="authority.taken"):
        with suppress(InvalidInput, ValueError):
            one = _emergency(entry)
            if one.at <= now <= one.until and one.post is not None:
                yield OnCall(one.person, one.post, frozenset(one.authorities))


def _emergency(entry: Entry) -> Emergency:
    data = entry.record.data
    return Emergency(
        kind=EmergencyKind(str(data.get("kind"))),
        record=entry.record.id,
        index=entry.index,
        person=entry.record.actor.sub,
        reason=str(data.get("reason")),
        at=entry.record.occurred_at,
        until=read_instant(str(data.get("until"))),
        review_due=read_instant(str(data.get("review_due"))),
        system=_text(data.get("system")),
        lock=_text(data.get("lock")),
        environment=_text(data.get("environment")),
        overrides=_texts(data.get("overrides")),
        post=_text(data.get("post")),
        authorities=_texts(data.get("authorities")),
    )


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) else None


def _texts(value: Json) -> tuple[str, ...]:
    listed = value if isinstance(value, Sequence) and not isinstance(value, str) else ()
    return tuple(str(one) for one in listed)
