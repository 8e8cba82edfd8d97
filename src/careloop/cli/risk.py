"""`care risk`: the register as it stands, or one risk with its chain."""

import difflib
from typing import Annotated

import typer

from careloop import __version__, wiring
from careloop.cli.release_arguments import RepoOnlyOption
from careloop.cli.terminal import Format, FormatOption, a_command, print_json, repository_root, say
from careloop.errors import NotFound
from careloop.reports.risk_report import register_lines, risk_json, risk_lines
from careloop.workflows.evolve.read_register import Register, read_register

__all__ = ["app", "risk"]

app = a_command()

_EPILOG = """
Examples:  care risk  ·  care risk credit-drift  ·  care risk --system credit-decision --format json  ·
care risk --as-of 2026-10-31

A treatment's control lowers a risk only while it is evidence complete. When one loses its evidence, what is left of the
risk rises; above the appetite its acceptance is suspended, and the next release of tier high or above waits.
Exit codes:  0 shown  ·  2 something cannot be read, or there is no such risk
"""


@app.command(epilog=_EPILOG)
def risk(
    name: Annotated[str | None, typer.Argument(metavar="[ID]", help="One risk; else the whole register.")] = None,
    repo: RepoOnlyOption = None,
    system: Annotated[str | None, typer.Option(metavar="ID", help="Only the risks of this system.")] = None,
    as_of: Annotated[
        str | None, typer.Option(metavar="DATE", help="As it was at the end of that day, or at an instant.")
    ] = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Show each risk before treatment, as declared and as it is now, who accepted it, and what holds back releases."""
    root = repository_root(None, repo)
    register = read_register(
        wiring.repository_source(root),
        standards=wiring.standards_library(),
        ledger=wiring.ledger_to_read(root),
        now=wiring.now(),
        as_of=as_of,
    )
    shown = [one for one in register.risks if system is None or system in one.risk.systems]
    chances = tuple(one for one in register.opportunities if system is None or system in one.systems)
    if name is not None:
        shown, chances = [one for one in shown if one.risk.id == name], ()
        if not shown:
            raise _unknown(name, register)
    if output_format is Format.JSON:
        print_json(_json(register) | {"risks": [risk_json(one) for one in shown]})
    else:
        for style, line in risk_lines(shown[0]) if name is not None else register_lines(tuple(shown), chances):
            say(line, style)
    for error in register.errors:
        typer.echo(f"{error.place}  error  {error.message}", err=True)
    raise typer.Exit(2 if register.errors else 0)


def _unknown(name: str, register: Register) -> NotFound:
    close = difflib.get_close_matches(name, [one.risk.id for one in register.risks], n=1)
    return NotFound(
        f"there is no risk '{name}'", hint=f"did you mean {close[0]}?" if close else "`care risk` lists all"
    )


def _json(register: Register) -> dict[str, object]:
    point = register.point
    return {
        "schema": "careloop/risk/v1",
        "careloop_version": __version__,
        "standards_digest": point.standards_digest,
        "commit": point.commit,
        "dirty": point.dirty,
        "as_of": point.as_of,
        "in_force_by": point.in_force_by,
        "combine": register.criteria.combine.value,
    }
