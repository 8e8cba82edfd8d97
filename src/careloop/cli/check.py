"""`care check`: what is wrong in a governance repository, or with one model card."""

import time
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from careloop import wiring
from careloop.cli.terminal import (
    DirArgument,
    Format,
    FormatOption,
    RepoOption,
    a_command,
    print_json,
    repository_root,
    say,
)
from careloop.domain.check import CheckResult
from careloop.domain.tier import Tier
from careloop.errors import InvalidInput, UsageError
from careloop.reports.check_report import check_json, check_lines
from careloop.wiring.changes import change_history
from careloop.workflows.create.check_repository import DiffRange, check_repository

__all__ = ["app", "check"]

app = a_command()

_EPILOG = """
Examples:  care check  ·  care check examples/acme --format json  ·  care check --diff main..HEAD  ·
care check --card MODEL_CARD.md --tier high

Exit codes:  0 nothing blocks  ·  1 a finding blocks  ·  2 something cannot be read
"""


@app.command(epilog=_EPILOG)
def check(
    folder: DirArgument = None,
    repo: RepoOption = None,
    diff: Annotated[
        str | None,
        typer.Option(metavar="BASE..HEAD", help="Fail only on what these commits introduce or touch."),
    ] = None,
    on: Annotated[
        str | None, typer.Option(metavar="DATE", help="Judge deadlines too: block_from, waivers, baseline, reviews.")
    ] = None,
    card: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Check one model card, without a repository.")
    ] = None,
    tier: Annotated[Tier, typer.Option(help="Tier of the card's system; with --card.")] = Tier.HIGH,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Check the governance repository: wrong, missing or contradictory documents, each with a place and a way out."""
    started = time.perf_counter()
    day = _day(on)
    if card is not None:
        if diff or on:
            raise UsageError("--card stands alone", hint="leave --diff and --on out")
        result = _card(card, tier)
    else:
        root = repository_root(folder, repo)
        result = check_repository(
            wiring.repository_source(root),
            standards=wiring.standards_library(),
            cache=wiring.result_cache(),
            diff=DiffRange(diff, change_history(root)) if diff else None,
            on=day,
        )
    if output_format is Format.JSON:
        print_json(check_json(result))
    else:
        for style, line in check_lines(result, seconds=time.perf_counter() - started):
            say(line, style)
    raise typer.Exit(result.exit_code)


def _card(path: Path, tier: Tier) -> CheckResult:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InvalidInput(f"{path}: the card cannot be read: {error.strerror}") from error
    # Reading a card takes the document models, which a check from the cache does without.
    from careloop.workflows.create.check_card import check_card

    return check_card(str(path), raw, tier, standards=wiring.standards_library())


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise UsageError(f"--on {text} is no day", hint="write it like 2026-03-31") from error
