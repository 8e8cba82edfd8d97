"""`care check`: what is wrong in a governance repository, or with one model card."""

import json
import time
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from careloop import wiring
from careloop.cli.report_formats import (
    ReportFormat,
    ReportFormatOption,
    ReportOption,
    Writers,
    read_wanted,
    write_reports,
)
from careloop.cli.terminal import DirArgument, RepoOption, a_command, day_option, linked_root, repository_root
from careloop.domain.check import CheckResult
from careloop.domain.tier import Tier
from careloop.errors import InvalidInput, UsageError
from careloop.reports.check_markdown import check_markdown
from careloop.reports.check_report import check_json, check_lines
from careloop.reports.remarks import check_remarks
from careloop.wiring import way_in
from careloop.wiring.changes import change_history, folder_in_git, parted_range
from careloop.workflows.create.check_repository import DiffRange, check_repository
from careloop.workflows.create.link_terms import LinkTerms

__all__ = ["app", "check"]

app = a_command()

_EPILOG = """
Examples:  care check  ·  care check examples/acme --format json  ·  care check --diff main..HEAD  ·
care check --diff main..HEAD --format markdown  ·  care check --card MODEL_CARD.md --tier high  ·
care check --diff main..HEAD --format github --report sarif=care.sarif --report markdown=comment.md

In a code repository that holds careloop.link.yaml, its system is checked against the linked governance repository.

Exit codes:  0 nothing blocks  ·  1 a finding blocks  ·  2 something cannot be read
"""


@app.command(epilog=_EPILOG)
def check(
    folder: DirArgument = None,
    repo: RepoOption = None,
    diff: Annotated[
        str | None,
        typer.Option(
            metavar="BASE..HEAD", help="Fail only on what these commits bring or touch; ... from where they parted."
        ),
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
    output_format: ReportFormatOption = ReportFormat.TEXT,
    report: ReportOption = None,
) -> None:
    """Check the governance repository: wrong, missing or contradictory documents, each with a place and a way out."""
    started = time.perf_counter()
    wanted = read_wanted(output_format, report)
    root: Path | None = None
    if card is not None:
        if diff or on:
            raise UsageError("--card stands alone", hint="leave --diff and --on out")
        result = _card(card, tier)
    elif (root := linked_root(folder, repo)) is not None:
        parted = parted_range(root, diff) if diff else None
        terms = LinkTerms(diff=DiffRange(parted) if parted else None, on=day_option(on, "--on"), offline=offline)
        result = _linked(root, terms)
    else:
        root = repository_root(folder, repo)
        result = _governance(root, parted_range(root, diff) if diff else None, day_option(on, "--on"))
    write_reports(_writers(result, folder_in_git(root) if root else "", time.perf_counter() - started), wanted)
    raise typer.Exit(result.exit_code)


def _writers(result: CheckResult, folder: str, seconds: float) -> Writers:
    return Writers(
        remarks=lambda: check_remarks(result),
        text=lambda: check_lines(result, seconds=seconds),
        json=lambda: json.dumps(check_json(result), indent=2, ensure_ascii=False),
        markdown=lambda mark: check_markdown(result, folder=folder, mark=mark),
        folder=folder,
    )


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
