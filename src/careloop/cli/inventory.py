"""`care inventory`: the systems that are known, and how that compares with what is seen elsewhere."""

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
from careloop.domain.sighting import SightingSource
from careloop.errors import NotFound, UsageError
from careloop.ports.standards_library import standards_digest
from careloop.reports.inventory_report import (
    inventory_json,
    inventory_lines,
    reconciliation_json,
    reconciliation_lines,
)
from careloop.wiring import way_in
from careloop.workflows.create.inventory import Elsewhere, list_inventory, reconcile_inventory

__all__ = ["app", "inventory", "list_systems", "reconcile"]

app = a_command()

_LIST = """
Examples:  care inventory list  ·  care inventory list my-aims --format json
"""
_RECONCILE = """
Examples:  care inventory reconcile --imports ../shop --gateway gateway.csv  ·
care inventory reconcile my-aims --registry mlflow:mlruns --sso okta.csv --procurement orders.csv --format json

CSV files name their columns in the first line. A sighting is matched by id, name, `known_as` or the files of a system;
one that matches none is a finding. Each option may be repeated.

Exit codes:  0 everything seen is known  ·  1 something is not  ·  2 something cannot be read
"""


@app.callback()
def inventory() -> None:
    """Show the AI systems that are known, and find those that are not."""


@app.command("list", epilog=_LIST)
def list_systems(
    folder: DirArgument = None, repo: RepoOption = None, output_format: FormatOption = Format.TEXT
) -> None:
    """List all systems with the tier that the rules give, and why."""
    found, commit = list_inventory(wiring.repository_source(repository_root(folder, repo)))
    rows = [(row.system, row.in_scope, row.reached, row.screened) for row in found]
    if output_format is Format.JSON:
        digest = standards_digest(wiring.standards_library().read_all())
        print_json(inventory_json(rows, commit=commit, standards_digest=digest))
        return
    for style, line in inventory_lines(rows):
        say(line, style)


@app.command(epilog=_RECONCILE)
def reconcile(
    folder: DirArgument = None,
    repo: RepoOption = None,
    registry: Annotated[
        list[str] | None, typer.Option(metavar="FILE.csv|mlflow:PLACE", help="Models of a registry.")
    ] = None,
    imports: Annotated[list[Path] | None, typer.Option(metavar="DIR", help="Code that may import AI packages.")] = None,
    gateway: Annotated[list[Path] | None, typer.Option(metavar="FILE.csv", help="Log of a model gateway.")] = None,
    sso: Annotated[list[Path] | None, typer.Option(metavar="FILE.csv", help="Log of sign-ins to applications.")] = None,
    procurement: Annotated[list[Path] | None, typer.Option(metavar="FILE.csv", help="List of purchases.")] = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Compare the inventory with what is seen elsewhere; whatever it does not know is a finding."""
    root = repository_root(folder, repo)
    given = [(SightingSource.GATEWAY, gateway), (SightingSource.SSO, sso), (SightingSource.PROCUREMENT, procurement)]
    asked = [name for name in registry or () if name.startswith("mlflow:")]
    files = [(SightingSource.REGISTRY, Path(name)) for name in registry or () if name not in asked]
    files += [(kind, path) for kind, paths in given for path in paths or ()]
    if not (files or asked or imports):
        raise UsageError(
            "nothing to compare with", hint="name --registry, --imports, --gateway, --sso or --procurement"
        )
    if len(asked) > 1:
        raise UsageError("one MLflow registry at a time")
    elsewhere = Elsewhere(
        lists=[(kind, str(path), _bytes(path)) for kind, path in files],
        registry=way_in.model_registry(asked[0]) if asked else None,
        code=[way_in.project_files(_folder(path)) for path in imports or ()],
    )
    answer = reconcile_inventory(wiring.repository_source(root), elsewhere, standards=wiring.standards_library())
    found = answer.reconciliation
    if output_format is Format.JSON:
        print_json(reconciliation_json(found, commit=answer.commit, standards_digest=answer.standards_digest))
    else:
        for style, line in reconciliation_lines(found):
            say(line, style)
    raise typer.Exit(1 if found.findings else 0)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise NotFound(f"{path} cannot be read: {error.strerror}") from error


def _folder(path: Path) -> Path:
    if not path.is_dir():
        raise NotFound(f"{path} is not a folder", hint="--imports takes the folder of a project")
    return path
