"""`care ledger append|drain|tail|stats|fsck`: what comes into the ledger, how much there is, and what is missing."""

import json
import sys
import time
from pathlib import Path
from typing import Annotated, Final

import typer

from careloop import wiring
from careloop.cli.release_arguments import RepoOnlyOption
from careloop.cli.terminal import Format, FormatOption, print_json, repository_root, say
from careloop.errors import InvalidInput, NotFound, Refused, UsageError
from careloop.ledger.record_input import read_records
from careloop.ledger.who_appends import BY_HAND
from careloop.ports.ledger import Actor, ActorKind, Record
from careloop.ports.standards_library import standards_digest
from careloop.reports.ledger_counts import (
    advice_lines,
    completeness_json,
    completeness_lines,
    fsck_json,
    missing_lines,
)
from careloop.reports.ledger_report import LedgerLine, entry_lines, verification_lines
from careloop.wiring import sources
from careloop.workflows.evolve.count_ledger import count_ledger
from careloop.workflows.evolve.ledger_show import EntryFilter, show_entries

__all__ = ["add_commands", "append", "drain", "fsck", "heartbeat", "stats", "tail"]

_EVERY_S: Final = 1.0
SourceOption = Annotated[
    str | None,
    typer.Option("--source", metavar="NAME", help="Number the records as this source's; keep them while it is away."),
]


def append(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Records as JSON, a list, or one a line; - reads them.")],
    source: SourceOption = None,
    repo: RepoOnlyOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Append what was observed: typed records, all of FILE or nothing.

    Examples: `care ledger append results.jsonl` · `echo '{"type": …}' | care ledger append - --source nightly-job`
    Whatever decides something (approvals, releases, waivers) is recorded by its own command.
    """
    root, now = repository_root(None, repo), wiring.now()
    content = sys.stdin.buffer.read() if str(file) == "-" else _bytes_of(file)
    by = Actor(iss="careloop", sub=source or "care-ledger-append", kind=ActorKind.SERVICE)
    try:
        records = read_records(content, actor=by, now=now, make_id=lambda: wiring.new_id(now))
    except InvalidInput as error:
        raise InvalidInput(f"{file}: {error.message}", hint=error.hint) from error
    if decided := sorted({record.type for record in records} - BY_HAND):
        raise Refused(
            f"{file}: {', '.join(decided)} is not appended by hand", hint="Use the command that decides it, or the API."
        )
    if source is not None:
        _keep(root, source, records, output_format)
        return
    ledger = wiring.ledger_to_write(root)
    try:
        receipts = ledger.append(records, recorded_at=now)
    finally:
        ledger.close()
    said = [{"id": one.id, "index": one.index, "leaf_hash": one.leaf_hash.hex()} for one in receipts]
    if output_format is Format.JSON:
        print_json({"schema": "careloop/ledger-append/v1", "receipts": said, "waiting": 0, "drained": 0, "why": None})
        return
    for receipt in receipts:
        say(f"entry {receipt.index}: {receipt.id}")


def heartbeat(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="Name of the source.")],
    every: Annotated[int, typer.Option("--every", metavar="SECONDS", min=1, help="When it will be heard again.")],
    repo: RepoOnlyOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Say that a source is alive, and when it will say so again; `stats` tells when it did not.

    Example: `care ledger heartbeat nightly-job --every 86400`
    """
    root, now = repository_root(None, repo), wiring.now()
    beat = Record(
        id=wiring.new_id(now),
        type="source.heartbeat",
        actor=Actor(iss="careloop", sub=source, kind=ActorKind.SERVICE),
        occurred_at=now,
        data={"source": source, "seq": 1, "every_s": every},
    )
    _keep(root, source, (beat,), output_format)


def drain(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="Name of the source.")],
    repo: RepoOnlyOption = None,
) -> None:
    """Send what a source kept while the ledger was away, and a record that tells of the gap."""
    done = sources.source_of(repository_root(None, repo), source).drain(now=wiring.now())
    say(f"{done:,} records that had waited are in the ledger" if done else "nothing waits")


def tail(
    kind: Annotated[str | None, typer.Option("--type", metavar="T", help="Only records of this type.")] = None,
    subject: Annotated[str | None, typer.Option("--subject", metavar="S", help="Only records about this.")] = None,
    last: Annotated[int, typer.Option("--last", "-n", metavar="N", min=0, help="Begin with the newest N.")] = 10,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as entries come, until interrupted.")] = False,
    repo: RepoOnlyOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Show the newest entries, and with --follow each one that comes. JSON: one object a line."""
    ledger = wiring.open_ledger(repository_root(None, repo))
    try:
        upto = ledger.size()
        wanted = EntryFilter(type=kind, subject=subject, tail=last, upto=upto)
        _print(show_entries(ledger, wanted) if last else (), output_format)
        while follow:
            time.sleep(_EVERY_S)
            size = ledger.size()
            if size > upto:
                fresh = EntryFilter(type=kind, subject=subject, tail=size - upto, upto=size)
                _print(tuple(line for line in show_entries(ledger, fresh) if line.index >= upto), output_format)
                upto = size
    finally:
        ledger.close()


def stats(repo: RepoOnlyOption = None, output_format: FormatOption = Format.TEXT) -> None:
    """Count the entries by type and source, and say what is missing. Exit 1: a source skipped numbers or is silent."""
    root = repository_root(None, repo)
    ledger = wiring.open_ledger(root)
    try:
        found, origin = count_ledger(ledger, wiring.now()), ledger.origin
    finally:
        ledger.close()
    if output_format is Format.JSON:
        print_json(completeness_json(found, origin=origin, source=_source(root)))
    else:
        for style, line in completeness_lines(found, origin=origin):
            say(line, style)
    raise typer.Exit(0 if found.whole else 1)


def fsck(repo: RepoOnlyOption = None, output_format: FormatOption = Format.TEXT) -> None:
    """Check all that `verify` does, gaps of the sources, and spools, and say what to do. Exit 1: something is wrong."""
    root = repository_root(None, repo)
    found = wiring.verify_ledger(root, None)
    counted = None
    if found.sound:
        ledger = wiring.open_ledger(root)
        try:
            counted = count_ledger(ledger, wiring.now())
        finally:
            ledger.close()
    waiting = sources.waiting(root)
    if output_format is Format.JSON:
        print_json(fsck_json(found, counted, waiting=waiting, source=_source(root)))
    else:
        for style, line in (*verification_lines(found, trusted=False), *advice_lines(found)):
            say(line, style)
        for style, line in missing_lines(counted) if counted else ():
            say(line, style)
        for name, count in waiting.items():
            say(f"{name}: {count:,} records wait in its spool; `care ledger drain {name}` sends them", "must")
    raise typer.Exit(0 if found.sound and counted is not None and counted.whole and not waiting else 1)


def add_commands(app: typer.Typer) -> None:
    """Make them commands of `care ledger`."""
    for command in (append, heartbeat, drain, tail, stats, fsck):
        app.command()(command)


def _keep(root: Path, source: str, records: tuple[Record, ...], output_format: Format) -> None:
    kept = sources.source_of(root, source).record(records, now=wiring.now())
    said = [{"id": one.id, "index": one.index, "leaf_hash": one.leaf_hash.hex()} for one in kept.receipts]
    if output_format is Format.JSON:
        rest = {"waiting": kept.waiting, "drained": kept.drained, "why": kept.why}
        print_json({"schema": "careloop/ledger-append/v1", "receipts": said, **rest})
        return
    if kept.drained:
        say(f"{kept.drained:,} records that had waited are in the ledger now")
    for receipt in kept.receipts:
        say(f"entry {receipt.index}: {receipt.id}")
    if kept.why is not None:
        say(f"kept for later, {kept.waiting:,} wait in the spool of {source}: {kept.why}", "should")


def _print(lines: tuple[LedgerLine, ...], output_format: Format) -> None:
    if output_format is Format.JSON:
        for line in lines:
            typer.echo(json.dumps({"index": line.index, **line.record}, ensure_ascii=False))
        return
    for style, text in tuple(entry_lines(lines, size=0))[:-1]:
        say(text, style)


def _bytes_of(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError as error:
        raise NotFound(f"{file} does not exist") from error
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from error


def _source(root: Path) -> dict[str, str | None]:
    digest = standards_digest(wiring.standards_library().read_all())
    return {"standards_digest": digest, "commit": wiring.repository_source(root).head().commit}
