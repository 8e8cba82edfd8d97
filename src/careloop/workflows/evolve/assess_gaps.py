"""Assess the gaps of a governance repository against ISO/IEC 42001 and CARE, and plan the road to certification."""

from dataclasses import dataclass
from datetime import date, datetime

from careloop.checks.catalogue import Catalogue
from careloop.documents.compile import compile_tree
from careloop.domain.gap import GapResult, RoadTerms
from careloop.errors import UsageError
from careloop.ports.ledger import Ledger
from careloop.ports.repository_source import RepositorySource
from careloop.ports.standards_library import StandardsLibrary, standards_digest
from careloop.status.compute import compute_status
from careloop.status.gap import assess_gaps as assess
from careloop.workflows.evolve.read_records import read_records
from careloop.workflows.evolve.standpoint import zone_of

__all__ = ["MOST_PEOPLE", "RoadWish", "assess_gaps"]

MOST_PEOPLE = 500
_LATEST = 2200


@dataclass(frozen=True, slots=True)
class RoadWish:
    """From when, and with how many people at work full time, the road is planned."""

    start: date | None = None
    """Null for today, by the organisation's calendar."""
    people: int = 1


def assess_gaps(
    source: RepositorySource,
    *,
    standards: StandardsLibrary,
    ledger: Ledger | None,
    now: datetime,
    wish: RoadWish = RoadWish(),
) -> GapResult:
    """The gap assessment of the work tree at `now`. Raises UsageError for a wish that is none."""
    if not 1 <= wish.people <= MOST_PEOPLE:
        raise UsageError(f"{wish.people} people cannot be planned with", hint=f"a number from 1 to {MOST_PEOPLE}")
    if wish.start is not None and wish.start.year > _LATEST:
        raise UsageError(f"a road that starts on {wish.start} cannot be dated", hint=f"a day up to {_LATEST}")
    files = standards.read_all()
    catalogue = Catalogue(files)
    head = source.head()
    compiled = compile_tree(source.work_tree())
    organisation = compiled.repository.organisation
    here = now.astimezone(zone_of(organisation))
    records = read_records(ledger)
    status = compute_status(compiled, catalogue, records, here)
    assessment = assess(
        compiled,
        catalogue,
        status,
        records,
        RoadTerms(on=here.date(), start=wish.start or here.date(), people=wish.people),
    )
    return GapResult(
        assessment=assessment,
        organisation=organisation.organisation.name if organisation else "",
        errors=compiled.errors,
        commit=head.commit,
        dirty=head.dirty,
        ledger_size=status.ledger_size,
        standards_digest=standards_digest(files),
    )
