"""What is known of a system since its impact assessment: documents in force on that day, incidents after it (R11)."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta, tzinfo

from careloop.checks.assessment_currency import newest_assessment, out_of_date
from careloop.documents.compile import compile_tree
from careloop.domain.repository import Repository
from careloop.domain.source_tree import SourceTree
from careloop.domain.system import System
from careloop.errors import NotFound
from careloop.ports.ledger import Ledger
from careloop.ports.repository_source import RepositorySource

__all__ = ["PastDocuments", "outdated_assessment"]

_READ = ("suppliers/", "laws/")


class PastDocuments:
    """The documents that assessments rest on, as they were; each commit is read once, however many systems ask."""

    def __init__(self, source: RepositorySource) -> None:
        self._source = source
        self._commits: dict[tuple[date, tzinfo], str | None] = {}
        self._files: dict[str, Mapping[str, bytes] | None] = {}

    def on(self, day: date, system: str, zone: tzinfo) -> Repository | None:
        """What a system's assessment rests on, in force at the end of its day; null when nothing was."""
        if (day, zone) not in self._commits:
            end = datetime.combine(day + timedelta(days=1), time(0), tzinfo=zone) - timedelta(seconds=1)
            self._commits[day, zone] = self._source.in_force(end)
        commit = self._commits[day, zone]
        files = None if commit is None else self._of_commit(commit)
        if files is None:
            return None
        wanted = ("care.yaml", f"systems/{system}/", *_READ)
        return compile_tree(
            SourceTree({path: raw for path, raw in files.items() if path.startswith(wanted)})
        ).repository

    def _of_commit(self, commit: str) -> Mapping[str, bytes] | None:
        if commit not in self._files:
            try:
                self._files[commit] = self._source.at(commit).files
            except NotFound:
                self._files[commit] = None
        return self._files[commit]


def outdated_assessment(
    system: System, repository: Repository, *, past: PastDocuments, ledger: Ledger | None, now: datetime
) -> tuple[str, tuple[str, ...]] | None:
    """File of the newest assessment, and why it does not count any more; null when it does or when there is none.

    `now` is in the organisation's time zone, which decides what day it is.
    """
    found = newest_assessment(repository, system.id)
    zone = now.tzinfo
    if found is None or zone is None:
        return None
    path, assessment = found
    then = past.on(assessment.on, system.id, zone)
    incidents = _incidents(system.id, ledger, zone)
    reasons = out_of_date(system, repository, then, today=now.date(), incidents=incidents)
    return (path, reasons) if reasons else None


def _incidents(system: str, ledger: Ledger | None, zone: tzinfo) -> Iterator[tuple[date, str]]:
    """Day and severity of the system's incidents in order; drills are none."""
    for entry in ledger.query(type="incident.opened", subject=f"systems/{system}") if ledger is not None else ():
        if entry.record.data.get("drill") is not True:
            yield entry.record.occurred_at.astimezone(zone).date(), str(entry.record.data.get("severity"))
