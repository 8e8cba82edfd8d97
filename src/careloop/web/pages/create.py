"""Do our documents hold together? What the check finds, and each document to be read without git."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from careloop.domain.finding import Finding
from careloop.domain.repository import Document
from careloop.errors import NotFound
from careloop.web.pages.refusals import unknown
from careloop.web.site import board

__all__ = ["document", "page"]


@dataclass(frozen=True, slots=True)
class _Row:
    document: Document
    owner: str
    version: str
    reviewed: object
    findings: int


def page(request: HttpRequest) -> HttpResponse:
    """Findings of the check and of the programme, then all documents."""
    picture = board().picture()
    checked = picture.check.checked
    errors, findings = checked.errors, checked.findings
    rows = [_row(one, (*errors, *findings)) for one in picture.repository.documents]
    shown = {
        "errors": errors,
        "findings": findings,
        "blocking": [one for one in findings if one.blocking],
        "programme": picture.status.status.programme,
        "rows": rows,
        "check": picture.check,
    }
    return render(request, "pages/create.html", shown)


def _row(one: Document, found: tuple[Finding, ...]) -> _Row:
    noun = one.noun
    return _Row(
        document=one,
        owner=str(getattr(noun, "owner", "") or ""),
        version=str(getattr(noun, "version", "") or ""),
        reviewed=getattr(noun, "reviewed", None),
        findings=sum(finding.place.file == one.path for finding in found),
    )


def document(request: HttpRequest, path: str) -> HttpResponse:
    """A governed document as it lies in the folder; only documents that the repository governs can be asked for."""
    picture = board().picture()
    text = picture.texts.get(path)
    if text is None:
        return unknown(request, NotFound(f"no governed document is called {path[:200]}"))
    found = next((one for one in picture.repository.documents if one.path == path), None)
    checked = picture.check.checked
    shown = {
        "path": path,
        "markdown": path.endswith(".md"),
        "body": _body(text) if path.endswith(".md") else text,
        "front": _front(text) if path.endswith(".md") else "",
        "document": found,
        "noun": found.noun if found else None,
        "findings": [one for one in (*checked.errors, *checked.findings) if one.place.file == path],
    }
    return render(request, "pages/document.html", shown)


def _front(text: str) -> str:
    parts = text.split("---", 2)
    return parts[1].strip() if text.startswith("---") and len(parts) == 3 else ""


def _body(text: str) -> str:
    parts = text.split("---", 2)
    return parts[2] if text.startswith("---") and len(parts) == 3 else text
