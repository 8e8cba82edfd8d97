"""`care demo`: the loop played on Acme, a fictional retailer with a bank arm. Every printed number is computed."""

import sys
import tempfile
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from careloop import wiring
from careloop.cli.demo.adult import adult_folder, load_applicants, split
from careloop.cli.demo.company import Company
from careloop.cli.demo.create_scenes import play_create
from careloop.cli.demo.evidence_scenes import play_evidence, status_rows
from careloop.cli.demo.live_scene import a_release_waits, open_pages
from careloop.cli.demo.release_scenes import Calendar, Plot, play_releases
from careloop.cli.demo.run_scenes import play_run
from careloop.cli.demo.stage import Stage
from careloop.cli.demo.tour import take_tour
from careloop.cli.terminal import a_command, say

__all__ = ["app", "demo"]

app = a_command()

_DAYS = 50
"""How long ago the story begins; it is over before today."""

_EPILOG = """
Examples:  care demo  ·  care demo --speed 1  ·  care demo --no-serve --dir acme-demo
"""


@app.command(epilog=_EPILOG)
def demo(
    directory: Annotated[
        Path | None, typer.Option("--dir", metavar="DIR", help="Keep Acme's repository here; else a temporary folder.")
    ] = None,
    serve: Annotated[
        bool, typer.Option("--serve/--no-serve", help="Open the pages at the end; off a terminal, visit them and stop.")
    ] = True,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the pages.")] = 8042,
    speed: Annotated[float, typer.Option(min=0, help="1 is a pace to read along with, 0 is no pauses.")] = 0,
) -> None:
    """Play the loop on Acme: every step with a plain sentence before it and the real answer after it."""
    with tempfile.TemporaryDirectory() as scratch:
        root = (directory or Path(scratch)).resolve() / "acme"
        stage = Stage(speed)
        plot = _play(stage, root)
        if serve:
            _serve(plot, port)
        say()
        if directory is not None:
            say(f"Acme's repository is in {root}. Look around:", "summary")
            for command in ("status", "scorecard", "ledger verify", "release standing", "explain A.6.2.5"):
                say(f"  care {command} --repo {root}")
        else:
            say("Keep Acme's repository with `care demo --dir DIR`.", "summary")


def _play(stage: Stage, root: Path) -> Plot:
    calendar = Calendar(wiring.now().replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=_DAYS))
    company = Company(root)
    company.found(calendar.at(0))
    before = status_rows(root)
    play_create(stage, company, calendar.at(0, 9), wiring.published_card())
    pools = split(load_applicants(adult_folder(wiring.data_folder())))
    plot = Plot(stage, company, calendar, pools)
    fair = play_releases(plot)
    play_run(plot, fair)
    play_evidence(stage, root, before)
    return plot


def _serve(plot: Plot, port: int) -> None:
    """Open the pages on what was played: until Ctrl-C for somebody at a terminal, else for one visit."""
    candidate = a_release_waits(plot)
    with open_pages(plot.company, candidate, plot.pools.traffic, port) as served:
        if not sys.stdout.isatty():
            take_tour(plot.stage, served)
            return
        plot.stage.scene("The pages are open; 3.4.0 waits for Marta and Grace")
        say()
        say(f"  {served.address}", "summary")
        for mail, password in served.accounts.items():
            say(f"  {mail:<34} {password}")
        say()
        say("  Approve 3.4.0 as two people, and watch its applications arrive. Ctrl-C ends it.", "summary")
        with suppress(KeyboardInterrupt):
            while True:
                time.sleep(3600)
