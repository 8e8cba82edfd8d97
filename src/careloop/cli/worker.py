"""`care worker`: the loops that run by themselves, in the foreground."""

from __future__ import annotations

import logging
import signal
import threading
from typing import Annotated

import typer

from careloop.cli.release_arguments import EnvironmentOption
from careloop.cli.terminal import DirArgument, RepoOption, a_command, repository_root, say
from careloop.worker import run_forever

__all__ = ["app", "worker"]

app = a_command()

_EPILOG = """
Examples:  care worker  ·  care worker --every 60 --repo my-aims

`care serve` starts one by itself. It ends with Ctrl-C, and may be killed and started again at any time.
"""


@app.command(epilog=_EPILOG)
def worker(
    folder: DirArgument = None,
    repo: RepoOption = None,
    every: Annotated[float, typer.Option(min=0.2, metavar="SECONDS", help="Pause between two rounds.")] = 5,
    environment: EnvironmentOption = "production",
) -> None:
    """Watch all systems, answer alarms as their plans say, and keep the lake fast to count, until stopped."""
    root, stop = repository_root(folder, repo), threading.Event()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s")
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    say(f"watching {root}; Ctrl-C ends it", "summary")
    run_forever(root.resolve(), every_s=every, stop=stop, environment=environment)
