"""`care monitor alarms`: the daily list, one line for each change, with the id to ask further with."""

from datetime import timedelta
from typing import Annotated

import typer

from careloop import wiring
from careloop.cli.release_arguments import EnvironmentOption, RepoOnlyOption
from careloop.cli.terminal import Format, FormatOption, print_json, repository_root, say
from careloop.plans.alarm_list import listed_alarms
from careloop.reports.alarm_list_report import alarm_list_json, alarm_list_lines
from careloop.workflows.run.automation_log import automation_entries

__all__ = ["ALARMS_HELP", "alarms"]

ALARMS_HELP = """
Examples:  care monitor alarms product-recommender  ·  care monitor alarms product-recommender --days 30 --format json

Alarms of one change, which goes on, are one line. Ask further with:  care why ALARM  ·  care affected ALARM
Exit codes:  0 none is open  ·  1 some are open  ·  2 something cannot be read
"""


def alarms(
    system: Annotated[str, typer.Argument(metavar="SYSTEM", help="Id of the system.")],
    days: Annotated[int, typer.Option("--days", min=1, max=3660, help="How far back.")] = 1,
    environment: EnvironmentOption = "production",
    repo: RepoOnlyOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """List the alarms of the last day, newest change first, and all that are still open."""
    ledger = wiring.ledger_to_read(repository_root(None, repo))
    entries = [] if ledger is None else automation_entries(ledger)
    if ledger is not None:
        ledger.close()
    since = wiring.now() - timedelta(days=days)
    found = listed_alarms(entries, system=system, environment=environment, since=since)
    if output_format is Format.JSON:
        print_json(alarm_list_json(system, environment, found))
    else:
        for style, line in alarm_list_lines(system, days, found):
            say(line, style)
    raise typer.Exit(int(any(one.state is not None for one in found)))
