"""`care automation`: let automation do nothing but page, and act again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from careloop import __version__, wiring
from careloop.cli.release_arguments import AsOption, KeyOption, RepoOnlyOption
from careloop.cli.terminal import Format, FormatOption, print_json, repository_root, say
from careloop.errors import UsageError
from careloop.ports.ledger import Receipt
from careloop.workflows.run.pause_automation import pause_automation, resume_automation
from careloop.workflows.run.signed_order import OrderAsk, SignedOrder, sign_order

__all__ = ["app", "pause", "resume"]

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    help="Pause automatic rollback and safe state, or resume them; alarms go on and page.",
)

SystemOption = Annotated[
    str | None, typer.Argument(metavar="[SYSTEM]", help="Id of the system; without it, all systems.")
]
ReasonOption = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; recorded with your name.")]
_EPILOG = """
Examples:  care automation pause credit-decision --until 2026-12-01T08:00:00Z --reason "Migration of the gateway"  ·
care automation resume credit-decision --reason "Migration done"

Exit codes:  0 recorded  ·  1 refused  ·  2 something cannot be read
"""


@app.command(epilog=_EPILOG)
def pause(
    reason: ReasonOption,
    system: SystemOption = None,
    until: Annotated[
        str | None, typer.Option(metavar="INSTANT", help="When it ends by itself; else somebody must resume it.")
    ] = None,
    person: AsOption = None,
    key: KeyOption = None,
    repo: RepoOnlyOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """From now on alarms only page: nothing is rolled back or switched off by itself."""
    now, end = wiring.now(), _instant(until)
    about = {} if until is None else {"until": until}
    ask = OrderAsk(action="pause", reason=reason, system=system, about=about, person=person)
    with wiring.release_desk(repository_root(None, repo), {}) as desk:
        order = sign_order(ask, desk, wiring.approval_keys(repository_root(None, repo), key), now)
        receipt = pause_automation(desk.ledger, order, system=system, now=now, until=end)
    _show("paused", order, receipt, system, output_format)


@app.command(epilog=_EPILOG)
def resume(
    reason: ReasonOption,
    system: SystemOption = None,
    person: AsOption = None,
    key: KeyOption = None,
    repo: RepoOnlyOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """From now on automation acts again, where it has earned it."""
    now = wiring.now()
    ask = OrderAsk(action="resume", reason=reason, system=system, person=person)
    with wiring.release_desk(repository_root(None, repo), {}) as desk:
        order = sign_order(ask, desk, wiring.approval_keys(repository_root(None, repo), key), now)
        receipt = resume_automation(desk.ledger, order, system=system, now=now)
    _show("resumed", order, receipt, system, output_format)


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"--until {text} is no instant", hint="write it like 2026-12-01T08:00:00Z") from error
    if found.tzinfo is None:
        raise UsageError(f"--until {text} says no time zone", hint="end it with Z or an offset")
    return found.astimezone(UTC)


def _show(what: str, order: SignedOrder, receipt: Receipt, system: str | None, output_format: Format) -> None:
    if output_format is Format.JSON:
        shown = {
            "schema": "careloop/automation/v1",
            "careloop_version": __version__,
            "automation": what,
            "system": system,
            "person": order.person,
            "index": receipt.index,
        }
        print_json(shown)
        return
    whose = "all systems" if system is None else system
    say(f"automation of {whose} is {what} by {order.person}: {order.reason} (ledger entry {receipt.index})", "summary")
