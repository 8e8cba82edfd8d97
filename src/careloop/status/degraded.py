"""Which requirements were evidence complete at an earlier size of the ledger and are not any more (SEMANTICS 3)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from careloop.checks.catalogue import Catalogue
from careloop.checks.subjects import Cases
from careloop.domain.repository import Repository
from careloop.domain.status import Records, RequirementRow, RequirementState
from careloop.status.claims import ClaimJudge
from careloop.status.compute import requirement_rows

__all__ = ["MOST_INSTANTS", "Past", "lapse_instants", "marked", "once_complete"]

MOST_INSTANTS: Final = 24
"""Earlier instants that are looked at; what has lapsed more often than that lapsed long ago."""
_SETTLED: Final = (RequirementState.COMPLETE, RequirementState.EXCLUDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What was there at an earlier instant: the documents in force and what the ledger held."""

    repository: Repository
    records: Records | None
    at: datetime
    """In the organisation's time zone."""


def lapse_instants(rows: Iterable[RequirementRow]) -> tuple[datetime, ...]:
    """The last instants at which evidence of incomplete rows still counted, newest first: where to look."""
    found = {
        result.judgement.lapsed
        for row in rows
        if row.status not in _SETTLED
        for result in row.claims
        if result.judgement.lapsed is not None
    }
    return tuple(sorted(found, reverse=True)[:MOST_INSTANTS])


def once_complete(rows: Iterable[RequirementRow], pasts: Sequence[Past], catalogue: Catalogue) -> frozenset[str]:
    """Ids of the rows that are not settled now and were complete at one of the earlier instants."""
    wanted = {row.requirement.id for row in rows if row.status not in _SETTLED}
    found: set[str] = set()
    for past in pasts:
        left = frozenset(wanted - found)
        if not left:
            break
        judge = ClaimJudge(Cases(past.repository, past.at), past.records, past.at)
        then = requirement_rows(past.repository, catalogue, judge, past.at.date(), left)
        found |= {row.requirement.id for row in then if row.status is RequirementState.COMPLETE}
    return frozenset(found)


def marked(rows: Iterable[RequirementRow], degraded: frozenset[str]) -> tuple[RequirementRow, ...]:
    """The rows, those of these ids marked as degraded."""
    return tuple(replace(row, degraded=row.requirement.id in degraded) for row in rows)
