"""`care soa`: the Statement of Applicability, computed from decisions and evidence."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from careloop import __version__, wiring
from careloop.cli.terminal import DirArgument, RepoOption, a_command, print_json, repository_root, say
from careloop.domain.finding import Finding
from careloop.domain.soa import Statement
from careloop.errors import InvalidInput, UsageError
from careloop.ports.standards_library import standards_digest
from careloop.reports.check_report import finding_lines
from careloop.reports.soa_html import soa_html
from careloop.reports.soa_json import soa_json
from careloop.reports.soa_oscal import soa_oscal
from careloop.reports.soa_table import COLUMNS, about, cells
from careloop.reports.soa_text import soa_csv, soa_lines, soa_markdown
from careloop.wiring import way_in
from careloop.workflows.create.draft_statement import draft_statement
from careloop.workflows.evolve.compute_soa import SoaAsk, compute_soa

__all__ = ["SoaFormat", "app", "soa"]

app = a_command()

_EPILOG = """
Examples:  care soa  ·  care soa --format html --out soa.html  ·  care soa --system credit-decision --format markdown  ·
care soa --draft  ·  care soa --format xlsx --out soa.xlsx  ·  care soa --as-of 2026-10-31 --format oscal --out soa.json

All 38 controls of Annex A and your own, applying or not with the reason; implementation is computed, never typed.
Exit codes:  0 built  ·  1 a finding stands against it, and nothing was written  ·  2 something cannot be read
"""


class SoaFormat(StrEnum):
    """The form of the statement."""

    TEXT = "text"
    MARKDOWN = "markdown"
    HTML = "html"
    CSV = "csv"
    XLSX = "xlsx"
    OSCAL = "oscal"
    JSON = "json"


@app.command(epilog=_EPILOG)
def soa(
    folder: DirArgument = None,
    repo: RepoOption = None,
    output_format: Annotated[
        SoaFormat, typer.Option("--format", help="text for people; the others to hand out or to read by machine.")
    ] = SoaFormat.TEXT,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it there instead of printing it.")] = None,
    system: Annotated[
        str | None, typer.Option(metavar="ID", help="For one system: its decisions, and evidence about it alone.")
    ] = None,
    draft: Annotated[
        bool, typer.Option("--draft", help="Write controls.yaml with every control, to be decided; nothing else.")
    ] = False,
    as_of: Annotated[
        str | None, typer.Option(metavar="DATE", help="As it was at the end of that day, or at an instant.")
    ] = None,
) -> None:
    """Show the Statement of Applicability: each control, whether it applies and why, and what evidence shows."""
    if draft:
        _draft(repository_root(folder, repo), output_format)
        return
    if output_format is SoaFormat.XLSX and out is None:
        raise UsageError("a workbook is no text to print", hint="name its file: --out soa.xlsx")
    root = repository_root(folder, repo)
    statement = compute_soa(
        wiring.repository_source(root),
        standards=wiring.standards_library(),
        ledger=wiring.ledger_to_read(root),
        now=wiring.now(),
        ask=SoaAsk(system=system, as_of=as_of),
    )
    if statement.errors or statement.findings:
        _refuse(statement, output_format)
    if output_format is SoaFormat.TEXT and out is None:
        _print(statement)
    elif out is None:
        typer.echo(_written(statement, output_format).decode(), nl=False)
    else:
        _write(out, _written(statement, output_format))
        typer.echo(f"{out}: {len(statement.rows)} controls", err=True)


def _print(statement: Statement) -> None:
    for style, line in soa_lines(statement):
        say(line, style)


def _draft(root: Path, output_format: SoaFormat) -> None:
    """Write the form to fill in, and say what comes next."""
    standards = wiring.standards_library()
    path, number = draft_statement(
        wiring.repository_source(root), way_in.document_folder(root), standards=standards, now=wiring.now()
    )
    if output_format is SoaFormat.JSON:
        head = {"schema": "careloop/soa-draft/v1", "careloop_version": __version__}
        digest = standards_digest(standards.read_all())
        print_json({**head, "standards_digest": digest, "commit": None, "file": path, "controls": number})
        return
    say(f"wrote {path} with {number} controls, none decided yet")
    say("say for each why it applies or why not; `care check` shows those that are open")


def _refuse(statement: Statement, output_format: SoaFormat) -> None:
    """Say what stands against the statement, and end; a machine gets the same as JSON."""
    if output_format is SoaFormat.JSON:
        print_json(soa_json(statement))
    else:
        for error in statement.errors:
            typer.echo(f"{error.place}  error  {error.message}   [{error.rule}]", err=True)
        for line in _lines(statement.findings):
            typer.echo(line, err=True)
        number = len(statement.errors) + len(statement.findings)
        typer.echo(f"the statement is not built: {number} to mend first", err=True)
    raise typer.Exit(2 if statement.errors else 1)


def _lines(findings: tuple[Finding, ...]) -> list[str]:
    return [line for finding in findings for _, line in finding_lines(finding)]


def _written(statement: Statement, output_format: SoaFormat) -> bytes:
    match output_format:
        case SoaFormat.TEXT:
            return "".join(f"{line}\n" for _, line in soa_lines(statement)).encode()
        case SoaFormat.MARKDOWN:
            return soa_markdown(statement).encode()
        case SoaFormat.HTML:
            return soa_html(statement).encode()
        case SoaFormat.CSV:
            return soa_csv(statement).encode()
        case SoaFormat.OSCAL:
            return _json(soa_oscal(statement))
        case SoaFormat.JSON:
            return _json(soa_json(statement))
        case SoaFormat.XLSX:
            table = [COLUMNS, *(cells(row) for row in statement.rows)]
            head = [("What", "Said"), *about(statement)]
            return wiring.workbook({"Statement of Applicability": table, "About": head}, made=statement.now)


def _json(answer: dict[str, object]) -> bytes:
    return f"{json.dumps(answer, indent=2, ensure_ascii=False)}\n".encode()


def _write(out: Path, content: bytes) -> None:
    try:
        out.write_bytes(content)
    except OSError as error:
        raise InvalidInput(f"{out}: cannot be written: {error.strerror}") from error
