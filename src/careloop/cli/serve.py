"""`care serve`: the pages, the API, the ingest of events and the worker, with nothing to set up first."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from careloop import wiring
from careloop.cli.terminal import DirArgument, RepoOption, a_command, repository_root, say
from careloop.errors import Unavailable, UsageError
from careloop.wiring.pages import web_place
from careloop.workflows.run.release_desk import Governance, read_governance

__all__ = ["Listening", "app", "pages_ready", "prepared", "serve", "serve_forever", "worker_beside"]

app = a_command()

_OPEN_STREAMS_S = 3
"""How long a stop waits for live streams: they have no end, and come back by themselves after a restart."""

_EPILOG = """
Examples:  care serve  ·  care serve my-aims --port 8080  ·  care serve --no-worker

The first start makes an administrator and shows the password once. Behind a proxy set CARELOOP_HOSTS and
CARELOOP_ORIGINS=https://care.example.org; CARELOOP_OIDC_ISSUER, _CLIENT_ID and _CLIENT_SECRET let people sign in by
your directory. Accounts and tokens live in .care/state.sqlite.
"""


@app.command(epilog=_EPILOG)
def serve(
    folder: DirArgument = None,
    repo: RepoOption = None,
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8042,
    worker: Annotated[bool, typer.Option("--worker/--no-worker", help="Watch systems as well.")] = True,
    admin: Annotated[
        str | None, typer.Option("--admin", metavar="MAIL", help="Mail address of the first administrator.")
    ] = None,
) -> None:
    """Serve the pages, the API and the ingest of events, and watch the systems, until Ctrl-C."""
    root = repository_root(folder, repo).resolve()
    made = prepared(root, admin)
    listening = Listening(host, port)
    if made is not None:
        say("The first administrator, shown only now:", "summary")
        say(f"  {made[0]}   {made[1]}")
    say(f"{listening.address}   Ctrl-C ends it", "summary")
    with worker_beside(root) if worker else _nothing():
        serve_forever(root, listening)


class Listening:
    """Where the server listens; raises `Unavailable` at once when somebody else does."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                raise Unavailable(
                    f"{host} port {port} cannot be listened on: {error.strerror}", hint="name another with --port"
                ) from error

    @property
    def address(self) -> str:
        """What to open in a browser."""
        shown = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{shown}:{self.port}/"


def prepared(root: Path, admin: str | None) -> tuple[str, str] | None:
    """Everything that a first start needs; mail address and password of an administrator who was made just now."""
    if admin is not None and "@" not in admin:
        raise UsageError(f"--admin {admin} is no mail address")
    with wiring.release_desk(root, {}) as desk:  # starts the ledger
        governance = read_governance(desk, wiring.now())  # says what is missing before anybody waits for a page
    pages_ready(root)
    from careloop.web.accounts.first_run import first_administrator

    author = wiring.workspace(root).author()
    mail = admin or _owner_mail(governance) or (author.mail if author else "administrator@localhost")
    made = first_administrator(mail)
    return None if made is None else (made.email, made.password)


def _owner_mail(governance: Governance) -> str | None:
    """Mail address of somebody who holds the post that is accountable for the management system."""
    organisation, people = governance.repository.organisation, governance.people
    holders = people.behind(organisation.owner, "") if organisation else frozenset()
    return next((one.mail for one in people.roles.people if one.id in holders and one.mail), None)


def pages_ready(root: Path) -> None:
    """Load what pages are made with, and bring their store up to date; raises `Unavailable` without the extra."""
    place = web_place(root)
    try:
        from careloop.web.configuration import configure

        configure(place)
        from careloop.web.accounts.first_run import prepare
    except ImportError as error:
        raise Unavailable(f"the pages need {error.name}", hint="pip install 'careloop[web,lake]'") from error
    prepare(place)


@contextmanager
def worker_beside(root: Path, *, every_s: float = 5) -> Iterator[None]:
    """A worker as a process of its own, ended with the server."""
    command = [
        sys.executable,
        "-c",
        "from careloop.cli.main import run; run()",
        "worker",
        "--repo",
        str(root),
        "--every",
        str(every_s),
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


@contextmanager
def _nothing() -> Iterator[None]:
    yield


def serve_forever(root: Path, listening: Listening) -> None:
    """Run the server until it is told to stop."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    os.environ["CARELOOP_REPOSITORY"] = str(root)
    Granian(
        "careloop.web.server:from_environment",
        address=listening.host,
        port=listening.port,
        interface=Interfaces.ASGI,
        workers=1,
        factory=True,
        websockets=False,
        workers_kill_timeout=_OPEN_STREAMS_S,
        log_level=LogLevels.warning,
        static_path_route=["/static"],
        static_path_mount=[Path(__file__).parents[1] / "web" / "static"],
        static_path_expires=31_536_000,
    ).serve()
