"""Rows as an application sends them, and the declaration that they fit: one line a test."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from careloop.domain.event import Event
from careloop.domain.event_contract import Admitted, EventContract, EventTerms, admit
from careloop.domain.event_values import microseconds
from careloop.domain.system import EventSchema

__all__ = ["LOCK", "NOON", "ReleasesFake", "a_label_row", "a_row", "a_schema", "admitted", "an_event"]

NOON = datetime(2026, 3, 31, 12, 0, tzinfo=UTC)
LOCK = "sha256:" + "a" * 64


class ReleasesFake:
    """A `KnownReleases` of two systems, one release each, under its digest and the alias `v1`."""

    def resolve(self, system: str, name: str) -> str | None:
        """The lock digest of the one release there is."""
        return LOCK if system in ("credit", "shop") and name in (LOCK, "v1") else None


def a_schema(**changed: Any) -> EventSchema:
    """A declaration with a field of each type."""
    values: dict[str, Any] = {
        "features": {
            "age": {"type": "integer", "personal": True},
            "hours": {"type": "number", "personal": True},
            "job": {"type": "category", "personal": True, "values": ["clerk", "farmer"]},
            "owner": {"type": "boolean", "personal": True},
            "note": {"type": "text", "personal": True},
        },
        "groups": {"sex": {"type": "category", "personal": True, "values": ["female", "male"]}},
        "segment": {"region": {"type": "category", "personal": False}},
        "business": {"amount": {"type": "number", "personal": False, "unit": "EUR"}},
        "protected_basis": "permitted",
    }
    return EventSchema.model_validate({**values, **changed})


def a_row(number: int = 1, **changed: Any) -> dict[str, Any]:
    """An inference of the system `credit`, a minute before noon; None takes a field away."""
    row: dict[str, Any] = {
        "id": f"event-{number}",
        "system": "credit",
        "release": "v1",
        "occurred_at": (NOON - timedelta(minutes=1)).isoformat(),
        "kind": "inference",
        "prediction": "approve",
        **changed,
    }
    return {name: value for name, value in row.items() if value is not None}


def a_label_row(number: int = 1, **changed: Any) -> dict[str, Any]:
    """The label of the inference of that number."""
    label = {"id": f"label-{number}", "kind": "label", "inference_id": f"event-{number}", "label": "approve"}
    return a_row(**{"prediction": None, **label, **changed})


def admitted(row: object, *, now: datetime = NOON, schema: EventSchema | None = None) -> Admitted | str:
    """What becomes of a row at `now`."""
    declared = schema or a_schema()
    terms = EventTerms(
        contracts={system: EventContract.of(system, declared) for system in ("credit", "shop")},
        release_of=ReleasesFake().resolve,
        latest_us=microseconds(now + timedelta(minutes=5)),
    )
    return admit(row, terms)


def an_event(number: int = 1, *, now: datetime = NOON, **changed: Any) -> Event:
    """An admitted event; a row that is refused is a mistake of the test."""
    found = admitted(a_row(number, **changed), now=now)
    assert isinstance(found, Admitted), found
    return found.event
