"""What was granted, ended and used up, as the ledger keeps it. Shared by the phases that ask for it."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final

from careloop.domain.matter import Grant, GrantedBy, MatterKind
from careloop.ports.ledger import Entry, Ledger

__all__ = ["GRANT_TYPES", "grants_in", "grants_of"]

GRANT_TYPES: Final = ("matter.granted", "matter.ended", "matter.used")


def grants_of(ledger: Ledger, name: str | None = None) -> tuple[Grant, ...]:
    """Everything that was ever granted about one matter, or about all of them, in order."""
    entries: list[Entry] = []
    for kind in GRANT_TYPES:
        entries += ledger.query(type=kind, subject=f"matters/{name}") if name else ledger.query(type=kind)
    return grants_in(sorted(entries, key=lambda one: one.index))


def grants_in(entries: Sequence[Entry]) -> tuple[Grant, ...]:
    """The grants among entries in the order of the log, those that were ended or used marked."""
    found: list[Grant] = []
    for entry in entries:
        data = entry.record.data
        if entry.record.type == "matter.granted":
            with suppress(KeyError, ValueError):
                found.append(_grant(entry))
        elif entry.record.type == "matter.ended":
            said = str(data.get("reason"))
            found = [
                replace(one, ended_at=entry.record.occurred_at, ended_because=said)
                if one.name == data.get("matter") and one.ended_at is None
                else one
                for one in found
            ]
        elif entry.record.type == "matter.used":
            found = [
                replace(one, used_by=str(data.get("order"))) if one.request == data.get("request") else one
                for one in found
            ]
    return tuple(found)


def _grant(entry: Entry) -> Grant:
    data = entry.record.data
    voices = data["by"]
    rows = [one for one in voices if isinstance(one, Mapping)] if isinstance(voices, Sequence) else []
    return Grant(
        name=str(data["matter"]),
        kind=MatterKind(str(data["matter"]).partition("/")[0]),
        terms=str(data["terms"]),
        request=str(data["request"]),
        by=tuple(GrantedBy(str(one["person"]), str(one["post"])) for one in rows),
        at=entry.record.occurred_at,
        record=entry.record.id,
        index=entry.index,
    )
