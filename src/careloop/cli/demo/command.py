"""`care demo`: the loop played on Acme, a fictional retailer with a bank arm. Every printed number is computed."""

import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from careloop import wiring
from careloop.cli.demo.adult import adult_folder, load_applicants, split
from careloop.cli.demo.company import Company
from careloop.cli.demo.create_scenes import play_create
from careloop.cli.demo.evidence_scenes import play_evidence, status_rows
from careloop.cli.demo.release_scenes import Calendar, Plot, play_releases
from careloop.cli.demo.run_scenes import play_run
from careloop.cli.demo.stage import Stage
from careloop.cli.terminal import a_command, say
from careloop.errors import UsageError

__all__ = ["app", "demo"]

app = a_command()

_DAYS = 50
"""How long ago the story begins; it is over before today."""

_EPILOG = """
Examples:  care demo  ·  care demo --speed 1  ·  care demo --no-serve --dir /tmp/acme
"""


@app.command(epilog=_EPILOG)
def demo(
    directory: Annotated[
        Path | None, typer.Option("--dir", metavar="DIR", help="Keep Acme's repository here; else a temporary folder.")
    ] = None,
    serve: Annotated[bool, typer.Option("--serve/--no-serve", help="Open the web pages at the end.")] = False,
    speed: Annotated[float, typer.Option(min=0, help="1 is a pace to read along with, 0 is no pauses.")] = 0,
) -> None:
    """Play the loop on Acme: every step with a plain sentence before it and the real answer after it."""
    if serve:
        raise UsageError("the web pages are not part of this version yet", hint="leave --serve out")
    with tempfile.TemporaryDirectory() as scratch:
        root = (directory or Path(scratch)).resolve() / "acme"
        _play(Stage(speed), root)
        say()
        if directory is not None:
            say(f"Acme's repository is in {root}. Look around:", "summary")
            for command in ("status", "scorecard", "ledger verify", "release standing", "explain A.6.2.5"):
                say(f"  care {command} --repo {root}")
        else:
            say("Keep Acme's repository with `care demo --dir DIR`.", "summary")


def _play(stage: Stage, root: Path) -> None:
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
