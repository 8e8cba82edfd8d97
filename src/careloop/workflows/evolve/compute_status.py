"""Compute the status of a governance repository, now or as it was on any past day."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from careloop.documents.compile import Compiled
from careloop.domain.outgoing import MessageState
from careloop.domain.schema_drift import SchemaDrift
from careloop.domain.source_tree import SourceTree
from careloop.domain.status_result import StatusResult
from careloop.ports.ledger import Ledger
from careloop.ports.outbox import Outbox
from careloop.ports.repository_source import RepositorySource
from careloop.ports.standards_library import StandardsLibrary
from careloop.status.schema_findings import schema_findings
from careloop.status.undelivered import undelivered_findings
from careloop.workflows.evolve.standpoint import Standpoint, stand, stand_in
from careloop.workflows.read_live_status import read_live_status

__all__ = ["FolderStatus", "compute_status", "status_of_folder", "with_schema_drift", "with_undelivered"]


def compute_status(
    source: RepositorySource,
    *,
    standards: StandardsLibrary,
    ledger: Ledger | None,
    now: datetime,
    as_of: str | None = None,
) -> StatusResult:
    """Status of the work tree at `now`; with `as_of` (a day, or an instant), of the commit that was in force then.

    Without a ledger, claims about records are unknown. Raises what `stand` raises.
    """
    return _result(stand(source, standards=standards, ledger=ledger, now=now, as_of=as_of))


@dataclass(frozen=True, slots=True)
class FolderStatus:
    """The status of documents as they lie in a folder, with these documents."""

    result: StatusResult
    compiled: Compiled


def status_of_folder(
    source: RepositorySource, tree: SourceTree, *, standards: StandardsLibrary, ledger: Ledger | None, now: datetime
) -> FolderStatus:
    """The status of a work tree that was read already, for whoever shows its documents beside it."""
    point = stand_in(source, tree, standards=standards, ledger=ledger, now=now)
    return FolderStatus(_result(point), point.reading.compiled)


def with_undelivered(result: StatusResult, outbox: Outbox, owner: str | None) -> StatusResult:
    """The status with the pages that nobody took as findings of the owner; a past status stays as it is."""
    if result.as_of is not None:
        return result
    lost = undelivered_findings(outbox.entries(state=MessageState.DEAD), owner)
    return replace(result, status=replace(result.status, programme=(*result.status.programme, *lost)))


def with_schema_drift(
    result: StatusResult, drifts: Iterable[SchemaDrift], owners: Mapping[str, str | None]
) -> StatusResult:
    """The status with what systems send otherwise than they declare as findings of their owners (R43)."""
    if result.as_of is not None:
        return result
    found = schema_findings(drifts, owners)
    return replace(result, status=replace(result.status, programme=(*result.status.programme, *found)))


def _result(point: Standpoint) -> StatusResult:
    return StatusResult(
        status=read_live_status(point.reading),
        errors=point.reading.compiled.errors,
        commit=point.commit,
        dirty=point.dirty,
        as_of=point.as_of,
        in_force_by=point.in_force_by,
        standards_digest=point.standards_digest,
    )
