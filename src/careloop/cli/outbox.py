"""`care outbox`: messages on their way out, those that nobody took, and what other tools are told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import date, datetime, time
from pathlib import Path
from typing import Annotated

import typer

from careloop import wiring
from careloop.cli.release_arguments import RepoOnlyOption
from careloop.cli.terminal import Format, FormatOption, print_json, repository_root, say
from careloop.domain.happening import Announced
from careloop.domain.outgoing import MessageState
from careloop.errors import NotFound, UsageError
from careloop.reports.outbox_report import announced_json, announced_lines, outbox_json, outbox_lines
from careloop.wiring import post
from careloop.workflows.evolve.standpoint import zone_of
from careloop.workflows.run.announce import announce_new, announce_since, preview_new, preview_since
from careloop.workflows.run.send_messages import Subscription, deliver_messages

__all__ = ["announce", "app", "list_", "retry"]

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    help="Show messages on their way out; have what nobody took sent again; tell other tools what happened.",
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
    """Send what was given up again, now, but no order; the worker goes on with what is not taken."""
    room = post.post_room(repository_root(None, repo))
    if message is not None and not room.outbox.entries(message=message):
        raise NotFound(f"there is no message {message}", hint="care outbox list --state dead shows them")
    woken = room.outbox.retry(now=wiring.now(), message=message)
    if not woken:
        say("nothing was given up", "good")
        return
    done = deliver_messages(room)
    lost = done.put_off + done.dead
    say(f"{done.sent} taken, {done.put_off} to be tried again, {done.dead} refused", "bad" if lost else "good")
    raise typer.Exit(int(lost > 0))


_ANNOUNCE = """
Examples:  care outbox announce --dry-run  ·  care outbox announce --since 2026-03-31 --dry-run --format json

Tools that care.yaml lists under notify (Grafana, MLflow, Airflow, GitHub, GitLab, Jira) are told by the worker within
seconds. This tells them now, or of the past: what a tool was told once is not told again. A dry run needs no keys.
Exit codes:  0 told, or nothing to tell  ·  1 something was not taken  ·  2 no such day
"""


@app.command(epilog=_ANNOUNCE)
def announce(
    since: Annotated[
        str | None, typer.Option("--since", metavar="DATE|INSTANT", help="Also of the past, from then on.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be sent; send nothing.")] = False,
    repo: RepoOnlyOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Tell other tools of alarms, rollbacks, safe states, decisions of the gate and wishes to retrain."""
    root = repository_root(None, repo)
    told = post.subscriptions(root, keyless=dry_run)
    found = _announced(root, told, since=_since(root, since), dry_run=dry_run)
    if output_format is Format.JSON:
        print_json(announced_json(found, dry_run=dry_run))
    else:
        for style, line in announced_lines(found, tools=sorted(told), dry_run=dry_run):
            say(line, style)
    if dry_run or not found:
        return
    done = deliver_messages(post.post_room(root))
    say(f"{done.sent} taken, {done.put_off} to be tried again, {done.dead} refused", "bad" if done.dead else "good")
    raise typer.Exit(int(done.put_off + done.dead > 0))


def _announced(
    root: Path, told: Mapping[str, Subscription], *, since: datetime | None, dry_run: bool
) -> Sequence[Announced]:
    ledger = wiring.ledger_to_read(root)
    if ledger is None:
        return ()
    box = post.outbox(root)
    with closing(ledger):
        if since is None:
            return preview_new(ledger, box, told) if dry_run else announce_new(ledger, box, told)
        if dry_run:
            return preview_since(ledger, told, since=since)
        return announce_since(ledger, box, told, since=since)


def _since(root: Path, text: str | None) -> datetime | None:
    """A day begins at midnight in the time zone of care.yaml. Raises `UsageError` for a text that is neither."""
    if text is None:
        return None
    try:
        if len(text) == len("2026-03-31"):
            return datetime.combine(date.fromisoformat(text), time(), zone_of(wiring.organisation_of(root)))
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"--since {text} is no day and no instant", hint="write it like 2026-03-31") from error
    if found.tzinfo is None:
        raise UsageError(f"--since {text} says no time zone", hint="end it with Z or an offset")
    return found
