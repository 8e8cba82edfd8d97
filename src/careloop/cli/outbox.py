"""`care outbox`: messages on their way out, and those that nobody took."""

from __future__ import annotations

from typing import Annotated

import typer

from careloop import wiring
from careloop.cli.release_arguments import RepoOnlyOption
from careloop.cli.terminal import Format, FormatOption, print_json, repository_root, say
from careloop.domain.outgoing import MessageState
from careloop.errors import NotFound
from careloop.reports.outbox_report import outbox_json, outbox_lines
from careloop.wiring import post
from careloop.workflows.run.send_messages import deliver_messages

__all__ = ["app", "list_", "retry"]

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    help="Show pages and orders on their way out; have pages that nobody took sent again.",
)

_EPILOG = """
Examples:  care outbox list  ·  care outbox list --state dead --format json  ·  care outbox retry  ·
care outbox retry 0192f3a0-7c1e-7d42-9a51-2f0c6f1b7e11

A message is written down before it is sent, and sent again until its receiver took it; each channel of care.yaml gets
its own. What is given up is a dead letter: it shows here and in `care status`, and is paged over the other channels.
Exit codes:  0 shown, or all taken  ·  1 something was not taken again  ·  2 no such message
"""


@app.command("list", epilog=_EPILOG)
def list_(
    state: Annotated[MessageState | None, typer.Option("--state", help="Only these.")] = None,
    repo: RepoOnlyOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Show every message with what became of it, oldest first."""
    entries = post.outbox(repository_root(None, repo)).entries(state=state)
    if output_format is Format.JSON:
        print_json(outbox_json(entries))
        return
    for style, line in outbox_lines(entries):
        say(line, style)


@app.command(epilog=_EPILOG)
def retry(
    message: Annotated[str | None, typer.Argument(metavar="[MESSAGE]", help="Id; without it, all of them.")] = None,
    repo: RepoOnlyOption = None,
) -> None:
    """Send pages that were given up again, now; the worker goes on with what is not taken."""
    room = post.post_room(repository_root(None, repo))
    if message is not None and not room.outbox.entries(message=message):
        raise NotFound(f"there is no message {message}", hint="care outbox list --state dead shows them")
    woken = room.outbox.retry(now=wiring.now(), message=message)
    if not woken:
        say("no page was given up", "good")
        return
    done = deliver_messages(room)
    lost = done.put_off + done.dead
    say(f"{done.sent} taken, {done.put_off} to be tried again, {done.dead} refused", "bad" if lost else "good")
    raise typer.Exit(int(lost > 0))
