"""An answer that may go to a file: written whole, or printed."""

from pathlib import Path

import typer

from careloop.cli.terminal import say
from careloop.errors import Unavailable

__all__ = ["print_or_write"]


def print_or_write(text: str, out: Path | None) -> None:
    """Print a text that ends with a line feed, or write it to a file and say so. Raises Unavailable."""
    if out is None:
        typer.echo(text, nl=False)
        return
    try:
        out.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise Unavailable(
            f"{out} cannot be written: {error.strerror}", hint="name a file in a folder that is there"
        ) from error
    say(f"wrote {out}")
