"""Compute the status of a governance repository, now or as it was on any past day."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from careloop.checks.catalogue import Catalogue
from careloop.documents.compile import compile_tree
from careloop.domain.organisation import Organisation
from careloop.domain.source_tree import SourceTree
from careloop.domain.status_result import StatusResult
from careloop.errors import InvalidInput, NotFound
from careloop.ports.ledger import Ledger
from careloop.ports.repository_source import RepositorySource
from careloop.ports.standards_library import StandardsLibrary, standards_digest
from careloop.status.compute import compute_status as compute
from careloop.workflows.evolve.read_records import commit_in_force, read_records

__all__ = ["compute_status", "instant_of"]


def compute_status(
    source: RepositorySource,
    *,
    standards: StandardsLibrary,
    ledger: Ledger | None,
    now: datetime,
    as_of: str | None = None,
) -> StatusResult:
    """Status of the work tree at `now`; with `as_of` (a day, or an instant), of the commit that was in force then.

    A day ends at local midnight of `care.yaml: time_zone`. Without a ledger, claims about records are unknown; without
    a ledger entry that says what was in force, the default branch's first-parent history decides, and the answer says so. Raises InvalidInput for a day that is none
    or is still to come, NotFound when nothing was in force.
    """
    files = standards.read_all()
    catalogue, digest = Catalogue(files), standards_digest(files)
    head = source.head()
    if as_of is None:
        compiled = compile_tree(source.work_tree())
        return StatusResult(
            status=compute(compiled, catalogue, read_records(ledger), now),
            errors=compiled.errors,
            commit=head.commit,
            dirty=head.dirty,
            as_of=None,
            in_force_by=None,
            standards_digest=digest,
        )
    instant = instant_of(as_of, _time_zone(source.work_tree()))
    if instant.date() > (now + timedelta(days=1)).date():
        raise InvalidInput(f"--as-of {as_of} is still to come", hint="name a day that has begun")
    until = instant + timedelta(seconds=1)
    recorded = commit_in_force(ledger, until)
    commit = recorded or source.in_force(instant)
    if commit is None:
        raise NotFound(f"nothing was in force on {as_of}", hint="the first commit of the branch is later")
    compiled = compile_tree(source.at(commit))
    return StatusResult(
        status=compute(compiled, catalogue, read_records(ledger, until), min(instant, now)),
        errors=compiled.errors,
        commit=commit,
        dirty=False,
        as_of=as_of,
        in_force_by="ledger" if recorded else "history",
        standards_digest=digest,
    )


def _time_zone(tree: SourceTree) -> str:
    organisation: Organisation | None = compile_tree(
        SourceTree({path: raw for path, raw in tree.files.items() if path == "care.yaml"})
    ).repository.organisation
    return organisation.time_zone if organisation else "UTC"


def instant_of(text: str, time_zone: str) -> datetime:
    """The instant that `--as-of` means: an RFC 3339 instant, or the last second of a local day.

    >>> instant_of("2026-03-31", "Europe/Berlin").isoformat()
    '2026-03-31T21:59:59+00:00'
    """
    try:
        zone = ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise InvalidInput(f"care.yaml: time_zone '{time_zone}' is no IANA time zone") from error
    try:
        if len(text) == len("2026-03-31"):
            day = date.fromisoformat(text)
            return datetime.combine(day, time(23, 59, 59), tzinfo=zone).astimezone(UTC)
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(
            f"'{text}' is neither a day nor an instant", hint="write 2026-03-31 or 2026-03-31T12:00:00Z"
        ) from error
    if instant.tzinfo is None:
        raise InvalidInput(f"'{text}' says no time zone", hint="end it with Z or an offset")
    return instant.astimezone(UTC)
