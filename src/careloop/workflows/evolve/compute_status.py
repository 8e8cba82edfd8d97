"""Compute the status of a governance repository, now or as it was on any past day."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from careloop.checks.catalogue import Catalogue
from careloop.documents.compile import Compiled, compile_tree
from careloop.domain.organisation import Organisation
from careloop.domain.source_tree import SourceTree
from careloop.domain.status_result import StatusResult
from careloop.errors import InvalidInput, NotFound
from careloop.ports.ledger import Ledger
from careloop.ports.repository_source import RepositorySource
from careloop.ports.standards_library import StandardsLibrary, standards_digest
from careloop.status.compute import compute_status as compute
from careloop.workflows.evolve.read_records import commit_in_force, read_records

__all__ = ["FolderStatus", "compute_status", "instant_of", "status_of_folder", "zone_of"]


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
    a ledger entry that says what was in force, the default branch's first-parent history decides, and the answer says
    so. Raises InvalidInput for a day that is none or is still to come, NotFound when nothing was in force.
    """
    files = standards.read_all()
    asked = _Asked(source, Catalogue(files), standards_digest(files), ledger, now)
    return _of_work_tree(asked) if as_of is None else _of_day(asked, as_of)


@dataclass(frozen=True, slots=True)
class _Asked:
    """All that a status is computed from, but for the day."""

    source: RepositorySource
    catalogue: Catalogue
    digest: str
    ledger: Ledger | None
    now: datetime


@dataclass(frozen=True, slots=True)
class FolderStatus:
    """The status of documents as they lie in a folder, with these documents."""

    result: StatusResult
    compiled: Compiled


def status_of_folder(
    source: RepositorySource, tree: SourceTree, *, standards: StandardsLibrary, ledger: Ledger | None, now: datetime
) -> FolderStatus:
    """The status of a work tree that was read already, for whoever shows its documents beside it."""
    files = standards.read_all()
    asked = _Asked(source, Catalogue(files), standards_digest(files), ledger, now)
    compiled = compile_tree(tree)
    return FolderStatus(_of_compiled(asked, compiled), compiled)


def _of_work_tree(asked: _Asked) -> StatusResult:
    return _of_compiled(asked, compile_tree(asked.source.work_tree()))


def _of_compiled(asked: _Asked, compiled: Compiled) -> StatusResult:
    head = asked.source.head()
    here = asked.now.astimezone(zone_of(compiled.repository.organisation))
    return StatusResult(
        status=compute(compiled, asked.catalogue, read_records(asked.ledger), here),
        errors=compiled.errors,
        commit=head.commit,
        dirty=head.dirty,
        as_of=None,
        in_force_by=None,
        standards_digest=asked.digest,
    )


def _of_day(asked: _Asked, as_of: str) -> StatusResult:
    zone = _zone_in(asked.source.work_tree())
    local = instant_of(as_of, zone)
    if local.date() > asked.now.astimezone(zone).date():
        raise InvalidInput(f"--as-of {as_of} is still to come", hint="name a day that has begun")
    instant = local.astimezone(UTC)  # to compare and add in local time goes wrong in the hour that comes twice
    until = instant + timedelta(seconds=1)
    recorded = commit_in_force(asked.ledger, until)
    commit = recorded or asked.source.in_force(instant)
    if commit is None:
        raise NotFound(f"nothing was in force on {as_of}", hint="the first commit of the branch is later")
    compiled = compile_tree(asked.source.at(commit))
    then = min(instant, asked.now).astimezone(zone)
    return StatusResult(
        status=compute(compiled, asked.catalogue, read_records(asked.ledger, until), then),
        errors=compiled.errors,
        commit=commit,
        dirty=False,
        as_of=as_of,
        in_force_by="ledger" if recorded else "history",
        standards_digest=asked.digest,
    )


def _zone_in(tree: SourceTree) -> ZoneInfo:
    root = SourceTree({path: raw for path, raw in tree.files.items() if path == "care.yaml"})
    return zone_of(compile_tree(root).repository.organisation)


def zone_of(organisation: Organisation | None) -> ZoneInfo:
    """The time zone that days are counted in; UTC while care.yaml cannot be read. Raises InvalidInput for no zone."""
    name = organisation.time_zone if organisation else "UTC"
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        hint = "write an IANA name like Europe/Berlin"
        raise InvalidInput(f"care.yaml: time_zone '{name}' is no time zone", hint=hint) from error


def instant_of(text: str, zone: ZoneInfo) -> datetime:
    """The instant that `--as-of` means, in local time: an RFC 3339 instant, or the last second of a local day.

    >>> instant_of("2026-03-31", ZoneInfo("Europe/Berlin")).isoformat()
    '2026-03-31T23:59:59+02:00'
    """
    try:
        if len(text) == len("2026-03-31"):
            day = date.fromisoformat(text)
            return datetime.combine(day, time(23, 59, 59, fold=1), tzinfo=zone)
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(
            f"'{text}' is neither a day nor an instant", hint="write 2026-03-31 or 2026-03-31T12:00:00Z"
        ) from error
    if instant.tzinfo is None:
        raise InvalidInput(f"'{text}' says no time zone", hint="end it with Z or an offset")
    return instant.astimezone(zone)
