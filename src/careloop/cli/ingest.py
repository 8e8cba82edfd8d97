"""`care ingest`: events from files and feeds into the lake."""

from __future__ import annotations

import gzip
import sys
import time
import zlib
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing
from enum import StrEnum
from io import BufferedReader, RawIOBase
from itertools import islice
from pathlib import Path
from typing import Annotated, NoReturn, cast

import typer

from careloop import wiring
from careloop.cli.ingest_feed import ingest_feed
from careloop.cli.terminal import Format, FormatOption, RepoOption, a_command, print_json, repository_root, say
from careloop.documents.event_batch import MAX_ROW_BYTES, BatchRow, json_batch, line_batch
from careloop.documents.langfuse import langfuse_rows
from careloop.domain.event_report import IngestReport
from careloop.errors import InvalidInput, UsageError
from careloop.ports.event_rows import EventRows
from careloop.ports.standards_library import standards_digest
from careloop.reports.ingest_report import IngestedFile, ingest_json, ingest_lines, total_of
from careloop.wiring.lakes import arrow_file_batches
from careloop.workflows.run.ingest_events import Intake, ingest_events

__all__ = ["EventForm", "app", "ingest"]

app = a_command()


class EventForm(StrEnum):
    """Whose form the files have."""

    EVENTS = "events"
    LANGFUSE = "langfuse"


_CHUNK = 5_000
"""Lines made durable together."""
_MOST_OF_A_LIST = 2**30
"""Bytes; lines may be any number."""
_GZIP = b"\x1f\x8b"
_ARROW = (b"ARROW1", b"PAR1", b"\xff\xff\xff\xff")
"""How a file of Arrow or Parquet begins, and a stream of Arrow."""
_EPILOG = """
Examples:  care ingest --system credit-decision events.ndjson  ·  care ingest --system shop - < spool.ndjson  ·
care ingest --system shop day.arrow archive.ndjson.gz old.parquet

care ingest --system shop --from kafka://localhost:9092/decisions --follow  ·  care ingest --system shop --from orders

care ingest --system assistant --as langfuse observations.json

Exit codes:  0 every row taken, or taken before  ·  1 a row was refused  ·  2 a file cannot be read
"""


@app.command(epilog=_EPILOG)
def ingest(
    system: Annotated[str, typer.Option(metavar="SYSTEM", help="The system whose events they are.")],
    files: Annotated[
        list[str] | None,
        typer.Argument(metavar="FILE…", help="JSON lines, one JSON list, Arrow, Parquet; may be gzip; - is stdin."),
    ] = None,
    feed: Annotated[
        str | None,
        typer.Option("--from", metavar="FEED", help="A feed that the system declares, or kafka://HOST:PORT/TOPIC."),
    ] = None,
    form: Annotated[
        EventForm, typer.Option("--as", help="What the files are: events, or generations exported from Langfuse.")
    ] = EventForm.EVENTS,
    follow: Annotated[bool, typer.Option("--follow", help="With --from: go on until stopped.")] = False,
    repo: RepoOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Take events of a system into the lake: good rows are kept, each bad row is refused with its reason."""
    started = time.perf_counter()
    root = repository_root(None, repo)
    if (feed is None) == (not files) or (follow and feed is None):
        raise UsageError("name files, or one feed with --from", hint="`care ingest --help` shows examples of both")
    with ExitStack() as opened, closing(wiring.lake(root)) as lake:
        intake = wiring.intake(root, lake)
        if system not in intake.contracts:
            known = ", ".join(sorted(intake.contracts)) or "none"
            raise InvalidInput(f"there is no system '{system}' in {root}", hint=f"known are {known}")
        if feed is not None:
            found = [_ingest_feed(root, intake, system, feed, follow)]
        else:
            sources = [(name, _open(name, opened)) for name in files or ()]
            found = [_ingest_file(name, source, intake, system, form) for name, source in sources]
    _present(root, found, output_format, seconds=time.perf_counter() - started)


def _present(
    root: Path, found: list[IngestedFile | InvalidInput], output_format: Format, *, seconds: float
) -> NoReturn:
    done = [each for each in found if isinstance(each, IngestedFile)]
    errors = [each for each in found if isinstance(each, InvalidInput)]
    total = total_of(done)
    if output_format is Format.JSON:
        digest = standards_digest(wiring.standards_library().read_all())
        head = wiring.repository_source(root).head()
        print_json(ingest_json(total, files=done, commit=head.commit, standards_digest=digest))
    else:
        for style, line in ingest_lines(done, seconds=seconds):
            say(line, style)
    for error in errors:
        typer.echo(f"error: {error.message}", err=True)
    raise typer.Exit(2 if errors else int(total.refused_rows > 0))


def _ingest_feed(root: Path, intake: Intake, system: str, feed: str, follow: bool) -> IngestedFile | InvalidInput:
    try:
        return ingest_feed(
            root, intake, system=system, named=feed, follow=follow, told=lambda report: _progress(feed, report)
        )
    finally:
        _progress(feed, None)


def _open(name: str, opened: ExitStack) -> BufferedReader:
    if name == "-":
        source = sys.stdin.buffer
        assert isinstance(source, BufferedReader)
        return source
    try:
        return opened.enter_context(Path(name).open("rb"))
    except OSError as error:
        raise InvalidInput(f"{name}: the file cannot be read: {error.strerror}") from error


def _ingest_file(
    name: str, source: BufferedReader, intake: Intake, system: str, form: EventForm
) -> IngestedFile | InvalidInput:
    """What became of the rows; or why the file cannot be read, and then the other files are taken all the same."""
    report, by_line = IngestReport(), False
    try:
        if source.peek(2)[:2] == _GZIP:
            source = BufferedReader(cast("RawIOBase", gzip.GzipFile(fileobj=source)))
        start = source.peek(64)[:64]
        by_line = form is EventForm.EVENTS and not start.startswith(_ARROW) and start.lstrip()[:1] != b"["
        for rows in _parts(source, start, form):
            report = report.plus(ingest_events(rows, intake, now=wiring.now(), system=system))
            _progress(name, report)
    except (OSError, EOFError, zlib.error) as error:
        return InvalidInput(f"{name}: the file cannot be read: {getattr(error, 'strerror', None) or error}")
    except InvalidInput as error:
        return InvalidInput(f"{name}: {error.message}")
    finally:
        _progress(name, None)
    return IngestedFile(name, by_line, report)


def _parts(source: BufferedReader, start: bytes, form: EventForm) -> Iterable[list[BatchRow] | EventRows]:
    """The rows of a file that begins so, in parts that are made durable each."""
    if form is EventForm.LANGFUSE:
        return [langfuse_rows(_whole(source))]
    if start.startswith(_ARROW):
        return arrow_file_batches(source)
    if start.lstrip()[:1] == b"[":
        return [json_batch(_whole(source))]
    return _chunks(source)


def _whole(source: BufferedReader) -> bytes:
    whole = source.read(_MOST_OF_A_LIST + 1)
    if len(whole) > _MOST_OF_A_LIST:
        raise InvalidInput("one JSON list of more than a gigabyte: write its rows as JSON lines")
    return whole


def _chunks(source: BufferedReader) -> Iterator[EventRows]:
    lines, first = _lines(source), 0
    while chunk := list(islice(lines, _CHUNK)):
        yield line_batch(chunk, first=first)
        first += len(chunk)


def _lines(source: BufferedReader) -> Iterator[bytes]:
    """The lines; of one that is far too long only as much as shows that it is."""
    limit = MAX_ROW_BYTES + 2
    while line := source.readline(limit):
        rest = line
        while len(rest) == limit and not rest.endswith(b"\n"):
            rest = source.readline(limit)
        yield line


def _progress(name: str, report: IngestReport | None) -> None:
    """How far it is, on a terminal only; None wipes the line."""
    if sys.stderr.isatty():
        said = "" if report is None else f"{name}: {report.rows:,} rows, {report.refused_rows:,} refused"
        sys.stderr.write(f"\r\x1b[K{said}")
        sys.stderr.flush()
