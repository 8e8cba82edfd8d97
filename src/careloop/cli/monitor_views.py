"""`care monitor views`: business figures that a Prometheus counts, with how old they are."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from careloop import wiring
from careloop.cli.release_arguments import RepoOnlyOption
from careloop.cli.terminal import Format, FormatOption, print_json, repository_root, say
from careloop.domain.view import PrometheusView, ViewKey, ViewState
from careloop.errors import CareloopError, NotFound
from careloop.ports.view_store import ViewStore
from careloop.reports.view_report import view_lines, views_json
from careloop.wiring.views import declared_views, view_source, view_store
from careloop.workflows.run.read_view import read_view
from careloop.workflows.run.show_views import show_views

__all__ = ["VIEWS_HELP", "views"]

VIEWS_HELP = """
Examples:  care monitor views product-recommender  ·  care monitor views product-recommender --read --format json

Views are declared in system.yaml under `views:`, and read by the worker. They stand beside the monitors on the system's
page; nothing is counted of them, and no alarm rests on them.

Exit codes:  0 all are of now  ·  1 some are stale or were never read  ·  2 something cannot be read
"""


def views(
    system: Annotated[str, typer.Argument(metavar="SYSTEM", help="Id of the system.")],
    read: Annotated[bool, typer.Option("--read", help="Read on first, as the worker does.")] = False,
    repo: RepoOnlyOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Show business figures that a Prometheus counts: newest value, how old, how far back."""
    root, now = repository_root(None, repo), wiring.now()
    declared = {key.view: view for key, view in declared_views(root).items() if key.system == system}
    if not declared:
        raise NotFound(
            f"systems/{system}/system.yaml declares no view",
            hint="`views:` in it names a query; see docs/how-to/feeds.md",
        )
    store = view_store(root, wiring.declared_lake(root))
    if read:
        for name, view in declared.items():
            _read(ViewKey(system, name), view, store, now)
    found = show_views(system, declared, store, now=now)
    if output_format is Format.JSON:
        print_json(views_json(system, found))
    else:
        for style, line in view_lines(system, found):
            say(line, style)
    raise typer.Exit(int(any(one.standing.state is not ViewState.FRESH for one in found)))


def _read(key: ViewKey, view: PrometheusView, store: ViewStore, now: datetime) -> None:
    """Read one; what went wrong is told, and the others are read all the same."""
    try:
        read_view(view, key, view_source(key, view), store, now=now)
    except CareloopError as error:
        typer.echo(f"error: {error.message}", err=True)
        if error.hint:
            typer.echo(f"  next: {error.hint}", err=True)
