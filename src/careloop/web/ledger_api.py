"""The ledger from afar: `/api/v1/ledger/…`, for CI runners and laptops that decide and record through this server.

The server holds the log's key and is the only one that writes; a token says which records may be sent. Answers prove
themselves, see `careloop.ledger.wire`.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema
from ninja.security import HttpBearer

from careloop import wiring
from careloop.errors import InvalidInput
from careloop.ledger.canonical import read_instant
from careloop.ledger.who_appends import BY_PIPELINES, BY_RELEASES
from careloop.ports.ledger import Where
from careloop.web.accounts.models import ApiToken
from careloop.web.api_tokens import any_token_of
from careloop.web.site import place
from careloop.wiring.trust import rotation_notes
from careloop.workflows.evolve.answer_ledger import LedgerDoor

__all__ = [
    "Chosen",
    "consistency",
    "get_blob",
    "head",
    "inclusion",
    "key",
    "proven",
    "put_blob",
    "records",
    "rotations",
    "router",
]


class _Opens(HttpBearer):
    """A valid token that opens one of these scopes."""

    def __init__(self, *scopes: str) -> None:
        super().__init__()
        self._scopes = scopes

    def authenticate(self, request: HttpRequest, token: str) -> ApiToken | None:
        """The token, or None for one that is wrong, over, or for something else."""
        return any_token_of(request, self._scopes)


router = Router(auth=_Opens("read", "record", "release"), tags=["ledger"])
_writes = _Opens("record", "release")


class Chosen(Schema):
    """Which entries; all narrow the choice together."""

    start: int
    end: int
    seen: int = 0
    """Size of the log that the asker has seen."""
    type: str | None = None
    subject: str | None = None
    iss: str | None = None
    sub: str | None = None
    since: str | None = None
    until: str | None = None


@cache
def _door() -> LedgerDoor:
    """One writer for all requests of this process, so that those that arrive together share a commit."""
    return LedgerDoor(wiring.served_ledger(place().root))


@router.get("/head", summary="The newest checkpoint, proven to continue the one that was seen")
def head(request: HttpRequest, seen: int = 0) -> HttpResponse:
    """A `LedgerAnswer`."""
    return _answer(_door().head(seen=seen))


@router.get("/key", summary="The log's public key, as C2SP writes it")
def key(request: HttpRequest) -> HttpResponse:
    """For a person to compare with what they were told; whoever takes it from here unseen trusts the server."""
    return HttpResponse(f"{wiring.served_ledger(place().root).key}\n", content_type="text/plain; charset=utf-8")


@router.get("/rotations", summary="Every change of the log's key, with what proves it")
def rotations(request: HttpRequest) -> HttpResponse:
    """A `KeyTrail`."""
    return _answer(_door().rotations(rotation_notes(place().root)))


@router.get("/proven", summary="Entries with their proofs")
def proven(request: HttpRequest, chosen: Annotated[Chosen, Query()]) -> HttpResponse:
    """A `LedgerAnswer` with up to 256 entries."""
    return _answer(_door().entries(_where(chosen), start=chosen.start, end=chosen.end, seen=chosen.seen))


@router.get("/inclusion", summary="The path of an entry in the tree of a size")
def inclusion(request: HttpRequest, index: int, size: int, seen: int = 0) -> HttpResponse:
    """A `LedgerAnswer` with a path (RFC 6962 section 2.1.1)."""
    return _answer(_door().inclusion(index, size, seen=seen))


@router.get("/consistency", summary="That one tree begins with another")
def consistency(request: HttpRequest, old: int, new: int, seen: int = 0) -> HttpResponse:
    """A `LedgerAnswer` with a path (RFC 6962 section 2.1.2)."""
    return _answer(_door().consistency(old, new, seen=seen))


@router.post("/records", auth=_writes, summary="Append records, all or none")
def records(request: HttpRequest, seen: int = 0) -> HttpResponse:
    """A `LedgerAnswer` with a receipt for each record, proven. Safe to repeat."""
    token: ApiToken = request.auth  # type: ignore[attr-defined]  # put there by ninja

    allowed = BY_RELEASES if "release" in token.scopes else BY_PIPELINES
    return _answer(_door().append(request.body, seen=seen, now=wiring.now(), allowed=allowed))


@router.post("/blobs", auth=_writes, summary="Keep a document beside the log")
def put_blob(request: HttpRequest) -> dict[str, Any]:
    """Its digest, size and media type."""
    kept = _door().put_blob(request.body, media=request.content_type or "application/octet-stream")
    return {"sha256": kept.sha256, "size": kept.size, "media": kept.media}


@router.get("/blobs/{sha256}", summary="A document by its digest")
def get_blob(request: HttpRequest, sha256: str) -> HttpResponse:
    """Its bytes, never to be shown by a browser as a page."""
    answer = HttpResponse(_door().get_blob(sha256), content_type="application/octet-stream")
    answer["Content-Disposition"] = "attachment"
    return answer


def _answer(body: bytes) -> HttpResponse:
    return HttpResponse(body, content_type="application/json")


def _where(chosen: Chosen) -> Where:
    if (chosen.iss is None) != (chosen.sub is None):
        raise InvalidInput("an actor is named by iss and sub together")
    where: Where = {}
    if chosen.type is not None:
        where["type"] = chosen.type
    if chosen.subject is not None:
        where["subject"] = chosen.subject
    if chosen.iss is not None and chosen.sub is not None:
        where["actor"] = (chosen.iss, chosen.sub)
    if chosen.since is not None:
        where["since"] = read_instant(chosen.since)
    if chosen.until is not None:
        where["until"] = read_instant(chosen.until)
    return where
