"""`care demo`: the loop played on Acme, a fictional retailer with a bank arm. Every printed number is computed."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from careloop import wiring
from careloop.cli.demo.create_scenes import play_create
from careloop.cli.demo.stage import Stage
from careloop.cli.terminal import a_command, say
from careloop.errors import UsageError

__all__ = ["app", "demo"]

app = a_command()

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
        root = (directory or Path(scratch)) / "acme"
        wiring.examples().copy("acme", root)
        stage = Stage(speed)
        play_create(stage, root, wiring.published_card())
        say()
        if directory is not None:
            say(
                f"Acme's repository is in {root}: try `care status {root}` and `care explain 6.1.3 --repo {root}`",
                "summary",
            )
        else:
            say("Keep Acme's repository with `care demo --dir DIR`.", "summary")
