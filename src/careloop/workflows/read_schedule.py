"""The planned processes and their runs as the ledger has them (R10)."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from careloop.domain.aims import Processes
from careloop.domain.repository import Repository
from careloop.ports.ledger import Ledger
from careloop.status.schedule import ScheduleRow, schedule_of

__all__ = ["PROCESS_RUN", "read_schedule"]

PROCESS_RUN = "process.run"


def read_schedule(
    repository: Repository, ledger: Ledger | None, now: datetime, until: datetime | None = None
) -> tuple[ScheduleRow, ...]:
    """Each planned process at `now`, in the organisation's time zone; entries recorded before `until` are read."""
    processes = repository.only(Processes)
    if processes is None:
        return ()
    since = _begins(ledger, now)
    runs = _runs(ledger, now, until) if ledger is not None and since is not None else {}
    return schedule_of(processes.processes, runs, since, now.date())


def _begins(ledger: Ledger | None, now: datetime) -> date | None:
    if ledger is None or ledger.size() == 0:
        return None
    return ledger.entry(0).recorded_at.astimezone(now.tzinfo).date()


def _runs(ledger: Ledger, now: datetime, until: datetime | None) -> Mapping[str, Sequence[date]]:
    entries = ledger.query(type=PROCESS_RUN) if until is None else ledger.query(type=PROCESS_RUN, until=until)
    found: dict[str, list[date]] = {}
    for entry in entries:
        if entry.record.data.get("drill") is not True:
            day = entry.recorded_at.astimezone(now.tzinfo).date()
            found.setdefault(str(entry.record.data.get("process")), []).append(day)
    return found
