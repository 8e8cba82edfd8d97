"""Matters as the ledger keeps them: requests for what is no release, what was granted, what was ended or used up."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final

from careloop.domain.approval import RELEASE, Rejection
from careloop.domain.matter import Grant, GrantedBy, MatterKind
from careloop.ports.ledger import Entry, Json, Ledger, Subject
from careloop.workflows.run.release_records import Asked, requests_for

__all__ = ["GRANT_TYPES", "grants_in", "grants_of", "matter_requests", "matter_subjects", "rejections_of_request"]

GRANT_TYPES: Final = ("matter.granted", "matter.ended", "matter.used")


def matter_subjects(name: str, system: str | None, request: str | None = None) -> tuple[Subject, ...]:
    """What a record about a matter is about."""
    about = [Subject(name=f"matters/{name}")]
    if system is not None:
        about.append(Subject(name=f"systems/{system}"))
    if request is not None:
        about.append(Subject(name=f"requests/{request}", digest=request))
    return tuple(about)


def matter_requests(ledger: Ledger, name: str | None = None) -> list[Asked]:
    """Requests about one matter, or about all of them, in order."""
    found = requests_for(ledger, subject=None if name is None else f"matters/{name}")
    return [one for one in found if one.request.action != RELEASE]


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


def rejections_of_request(ledger: Ledger, request: str) -> list[Rejection]:
    """What people said no to about one request, in order."""
    return [
        Rejection(
            request=request,
            slice=_text(entry.record.data.get("slice")),
            environment=_text(entry.record.data.get("environment")),
            person=entry.record.actor.sub,
            reason=_text(entry.record.data.get("reason")),
            at=entry.record.occurred_at,
            record=entry.record.id,
        )
        for entry in ledger.query(type="approval.rejected", subject=f"requests/{request}")
    ]


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""
