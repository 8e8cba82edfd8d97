"""`care affected ALARM`: the decisions that were made while something was wrong."""

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from careloop import wiring
from careloop.cli.release_arguments import RepoOnlyOption
from careloop.cli.terminal import Format, FormatOption, a_command, print_json, repository_root, say
from careloop.errors import NotFound, Unavailable
from careloop.reports.affected_report import affected_csv, affected_json, affected_lines
from careloop.wiring import trust
from careloop.workflows.run.affected_decisions import affected_list

__all__ = ["affected", "app"]

app = a_command()

_EPILOG = """
Examples:  care affected 0192f3a0-7c1e-7d42-9a51-2f0c6f1b7e11  ·
care affected 0192f3a0-7c1e-7d42-9a51-2f0c6f1b7e11 --csv affected.csv

The list is what review, reversal, notice and appeal work through. An event's id finds the case in the system's own
books; the subject is a pseudonym that is the same in every list of this repository and leads nowhere outside it.
Exit codes:  0 listed  ·  1 rows that were recorded are gone  ·  2 something cannot be read
"""


@app.command(epilog=_EPILOG)
def affected(
    alarm: Annotated[str, typer.Argument(metavar="ALARM", help="Id of the alarm; it stands in the page.")],
    csv: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write all of them there, too.")] = None,
    repo: RepoOnlyOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """List the decisions of the release that an alarm is about, in the slice in which its metric moved."""
    root = repository_root(None, repo)
    ledger = wiring.ledger_to_read(root)
    if ledger is None:
        raise NotFound("nothing was ever recorded here", hint="`care monitor run SYSTEM` raises and records alarms")
    with closing(ledger), closing(wiring.lake(root)) as lake:
        found = affected_list(ledger, lake, alarm, pseudonym=trust.pseudonyms(root))
    if csv is not None:
        _write(csv, affected_csv(found.decisions))
    if output_format is Format.JSON:
        print_json(affected_json(found))
    else:
        for style, line in affected_lines(found):
            say(line, style)
    raise typer.Exit(int(found.same is False))


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise Unavailable(f"{path} cannot be written: {error.strerror}") from error
