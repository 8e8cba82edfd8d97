"""What was in force, as JSON and as lines (R9)."""

from collections.abc import Iterator
from typing import Any

from careloop import __version__
from careloop.domain.history import DocumentVersion, InForce

__all__ = ["history_json", "history_lines"]

_BY = {
    "ledger": "by the ledger's last policy.in_force entry",
    "history": "by the line of first parents, for no policy.in_force entry says otherwise",
}


def history_json(answer: InForce) -> dict[str, Any]:
    """The whole answer; days and instants in ISO 8601."""
    return {
        "schema": "careloop/history/v1",
        "careloop_version": __version__,
        "standards_digest": answer.standards_digest,
        "commit": answer.commit,
        "on": answer.on,
        "in_force_by": answer.by,
        "documents": [_version_json(document) for document in answer.documents],
    }


def _version_json(one: DocumentVersion) -> dict[str, Any]:
    stated = {"by": one.approved_by, "on": one.approved_on.isoformat()} if one.approved_on else None
    return {
        "path": one.path,
        "kind": one.kind,
        "title": one.title,
        "version": one.version,
        "reviewed": one.reviewed.isoformat() if one.reviewed else None,
        "review_due": one.review_due.isoformat() if one.review_due else None,
        "approved": stated,
        "signed": [{"person": each.person, "commit": each.commit, "how": each.how} for each in one.signed],
        "commit": one.commit,
        "since": one.since.isoformat().replace("+00:00", "Z"),
    }


def history_lines(answer: InForce) -> Iterator[tuple[str, str]]:
    """Lines to print, each with a style."""
    if answer.on is not None:
        yield "heading", f"in force on {answer.on}: commit {answer.commit[:12]}, {_BY[answer.by]}"
    for one in answer.documents:
        version = f"  version {one.version}" if one.version else ""
        yield "", f"{one.path}{version}  since {one.since.date()} in {one.commit[:12]}"
        parts = []
        if one.reviewed:
            parts.append(f"reviewed {one.reviewed}, next by {one.review_due}")
        if one.approved_on:
            parts.append(f"approved by {one.approved_by} on {one.approved_on}, as it says itself")
        parts += [f"signed by {each.person} ({each.how} {each.commit[:12]})" for each in one.signed]
        if not one.signed:
            parts.append("no owner's signature")
        yield "detail", f"    {' · '.join(parts)}"
