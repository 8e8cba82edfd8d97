"""`care baseline`: take existing findings in as known debt with an owner and an end."""

from datetime import date
from typing import Annotated

import typer

from careloop import wiring
from careloop.cli.terminal import (
    DirArgument,
    Format,
    FormatOption,
    RepoOption,
    a_command,
    day_option,
    print_json,
    repository_root,
    say,
)
from careloop.reports.baseline_report import baseline_json, baseline_lines
from careloop.wiring import way_in
from careloop.workflows.create.baseline import BaselineTerms, record_baseline

__all__ = ["app", "baseline"]

app = a_command()

_EPILOG = """
Examples:  care baseline --burn-down 2027-03-31  ·  care baseline my-aims --owner responsible-ai-lead  ·  care baseline

The first time, every finding that blocks is taken in; later, what is mended leaves and nothing comes in. Known debt is
shown grey by `care check`, never as a pass, and blocks again after its day (`care check --on DATE`).

Exit codes:  0 recorded  ·  2 something cannot be read
"""


@app.command(epilog=_EPILOG)
def baseline(
    folder: DirArgument = None,
    repo: RepoOption = None,
    burn_down: Annotated[
        str | None, typer.Option(metavar="DATE", help="Day by which it is paid; else in 90 days. Later: only earlier.")
    ] = None,
    owner: Annotated[
        str | None,
        typer.Option(metavar="POST", help="Who pays where a finding names nobody; else the owner in care.yaml."),
    ] = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Record existing findings in baseline.yaml, so that a pull request fails only on what it brings itself."""
    root = repository_root(folder, repo)
    day: date | None = day_option(burn_down, "--burn-down")
    recorded = record_baseline(
        wiring.repository_source(root),
        way_in.document_folder(root),
        standards=wiring.standards_library(),
        cache=wiring.result_cache(),
        terms=BaselineTerms(burn_down=day, owner=owner, now=wiring.now()),
    )
    if output_format is Format.JSON:
        print_json(baseline_json(recorded.debt, commit=recorded.commit, standards_digest=recorded.standards_digest))
        return
    for style, line in baseline_lines(recorded.debt):
        say(line, style)
