"""Compute the status of a governance repository, now or as it was on any past day."""

from datetime import datetime

from careloop.domain.status_result import StatusResult
from careloop.ports.ledger import Ledger
from careloop.ports.repository_source import RepositorySource
from careloop.ports.standards_library import StandardsLibrary
from careloop.workflows.evolve.standpoint import stand
from careloop.workflows.read_live_status import read_live_status

__all__ = ["compute_status"]


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
    point = stand(source, standards=standards, ledger=ledger, now=now, as_of=as_of)
    return StatusResult(
        status=read_live_status(point.reading),
        errors=point.reading.compiled.errors,
        commit=point.commit,
        dirty=point.dirty,
        as_of=point.as_of,
        in_force_by=point.in_force_by,
        standards_digest=point.standards_digest,
    )
