"""Releases at the gate that people are asked to approve, by the entries about one system. Entries in, values out."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from careloop.domain.approval import RELEASE
from careloop.errors import InvalidInput
from careloop.gates.request import read_request, request_digest
from careloop.ports.ledger import Entry

__all__ = ["WaitingRequest", "waiting_requests"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingRequest:
    """One request that is neither expired nor used up."""

    request: str
    """Digest: what `care approve` takes."""
    index: int
    """Place in the ledger."""
    lock: str
    version: str
    environment: str
    requester: str
    asked_at: datetime
    expires_at: datetime
    signed: tuple[str, ...]
    """People who signed, in order; whether each signature counts, the gate says."""
    required: int | None
    """Approvals that the gate wanted when it last looked; None when it does not say."""


def waiting_requests(entries: Iterable[Entry], *, environment: str, now: datetime) -> tuple[WaitingRequest, ...]:
    """The requests about one system that wait for people, in the order of the log.

    Whether its grounds have changed since, so that it is void, is found out when somebody approves: that takes the
    documents and the artefacts. Of several requests for one release, all that are open are told.
    """
    log = list(entries)
    used = {entry.record.data.get("request") for entry in log if entry.record.type == "release.standing"}
    signed: dict[object, dict[str, None]] = {}
    required: dict[object, int] = {}
    for entry in log:
        data = entry.record.data
        if entry.record.type == "approval.given":
            signed.setdefault(data.get("request"), {})[entry.record.actor.sub] = None
        elif entry.record.type == "gate.decision" and isinstance(data.get("required_approvals"), int):
            required[data.get("request")] = int(str(data["required_approvals"]))
    found = []
    for entry in log:
        if entry.record.type != "approval.requested" or entry.record.data.get("request") in used:
            continue
        if entry.record.data.get("action") != RELEASE:
            continue
        with suppress(InvalidInput):
            waiting = _waiting(entry, signed, required)
            if (
                entry.record.data.get("action") == RELEASE
                and waiting.environment == environment
                and waiting.expires_at >= now
            ):
                found.append(waiting)
    return tuple(found)


def _waiting(entry: Entry, signed: dict[object, dict[str, None]], required: dict[object, int]) -> WaitingRequest:
    data = entry.record.data
    body = data.get("body")
    request = read_request(dict(body) if isinstance(body, dict) else {})
    digest = request_digest(request)
    if digest != data.get("request"):
        raise InvalidInput("the request's digest is not that of its text: nobody signed that")
    return WaitingRequest(
        request=digest,
        index=entry.index,
        lock=request.lock,
        version=str(data.get("version", "")),
        environment=request.environment,
        requester=request.requester,
        asked_at=entry.record.occurred_at,
        expires_at=request.expires_at,
        signed=tuple(signed.get(digest, ())),
        required=required.get(digest),
    )
