"""`care trace REF`: the chain from a sentence of policy to evidence and clause, both ways, as text or as a picture."""

from contextlib import closing, nullcontext
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from careloop import wiring
from careloop.cli.terminal import a_command, print_json, repository_root, say
from careloop.errors import Unavailable
from careloop.reports.trace_page import trace_page
from careloop.reports.trace_picture import trace_picture
from careloop.reports.trace_report import orphan_lines, trace_json, trace_lines
from careloop.workflows.evolve.trace_chain import Traced, trace_chain

__all__ = ["app", "trace"]

app = a_command()

_EPILOG = """
Examples:  care trace policies/ai-policy.md#3  ·  care trace iso42001:2023/A.6.2.4  ·  care trace card-present  ·
care trace policies/ai-policy.md#2.2 --format html --out chain.html  ·  care trace  (all of it, and what hangs nowhere)
"""


class _Picture(StrEnum):
    """How the chain is shown."""

    TEXT = "text"
    JSON = "json"
    SVG = "svg"
    HTML = "html"


@app.command(epilog=_EPILOG)
def trace(
    ref: Annotated[
        str | None,
        typer.Argument(metavar="[REF]", help="A statement or section of a policy, rule, check, claim, requirement."),
    ] = None,
    repo: Annotated[Path | None, typer.Option("--repo", metavar="DIR", help="Governance repository.")] = None,
    output_format: Annotated[
        _Picture, typer.Option("--format", help="text for people, json for machines, svg or html for a picture.")
    ] = _Picture.TEXT,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write it there.")] = None,
    links: Annotated[
        str, typer.Option("--links", metavar="URL", help="What stands before a file's path in links of a picture.")
    ] = "",
) -> None:
    """Walk from REF to what it leads to and to what it rests on; without REF show how much there is, and orphans."""
    root = repository_root(None, repo)
    ledger = wiring.ledger_to_read(root)
    with closing(ledger) if ledger is not None else nullcontext():
        traced = trace_chain(
            wiring.repository_source(root),
            ref,
            standards=wiring.standards_library(),
            ledger=ledger,
            now=wiring.now(),
        )
    if output_format in (_Picture.SVG, _Picture.HTML):
        draw = trace_page if output_format is _Picture.HTML else trace_picture
        _put(draw(traced.chain, traced.starts, title=ref or "The whole chain", links=links), out)
    elif output_format is _Picture.JSON:
        source = {"standards_digest": traced.standards_digest, "commit": traced.commit, "dirty": traced.dirty}
        print_json(trace_json(ref, traced.starts, traced.chain, source=source))
    else:
        _tell(traced)


def _tell(traced: Traced) -> None:
    lines = trace_lines(traced.starts, traced.chain) if traced.starts else orphan_lines(traced.chain, most=8)
    for style, line in lines:
        say(line, style)


def _put(text: str, out: Path | None) -> None:
    if out is None:
        typer.echo(text)
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Unavailable(f"{out} cannot be written: {error.strerror}") from error
    say(f"wrote {out}")
