"""`care gap`: where the management system stands against ISO/IEC 42001 and CARE, and the road to a certificate."""

import json
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from careloop import wiring
from careloop.cli.terminal import DirArgument, RepoOption, a_command, repository_root, say
from careloop.cli.written_answer import print_or_write
from careloop.domain.gap import GapResult
from careloop.errors import UsageError
from careloop.reports.gap_chart import gantt_svg
from careloop.reports.gap_json import gap_json
from careloop.reports.gap_markdown import gap_markdown
from careloop.reports.gap_page import gap_page
from careloop.reports.gap_text import gap_lines
from careloop.workflows.evolve.assess_gaps import RoadWish, assess_gaps

__all__ = ["GapFormat", "app", "day_of", "gap"]

app = a_command()

_EPILOG = """
Examples:  care gap  ·  care gap --format html --out gap.html  ·  care gap --people 3 --start 2027-01-04  ·
care gap my-aims --interview

Exit codes:  0 assessed, whatever it found  ·  1 the plan has a step nobody owns, a circle, or a day out of order  ·
2 something cannot be read
"""


class GapFormat(StrEnum):
    """How the assessment is written."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"
    SVG = "svg"


def day_of(option: str, text: str | None) -> date | None:
    """The day that an option names. Raises UsageError for anything else."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise UsageError(f"{option} {text} is no day", hint="write it like 2026-03-31") from error


@app.command(epilog=_EPILOG)
def gap(
    folder: DirArgument = None,
    repo: RepoOption = None,
    output_format: Annotated[
        GapFormat, typer.Option("--format", help="text, markdown or html for people, svg for the chart alone, json.")
    ] = GapFormat.TEXT,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the answer to a file.")] = None,
    start: Annotated[
        str | None, typer.Option(metavar="DATE", help="First day of the road; else today, by care.yaml's time zone.")
    ] = None,
    people: Annotated[int, typer.Option(metavar="N", help="How many work on it full time.")] = 1,
    interview: Annotated[
        bool, typer.Option("--interview", help="Start with nothing: answer a few questions, get the repository.")
    ] = False,
    answers: Annotated[
        Path | None, typer.Option(metavar="FILE", help="YAML of question ids to answers; with --interview.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every action and missing item, in text.")] = False,
) -> None:
    """Assess the gaps against ISO/IEC 42001 and CARE, and date the road to certification."""
    if answers is not None and not interview:
        raise UsageError("--answers is for --interview", hint="give both")
    root = _interviewed(folder or repo or Path.cwd(), answers) if interview else repository_root(folder, repo)
    result = assess_gaps(
        wiring.repository_source(root),
        standards=wiring.standards_library(),
        ledger=wiring.ledger_to_read(root),
        now=wiring.now(),
        wish=RoadWish(start=day_of("--start", start), people=people),
    )
    if output_format is GapFormat.TEXT and out is None:
        for style, line in gap_lines(result, everything=everything):
            say(line, style)
    else:
        print_or_write(_written(result, output_format), out)
    said_apart = output_format in (GapFormat.HTML, GapFormat.SVG, GapFormat.MARKDOWN)
    for error in (*result.errors, *(result.assessment.problems if said_apart else ())):
        typer.echo(f"{error.place}  error  {error.message}", err=True)
    raise typer.Exit(result.exit_code)


def _interviewed(root: Path, answers: Path | None) -> Path:
    # Questions and documents are loaded only by those who start with nothing.
    from careloop.cli.gap_interview import hold_interview

    hold_interview(root, answers)
    return root


def _written(result: GapResult, output_format: GapFormat) -> str:
    match output_format:
        case GapFormat.JSON:
            return json.dumps(gap_json(result), indent=2, ensure_ascii=False) + "\n"
        case GapFormat.MARKDOWN:
            return gap_markdown(result)
        case GapFormat.HTML:
            return gap_page(result)
        case GapFormat.SVG:
            return _chart(result)
        case GapFormat.TEXT:
            return "".join(f"{line}\n" for _, line in gap_lines(result, everything=True))


def _chart(result: GapResult) -> str:
    road = result.assessment.road
    if road is None:
        problem = result.assessment.problems[0]
        raise UsageError(f"there is no road to draw: {problem.message}", hint=f"{problem.place}: {problem.remedy}")
    return gantt_svg(road, title=f"The road to certification of {result.organisation or 'the organisation'}")
