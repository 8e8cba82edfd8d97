"""An emergency as JSON for machines and as lines for people: what it gave, until when, and who has to look at it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from careloop import __version__
from careloop.domain.emergency import Emergency, EmergencyKind

__all__ = ["emergency_json", "emergency_lines"]


def emergency_json(one: Emergency, *, review: str, paged: bool | None) -> dict[str, Any]:
    """The act; `paged` is null for what pages nobody."""
    return {
        "schema": "careloop/emergency/v1",
        "careloop_version": __version__,
        "kind": one.kind.value,
        "record": one.record,
        "entry": one.index,
        "person": one.person,
        "system": one.system,
        "lock": one.lock,
        "environment": one.environment,
        "post": one.post,
        "authorities": list(one.authorities),
        "reason": one.reason,
        "until": _instant(one.until),
        "overrides": list(one.overrides),
        "review": review,
        "review_due": _instant(one.review_due),
        "paged": paged,
    }


def emergency_lines(one: Emergency, *, review: str, paged: bool | None) -> Iterator[tuple[str, str]]:
    """Lines with a style: what holds until when, what was overridden, and the next step."""
    if one.kind is EmergencyKind.ON_CALL:
        yield "warn", f"{one.person} may use {', '.join(one.authorities)} of {one.post} until {_instant(one.until)}"
    else:
        yield "warn", f"{one.system} {str(one.lock)[:19]} has standing in {one.environment} until {_instant(one.until)}"
    for against in one.overrides:
        yield "detail", f"  against: {against}"
    if paged is False:
        yield "bad", "  the pager could not be reached: tell the people on duty yourself"
    yield "summary", f"others review it by {_instant(one.review_due)}: care approve {review} --reason TEXT"


def _instant(instant: datetime) -> str:
    return instant.isoformat(timespec="seconds").replace("+00:00", "Z")
