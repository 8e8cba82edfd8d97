"""What was decided and done: the ledger's entries, each with the proof that it is there, to be checked offline."""

from __future__ import annotations

import json
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from careloop.errors import NotFound
from careloop.ledger.merkle import leaf_hash
from careloop.ledger.record_types import STANDARD_TYPES
from careloop.ports.ledger import Entry, Ledger
from careloop.web.pages.refusals import unknown
from careloop.web.site import board
from careloop.workflows.evolve.ledger_prove import prove_entry
from careloop.workflows.evolve.ledger_show import EntryFilter, show_entries

__all__ = ["entry", "key", "page", "proof"]

_A_PAGE: Final = 50


def page(request: HttpRequest) -> HttpResponse:
    """Entries, newest first, fifty to a page; `?type=`, `?subject=` narrow them and `?before=` goes back."""
    kind, subject = request.GET.get("type", ""), request.GET.get("subject", "").strip()[:300]
    before = request.GET.get("before", "")
    ledger = board().ledger
    size, head = ledger.size(), ledger.head()
    upto = min(size, int(before)) if before.isdigit() else size
    wanted = EntryFilter(type=kind or None, subject=subject or None, tail=_A_PAGE, upto=upto)
    lines = show_entries(ledger, wanted)[::-1]
    shown = {
        "lines": lines,
        "size": size,
        "head": head,
        "types": sorted(STANDARD_TYPES),
        "type": kind,
        "subject": subject,
        "older": lines[-1].index if len(lines) == _A_PAGE and lines[-1].index else None,
        "newest": upto == size,
    }
    return render(request, "pages/ledger.html", shown)


def entry(request: HttpRequest, index: int) -> HttpResponse:
    """One entry: who, what, when, what it is evidence for, and its place in the tree."""
    ledger = board().ledger
    try:
        found = ledger.entry(index)
    except NotFound as error:
        return unknown(request, error)
    size, head = ledger.size(), ledger.head()
    referred = _referred(ledger, found)
    shown = {
        "entry": found,
        "record": found.record,
        "body": json.dumps(json.loads(found.body), indent=2, ensure_ascii=False),
        "leaf": leaf_hash(found.body).hex(),
        "size": size,
        "head": head,
        "referred": referred,
        "previous": index - 1 if index else None,
        "next": index + 1 if index + 1 < size else None,
    }
    return render(request, "pages/entry.html", shown)


def proof(request: HttpRequest, index: int) -> HttpResponse:
    """The proof that the entry is in the newest signed checkpoint (C2SP tlog-proof), as a file."""
    ledger = board().ledger
    try:
        made = prove_entry(ledger, index)
    except NotFound as error:
        return unknown(request, error)
    return _file(made.proof, f"entry-{index}.tlog-proof")


def key(request: HttpRequest) -> HttpResponse:
    """The log's public key, which whoever checks a proof must have from somebody they trust."""
    ledger = board().ledger
    return _file(f"{ledger.key}\n", "ledger.pub")


def _referred(ledger: Ledger, found: Entry) -> list[tuple[str, int | None]]:
    """What the record follows, and where that stands: it is about the same thing, or lies elsewhere."""
    about = next(iter(found.record.subject), None)
    if not found.record.refs or about is None:
        return [(ref, None) for ref in found.record.refs]
    known = {one.record.id: one.index for one in ledger.query(subject=about.name, upto=found.index)}
    return [(ref, known.get(ref)) for ref in found.record.refs]


def _file(text: str, name: str) -> HttpResponse:
    return HttpResponse(
        text,
        content_type="text/plain; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
