"""Coverage of Annex A by area, with the age of the evidence, now or on a past day (R13)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from careloop.domain.repository import Repository
from careloop.domain.status import EvidenceLine
from careloop.ports.ledger import Ledger
from careloop.status.coverage import AreaCoverage, coverage_by_area
from careloop.workflows.evolve.standpoint import Standpoint
from careloop.workflows.read_live_status import read_live_status

__all__ = ["Coverage", "read_coverage"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """The areas, and where the answer stands."""

    areas: tuple[AreaCoverage, ...]
    place: Standpoint


def read_coverage(place: Standpoint) -> Coverage:
    """Each area by the status of its controls."""
    reading = place.reading
    status = read_live_status(reading)
    day_of = _days(reading.repository, reading.ledger)
    return Coverage(areas=coverage_by_area(status.requirements, day_of, reading.now.date()), place=place)


def _days(repository: Repository, ledger: Ledger | None) -> Callable[[EvidenceLine], date | None]:
    reviewed = dict(_reviews(repository))

    def day_of(line: EvidenceLine) -> date | None:
        if line.kind == "document":
            return reviewed.get(line.ref)
        index = line.ref.rpartition("#")[2]
        return ledger.entry(int(index)).recorded_at.date() if ledger is not None and index.isdigit() else None

    return day_of


def _reviews(repository: Repository) -> Mapping[str, date]:
    """Path to the day on which a document was last reviewed, assessed or dated; one without a day is left out."""
    found: dict[str, date] = {}
    for document in repository.documents:
        noun = document.noun
        scope, assessed = getattr(noun, "scope", None), getattr(noun, "assessed", None)
        days = [getattr(noun, "reviewed", None), getattr(noun, "on", None)]
        days += [getattr(scope, "reviewed", None), getattr(assessed, "on", None), getattr(noun, "verified_on", None)]
        day = next((one for one in days if isinstance(one, date)), None)
        if day is not None:
            found[document.path] = day
    return found
