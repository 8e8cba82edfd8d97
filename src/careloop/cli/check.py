"""`care check`: what is wrong in a governance repository, or with one model card."""

import time
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from careloop import wiring
from careloop.cli.terminal import (
    DirArgument,
    RepoOption,
    a_command,
    day_option,
    linked_root,
    print_json,
    repository_root,
    say,
)
from careloop.domain.check import CheckResult
from careloop.domain.tier import Tier
from careloop.errors import InvalidInput, UsageError
from careloop.reports.check_markdown import check_markdown
from careloop.reports.check_report import check_json, check_lines
from careloop.wiring import way_in
from careloop.wiring.changes import change_history
from careloop.workflows.create.check_repository import DiffRange, check_repository
from careloop.workflows.create.link_terms import LinkTerms

__all__ = ["CheckFormat", "app", "check"]

app = a_command()


class CheckFormat(StrEnum):
    """How a check is printed."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    """A comment for a pull request."""


_EPILOG = """
Examples:  care check  ·  care check examples/acme --format json  ·  care check --diff main..HEAD  ·
care check --diff main..HEAD --format markdown  ·  care check --card MODEL_CARD.md --tier high

In a code repository that holds careloop.link.yaml, its system is checked against the linked governance repository.

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
    offline: Annotated[
        bool,
        typer.Option("--offline", help="In a linked code repository: rest on the governance commit pinned before."),
    ] = False,
    output_format: Annotated[
        CheckFormat, typer.Option("--format", help="text for people, json for machines, markdown for a pull request.")
    ] = CheckFormat.TEXT,
) -> None:
    """Check the governance repository: wrong, missing or contradictory documents, each with a place and a way out."""
    started = time.perf_counter()
    if card is not None:
        if diff or on:
            raise UsageError("--card stands alone", hint="leave --diff and --on out")
        result = _card(card, tier)
    elif (root := linked_root(folder, repo)) is not None:
        terms = LinkTerms(diff=DiffRange(diff) if diff else None, on=day_option(on, "--on"), offline=offline)
        result = _linked(root, terms)
    else:
        result = _governance(repository_root(folder, repo), diff, day_option(on, "--on"))
    _print(result, output_format, started)
    raise typer.Exit(result.exit_code)


def _print(result: CheckResult, output_format: CheckFormat, started: float) -> None:
    if output_format is CheckFormat.JSON:
        print_json(check_json(result))
    elif output_format is CheckFormat.MARKDOWN:
        for line in check_markdown(result):
            say(line)
    else:
        for style, line in check_lines(result, seconds=time.perf_counter() - started):
            say(line, style)


def _governance(root: Path, diff: str | None, on: date | None) -> CheckResult:
    return check_repository(
        wiring.repository_source(root),
        standards=wiring.standards_library(),
        cache=wiring.result_cache(),
        diff=DiffRange(diff, change_history(root), way_in.code_source(root)) if diff else None,
        on=on,
    )


def _linked(root: Path, terms: LinkTerms) -> CheckResult:
    # Loaded here, for a check from the cache does without the document models.
    from careloop.workflows.create.check_link import check_link

    return check_link(
        way_in.code_source(root),
        way_in.governance_store(root),
        standards=wiring.standards_library(),
        cache=wiring.result_cache(),
        terms=terms,
    )


def _card(path: Path, tier: Tier) -> CheckResult:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InvalidInput(f"{path}: the card cannot be read: {error.strerror}") from error
    # Reading a card takes the document models, which a check from the cache does without.
    from careloop.workflows.create.check_card import check_card

    return check_card(str(path), raw, tier, standards=wiring.standards_library())
