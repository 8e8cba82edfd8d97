"""Requests for what is no release, as the ledger keeps them."""

from careloop.domain.approval import RELEASE, Rejection
from careloop.ports.ledger import Json, Ledger, Subject
from careloop.workflows.run.release_records import Asked, requests_for

__all__ = ["matter_requests", "matter_subjects", "rejections_of_request"]


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
