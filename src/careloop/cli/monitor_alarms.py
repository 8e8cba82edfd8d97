"""`care monitor alarms`: the daily list, one line for each change, and what the day says of every monitor."""

from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from careloop import wiring
from careloop.cli.release_arguments import EnvironmentOption, RepoOnlyOption
from careloop.cli.terminal import Format, FormatOption, print_json, repository_root, say
from careloop.domain.monitor import Monitors
from careloop.plans.alarm_list import ListedAlarm, listed_alarms
from careloop.reports.alarm_list_report import alarm_list_json, alarm_list_lines
from careloop.reports.daily_list_report import DayRow, ListOfDay, day_lines
from careloop.workflows.run.automation_log import automation_entries
from careloop.workflows.run.daily_list import DailyAsk, DailyList, daily_list
from careloop.workflows.run.release_desk import read_governance
from careloop.workflows.run.system_log import SystemLog

__all__ = ["ALARMS_HELP", "alarms"]

ALARMS_HELP = """
Examples:  care monitor alarms product-recommender  ·  care monitor alarms product-recommender --days 30 --format json
           care monitor alarms --wrong 0.1

Alarms of one change, which goes on, are one line. Without SYSTEM every system is listed. Below the alarms stands every
monitor by what its newest day says: an e-value, which can be compared across a fleet (what a detector has reached
cannot, for it grows by itself). Of those that stand out at most the share --wrong is expected to be wrong (e-BH).
Ask further with:  care why ALARM  ·  care affected ALARM
Exit codes:  0 none is open  ·  1 some are open  ·  2 something cannot be read
"""


def alarms(
    system: Annotated[str | None, typer.Argument(metavar="[SYSTEM]", help="Id of one system; else all.")] = None,
    days: Annotated[int, typer.Option("--days", min=1, max=3660, help="How far back.")] = 1,
    wrong: Annotated[
        float, typer.Option("--wrong", min=0.001, max=0.5, help="Share of those that stand out that may be wrong.")
    ] = 0.05,
    environment: EnvironmentOption = "production",
    repo: RepoOnlyOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """List the alarms of the last day, all that are open, and what the newest day says of each monitor."""
    root, now = repository_root(None, repo), wiring.now()
    day, watched = _day(root, system, environment, wrong, now)
    found = _listed(root, watched, environment, now - timedelta(days=days))
    monitors = 1 if day is None or day.fleet is None else day.fleet.monitors
    shown = None if day is None else _shown(day)
    if output_format is Format.JSON:
        rows = [(name, one) for name, each in found for one in each]
        print_json(alarm_list_json(system, environment, rows, monitors=monitors, day=shown))
    else:
        for name, each in found:
            if system is not None or each:
                for style, line in alarm_list_lines(name, days, each, monitors=monitors):
                    say(line, style)
        for style, line in () if shown is None else day_lines(shown):
            say(line, style)
        if system is None and not any(each for _, each in found):
            say("no alarm of any system", "good")
    raise typer.Exit(int(any(one.state is not None for _, each in found for one in each)))


def _listed(
    root: Path, systems: Sequence[str], environment: str, since: datetime
) -> list[tuple[str, tuple[ListedAlarm, ...]]]:
    """The changes of each system, as they stand in the ledger."""
    ledger = wiring.ledger_to_read(root)
    if ledger is None:
        return [(name, ()) for name in systems]
    with closing(ledger):
        entries = automation_entries(ledger)
    return [(name, listed_alarms(entries, system=name, environment=environment, since=since)) for name in systems]


def _day(
    root: Path, system: str | None, environment: str, wrong: float, now: datetime
) -> tuple[DailyList | None, list[str]]:
    """What the newest day says, and which systems are listed; None while no event has ever come."""
    lake = wiring.lake_to_read(root)
    if lake is None and system is not None:
        return None, [system]
    with wiring.release_desk(root, {}) as desk:
        governance = read_governance(desk, now)
        repository = governance.repository
        systems = [str(at.folder) for at, _ in repository.all(Monitors)]
        if system is not None:
            systems = [governance.system(system).id]
        if lake is None:
            return None, systems
        with closing(lake):
            asked = DailyAsk(systems=systems, environment=environment, wrong_share=wrong)
            found = daily_list(lake, repository, SystemLog(desk.ledger), asked, now=now)
    return found, systems


def _shown(found: DailyList) -> ListOfDay:
    rows = [
        DayRow(
            system=row.system,
            monitor=row.evidence.monitor,
            since=row.evidence.since,
            e_value=row.evidence.e_value,
            windows=row.evidence.windows,
            stands_out=row.stands_out,
        )
        for row in found.rows
    ]
    return ListOfDay(rows=rows, wrong_share=found.wrong_share, fleet=found.fleet, muted=found.muted)
