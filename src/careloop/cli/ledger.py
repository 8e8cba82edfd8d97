"""`care ledger`: what was decided and done, and the proof that it was not changed since."""

import base64
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from careloop import __version__, wiring
from careloop.cli import ledger_keeping, ledger_sources
from careloop.cli.release_arguments import RepoOnlyOption
from careloop.cli.terminal import Format, FormatOption, a_command, print_json, repository_root, say
from careloop.errors import Unavailable, UsageError
from careloop.ports.standards_library import standards_digest
from careloop.reports.ledger_report import entries_json, entry_lines, verification_json, verification_lines
from careloop.wiring import trust
from careloop.workflows.evolve.ledger_prove import prove_entry
from careloop.workflows.evolve.ledger_show import EntryFilter, show_entries

__all__ = ["app", "export", "prove", "show", "verify"]

app = a_command()
ledger_sources.add_commands(app)
ledger_keeping.add_commands(app)


@app.callback()
def _ledger() -> None:
    """Show the evidence ledger, check it, prove an entry, export it for an auditor, and keep it honest."""


@app.command()
def show(
    kind: Annotated[str | None, typer.Option("--type", metavar="T", help="Only records of this type.")] = None,
    subject: Annotated[
        str | None, typer.Option("--subject", metavar="S", help="Only records about this system, release or request.")
    ] = None,
    since: Annotated[str | None, typer.Option("--since", metavar="INSTANT", help="Only records since then.")] = None,
    tail: Annotated[int | None, typer.Option("--tail", metavar="N", min=1, help="Only the newest N.")] = None,
    repo: RepoOnlyOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Show the entries, the newest at the end."""
    root = repository_root(None, repo)
    wanted = EntryFilter(type=kind, subject=subject, since=_instant(since), tail=tail)
    ledger = wiring.open_ledger(root)
    try:
        lines, size, origin = show_entries(ledger, wanted), ledger.size(), ledger.origin
    finally:
        ledger.close()
    if output_format is Format.JSON:
        print_json(entries_json(lines, size=size, origin=origin, source=_source(root)))
        return
    for style, line in entry_lines(lines, size=size):
        say(line, style)


@app.command()
def verify(
    trust: Annotated[
        str | None, typer.Option("--trust", metavar="KEY", help="The log's public key as you know it, or its file.")
    ] = None,
    repo: RepoOnlyOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Check every entry, hash, index row and kept document, and the anchor outside the database. Exit 1: not sound."""
    root = repository_root(None, repo)
    found = wiring.verify_ledger(root, trust)
    if output_format is Format.JSON:
        print_json(verification_json(found, trusted=trust is not None, source=_source(root)))
    else:
        for style, line in verification_lines(found, trusted=trust is not None):
            say(line, style)
    raise typer.Exit(0 if found.sound else 1)


@app.command()
def prove(
    index: Annotated[int, typer.Argument(metavar="INDEX", min=0, help="Number of the entry.")],
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write the proof there.")] = None,
    repo: RepoOnlyOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Print a proof that an entry is in the log, checkable offline with the log's public key."""
    ledger = wiring.open_ledger(repository_root(None, repo))
    try:
        made = prove_entry(ledger, index)
    finally:
        ledger.close()
    if out is not None:
        try:
            out.write_text(made.proof, encoding="utf-8")
        except OSError as error:
            raise Unavailable(f"{out} cannot be written: {error.strerror}") from error
        say(f"wrote the proof of entry {index} of {made.size:,} to {out}")
    elif output_format is Format.JSON:
        print_json(
            {
                "schema": "careloop/ledger-proof/v1",
                "careloop_version": __version__,
                "index": made.index,
                "size": made.size,
                "origin": made.origin,
                "key": made.key,
                "body": base64.b64encode(made.body).decode(),
                "proof": made.proof,
            }
        )
    else:
        typer.echo(made.proof, nl=False)


@app.command()
def export(
    out: Annotated[Path, typer.Option("--out", metavar="FILE.zip", help="Where to write it.")],
    without_personal: Annotated[
        bool, typer.Option("--without-personal", help="Withhold every personal value; records stay proven.")
    ] = False,
    repo: RepoOnlyOption = None,
) -> None:
    """Write the whole ledger into one file that an auditor can check alone; the same ledger gives the same bytes."""
    head = trust.export_ledger(repository_root(None, repo), out, with_personal=not without_personal)
    say(f"wrote {head.size:,} entries of {head.origin} to {out}")
    say(f"root {head.root.hex()}", "detail")


def _source(root: Path) -> dict[str, str | None]:
    digest = standards_digest(wiring.standards_library().read_all())
    return {"standards_digest": digest, "commit": wiring.repository_source(root).head().commit}


def _instant(text: str | None) -> datetime | None:
    try:
        found = datetime.fromisoformat(text) if text else None
    except ValueError as error:
        raise UsageError(f"--since {text} is no instant", hint="write 2026-03-31T12:00:00Z") from error
    if found is not None and found.tzinfo is None:
        raise UsageError(f"--since {text} says no time zone", hint="end it with Z or an offset")
    return found
