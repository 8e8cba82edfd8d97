"""`care status`: how far each clause, control and practice is evidenced, and what to do next."""

from enum import StrEnum
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
    paint,
    print_json,
    repository_root,
    say,
)
from careloop.documents.compile import compile_tree
from careloop.domain.schema_drift import drifts_of
from careloop.domain.standard import RequirementKind
from careloop.domain.status import RequirementRow, RequirementState
from careloop.domain.status_result import StatusResult
from careloop.domain.system import System
from careloop.reports.status_report import next_steps, status_counts, status_json
from careloop.wiring import lakes, post
from careloop.workflows.evolve.compute_status import compute_status, with_schema_drift, with_undelivered

__all__ = ["FailOn", "app", "status"]

app = a_command()

_STYLES = {
    RequirementState.COMPLETE: "good",
    RequirementState.PARTIAL: "warn",
    RequirementState.MISSING: "bad",
    RequirementState.PLANNED: "summary",
    RequirementState.EXCLUDED: "grey",
}
_HEADINGS = {
    RequirementKind.CLAUSE: "ISO/IEC 42001 clauses",
    RequirementKind.CONTROL: "Annex A controls",
    RequirementKind.OWN: "Own controls",
    RequirementKind.CARE: "CARE practices",
}
_EPILOG = """
Examples:  care status  ·  care status --as-of 2026-03-31  ·  care status --fail-on missing  ·  care explain 6.1.3

"complete" means evidence complete. Whether it conforms is an auditor's finding.
"""


class FailOn(StrEnum):
    """How bad a row must be to fail the command."""

    PARTIAL = "partial"
    MISSING = "missing"


@app.command(epilog=_EPILOG)
def status(
    folder: DirArgument = None,
    repo: RepoOption = None,
    as_of: Annotated[
        str | None, typer.Option(metavar="DATE", help="The status as it was at the end of that day, or at an instant.")
    ] = None,
    fail_on: Annotated[FailOn | None, typer.Option(help="Exit 1 when a row is that bad, or worse.")] = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Show the status of every requirement, computed from evidence, with the reasons and the next steps."""
    root = repository_root(folder, repo)
    result = compute_status(
        wiring.repository_source(root),
        standards=wiring.standards_library(),
        ledger=wiring.ledger_to_read(root),
        now=wiring.now(),
        as_of=as_of,
    )
    organisation = wiring.organisation_of(root)
    result = with_undelivered(result, post.outbox(root), organisation.owner if organisation else None)
    tallies = lakes.schema_notes(root, wiring.declared_lake(root)).tallies()
    result = with_schema_drift(result, drifts_of(tallies, now=wiring.now()), _owners(root))
    rows = result.status.requirements
    if output_format is Format.JSON:
        source = {
            "commit": result.commit,
            "dirty": result.dirty,
            "as_of": result.as_of,
            "in_force_by": result.in_force_by,
        }
        print_json(status_json(result.status, standards_digest=result.standards_digest, source=source))
    else:
        _print(result)
    for error in result.errors:
        typer.echo(f"{error.place}  error  {error.message}", err=True)
    raise typer.Exit(2 if result.errors else _failed(rows, fail_on))


def _owners(root: Path) -> dict[str, str | None]:
    """Who owns each system, as its document says."""
    systems = compile_tree(wiring.repository_source(root).work_tree()).repository.nouns(System)
    return {system.id: system.owner for system in systems}


def _failed(rows: tuple[RequirementRow, ...], fail_on: FailOn | None) -> int:
    bad = {
        FailOn.PARTIAL: (RequirementState.PARTIAL, RequirementState.MISSING),
        FailOn.MISSING: (RequirementState.MISSING,),
    }
    return int(fail_on is not None and any(row.status in bad[fail_on] for row in rows))


def _print(result: StatusResult) -> None:
    rows = result.status.requirements
    for kind, heading in _HEADINGS.items():
        group = tuple(row for row in rows if row.requirement.kind is kind)
        if not group:
            continue
        say()
        say(f"{heading}: {_counted(group, care=kind is RequirementKind.CARE)}", "heading")
        for row in group:
            _print_row(row)
    _print_programme(result)
    _print_next(rows)
    where = f"commit {result.commit[:12]}" if result.commit else "no commit"
    dirty = ", with uncommitted changes" if result.dirty else ""
    day = f", as of {result.as_of} (found by {result.in_force_by})" if result.as_of else ""
    say()
    say(f"evidence complete, at {where}{dirty}{day}: {_counted(_iso(rows), care=False)}", "summary")
    if result.status.ledger_size is None:
        say("claims that need the ledger or the lake are shown as unknown; they never count as held", "grey")


def _iso(rows: tuple[RequirementRow, ...]) -> tuple[RequirementRow, ...]:
    return tuple(row for row in rows if row.requirement.kind in (RequirementKind.CLAUSE, RequirementKind.CONTROL))


def _counted(rows: tuple[RequirementRow, ...], *, care: bool) -> str:
    counted = status_counts(rows, care=care)
    return ", ".join(f"{number} {state.value}" for state, number in counted.items() if number) + f" of {len(rows)}"


def _print_row(row: RequirementRow) -> None:
    requirement = row.requirement
    held = sum(claim.held for claim in row.claims)
    care = f"CARE {row.care_status.value}" if row.level is None else f"level {row.level}"
    state = paint(f"{row.status.value:<9}", _STYLES[row.status])
    item = requirement.id.removeprefix("iso42001:2023/")
    mark = paint("  (degraded: it was complete)", "bad") if row.degraded else ""
    say(f"  {item:<9} {state} {held:>2}/{len(row.claims):<2} claims  {care:<14}  {requirement.title}{mark}")


def _print_programme(result: StatusResult) -> None:
    if not result.status.programme:
        return
    say()
    say(f"The programme owes {len(result.status.programme)}", "heading")
    for finding in result.status.programme:
        who = finding.owner or "nobody"
        acting = f", {finding.acting} acting" if finding.acting else ""
        due = f", due {finding.due}" if finding.due else ""
        say(f"  {finding.file}: {finding.message}", "warn")
        say(f"    {who}{acting}{due}   [{finding.rule}]", "grey")


def _print_next(rows: tuple[RequirementRow, ...]) -> None:
    steps = next_steps(rows, most=5)
    if not steps:
        return
    say()
    say("What closes most risk next", "heading")
    for row, claim in steps:
        say(f"  {row.requirement.id}: {claim.claim.text}")
        say(f"    {claim.judgement.because}", "grey")
        say(f"    next: {claim.claim.remedy}")
