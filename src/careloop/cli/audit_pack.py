"""`care audit-pack`: everything an auditor, regulator or customer asks for, in one file, on any day."""

from contextlib import closing, nullcontext
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
from careloop.domain.audit_pack import Audience
from careloop.errors import Unavailable
from careloop.ledger.archive import pack as archived
from careloop.reports.audit_pack_report import audit_pack_json, audit_pack_lines
from careloop.workflows.evolve.build_audit_pack import PackDesk, build_audit_pack

__all__ = ["app", "audit_pack"]

app = a_command()

_EPILOG = """
Examples:  care audit-pack --out pack.zip  ·  care audit-pack --for customer --out customer.zip  ·
care audit-pack --as-of 2026-09-30 --out q3.zip --format json

Exit codes:  0 written, whatever is missing: it is listed  ·  1 something secret or personal would leave the house
"""


@app.command(epilog=_EPILOG)
def audit_pack(
    out: Annotated[Path, typer.Option(metavar="FILE", help="The ZIP file to write.")],
    folder: DirArgument = None,
    repo: RepoOption = None,
    audience: Annotated[Audience, typer.Option("--for", help="Who will read it.")] = Audience.AUDITOR,
    as_of: Annotated[str | None, typer.Option(metavar="DATE", help="As it was at the end of that day.")] = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Write the evidence of a day as one file, with a manifest of digests and ages; what is missing is listed in it.

    For customers and the public nobody is named, and a secret or a personal address that is left stops the build.
    """
    root = repository_root(folder, repo)
    ledger = wiring.ledger_to_read(root)
    now = wiring.now()
    with closing(ledger) if ledger is not None else nullcontext():
        desk = PackDesk(
            source=wiring.repository_source(root), standards=wiring.standards_library(), ledger=ledger, now=now
        )
        made = build_audit_pack(desk, audience=audience, as_of=as_of)
    try:
        out.write_bytes(archived(made.members))
    except OSError as error:
        raise Unavailable(f"{out} cannot be written: {error.strerror}", hint="name a file in a folder") from error
    if output_format is Format.JSON:
        print_json(audit_pack_json(made, now, out=str(out)))
        return
    for style, line in audit_pack_lines(made, out=str(out)):
        say(line, style)
