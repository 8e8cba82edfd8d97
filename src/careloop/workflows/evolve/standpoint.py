"""Where a question about the repository is asked from: the work tree now, or what was in force on a past day."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from careloop.checks.catalogue import Catalogue
from careloop.documents.compile import compile_tree
from careloop.domain.organisation import Organisation
from careloop.domain.source_tree import SourceTree
from careloop.errors import InvalidInput, NotFound
from careloop.ports.ledger import Ledger
from careloop.ports.repository_source import RepositorySource
from careloop.ports.standards_library import StandardsLibrary, standards_digest
from careloop.workflows.commit_in_force import commit_in_force
from careloop.workflows.read_live_status import Reading

__all__ = ["Standpoint", "instant_of", "stand", "stand_in", "zone_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standpoint:
    """All that an answer is computed from, and where it came from."""

    reading: Reading
    tree: SourceTree
    commit: str | None
    dirty: bool | None
    as_of: str | None
    in_force_by: Literal["ledger", "history"] | None
    """How the commit in force on `as_of` was found; null for the work tree."""
    standards_digest: str


def stand(
    source: RepositorySource,
    *,
    standards: StandardsLibrary,
    ledger: Ledger | None,
    now: datetime,
    as_of: str | None = None,
) -> Standpoint:
    """The work tree at `now`; with `as_of` (a day, or an instant), the commit that was in force then.

    A day ends at local midnight of `care.yaml: time_zone`. Without a ledger entry that says what was in force, the
    default branch's first-parent history decides, and the answer says so. Raises InvalidInput for a day that is none or
    is still to come, NotFound when nothing was in force.
    """
    if as_of is None:
        return stand_in(source, source.work_tree(), standards=standards, ledger=ledger, now=now)
    return _on_day(_Asked(source, standards, ledger, now), as_of)


def stand_in(
    source: RepositorySource, tree: SourceTree, *, standards: StandardsLibrary, ledger: Ledger | None, now: datetime
) -> Standpoint:
    """A work tree that was read already."""
    return _in_work_tree(_Asked(source, standards, ledger, now), tree)


@dataclass(frozen=True, slots=True)
class _Asked:
    """All that is needed but for the day."""

    source: RepositorySource
    standards: StandardsLibrary
    ledger: Ledger | None
    now: datetime


def _in_work_tree(asked: _Asked, tree: SourceTree) -> Standpoint:
    head = asked.source.head()
    compiled, files = compile_tree(tree), asked.standards.read_all()
    reading = Reading(
        compiled=compiled,
        catalogue=Catalogue(files),
        source=asked.source,
        ledger=asked.ledger,
        now=asked.now.astimezone(zone_of(compiled.repository.organisation)),
        commit=None if head.dirty else head.commit,
    )
    return Standpoint(
        reading=reading,
        tree=tree,
        commit=head.commit,
        dirty=head.dirty,
        as_of=None,
        in_force_by=None,
        standards_digest=standards_digest(files),
    )


def _on_day(asked: _Asked, as_of: str) -> Standpoint:
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
    tree, files = asked.source.at(commit), asked.standards.read_all()
    reading = Reading(
        compiled=compile_tree(tree),
        catalogue=Catalogue(files),
        source=asked.source,
        ledger=asked.ledger,
        now=min(instant, asked.now).astimezone(zone),
        commit=commit,
        until=until,
    )
    return Standpoint(
        reading=reading,
        tree=tree,
        commit=commit,
        dirty=False,
        as_of=as_of,
        in_force_by="ledger" if recorded else "history",
        standards_digest=standards_digest(files),
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
