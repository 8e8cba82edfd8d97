"""`care witness`: watch over other people's ledgers by the C2SP witness protocol."""

import os
from pathlib import Path
from typing import Annotated

import typer

from careloop.cli.terminal import say
from careloop.errors import InvalidInput, Unavailable
from careloop.ledger.note import note_text, read_verifier
from careloop.wiring import trust

__all__ = ["add_log", "app", "init", "serve", "show"]

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    help="Cosign checkpoints of ledgers that only grow; refuse a rollback or a fork (C2SP tlog-witness).",
    epilog="Examples:  care witness init w1 --name witness.example/w1  ·  care witness add-log w1 acme.pub  ·  "
    "care witness serve w1 --port 8019",
)

FolderArgument = Annotated[Path, typer.Argument(metavar="DIR", help="The witness's folder, on a machine of its own.")]


@app.command()
def init(
    folder: FolderArgument,
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="Like witness.example/w1; never changes.")],
) -> None:
    """Make a witness: its key, which never leaves the folder, and an empty list of ledgers."""
    key = trust.witness_folder(folder).start(name).key
    say(f"made the witness {key.name}")
    typer.echo(key.text)


@app.command("add-log")
def add_log(
    folder: FolderArgument,
    key: Annotated[str, typer.Argument(metavar="KEY", help="The ledger's public key, or the file that holds it.")],
) -> None:
    """Serve a ledger; after a change of its key, add the new one too."""
    file = Path(key)
    try:
        line = file.read_text(encoding="utf-8").strip() if file.is_file() else key
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{key} cannot be read: {error}") from error
    verifier = read_verifier(line)
    trust.witness_folder(folder).add_log(verifier)
    say(f"serves {verifier.name}")


@app.command()
def show(folder: FolderArgument) -> None:
    """List the ledgers that are served, and how long each was when it was cosigned last."""
    witness = trust.witness_folder(folder)
    typer.echo(witness.key().key.text)
    for origin, keys in sorted(witness.logs().items()):
        note = witness.newest(origin)
        size = "nothing cosigned yet" if note is None else f"{int(note_text(note).split(chr(10))[1]):,} entries"
        say(f"{origin}  {size}  ({len(keys)} key{'s' if len(keys) > 1 else ''})")


@app.command()
def serve(
    folder: FolderArgument,
    host: Annotated[str, typer.Option("--host", help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Where to listen.")] = 8019,
) -> None:
    """Answer POST /add-checkpoint until told to stop. Put a server with TLS in front of it."""
    trust.witness_folder(folder).key()
    try:
        from granian import Granian
        from granian.constants import Interfaces
        from granian.log import LogLevels
    except ImportError as error:
        raise Unavailable("a witness needs granian", hint="pip install 'careloop[web]'") from error
    os.environ["CARELOOP_WITNESS"] = str(folder.absolute())
    say(f"answers on http://{host}:{port}/add-checkpoint")
    Granian(
        "careloop.web.witness:from_environment",
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        workers=1,
        factory=True,
        websockets=False,
        log_level=LogLevels.warning,
    ).serve()
