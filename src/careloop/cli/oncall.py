"""`care oncall`: take the authority of a post for some hours, and see who has it."""

from datetime import timedelta
from typing import Annotated

import typer

from careloop import __version__, wiring
from careloop.cli.release_arguments import AsOption, KeyOption, RepoOnlyOption
from careloop.cli.terminal import Format, FormatOption, a_command, print_json, repository_root, say
from careloop.domain.noun import seconds_in
from careloop.errors import UsageError
from careloop.reports.emergency_report import emergency_json, emergency_lines
from careloop.workflows.emergencies import calls_in_force
from careloop.workflows.run.take_call import CallAsk, take_call

__all__ = ["app", "show", "take"]

app = a_command()

_EPILOG = """
Examples:  care oncall take platform-operations --for PT4H --reason "Marek is on a train"  ·
care oncall take model-risk --authority restore --for PT2H --reason "Refusals are back to normal"  ·  care oncall show

Who may take what, and for how long, stands under `on_call` in the committed roles.yaml. Somebody else reviews it the
next day; until that was done in time, releases wait.
Exit codes:  0 recorded  ·  1 refused  ·  2 something cannot be read
"""


@app.callback(epilog=_EPILOG)
def _oncall() -> None:
    """Use the authority of a post while on call: for hours, signed, and reviewed the next day."""


@app.command()
def take(
    post: Annotated[str, typer.Argument(metavar="POST", help="Whose authority.")],
    span: Annotated[str, typer.Option("--for", metavar="DURATION", help="How long: PT4H, PT30M.")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; recorded with your name.")],
    authority: Annotated[
        list[str] | None, typer.Option("--authority", metavar="NAME", help="Only this one; repeat.")
    ] = None,
    person: AsOption = None,
    key: KeyOption = None,
    repo: RepoOnlyOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Take authority for some hours."""
    try:
        seconds = seconds_in(span)
    except (ValueError, KeyError) as error:
        raise UsageError(f"--for {span} is no duration", hint="write it like PT4H or PT30M") from error
    root = repository_root(None, repo)
    ask = CallAsk(
        post=post,
        span=timedelta(seconds=seconds),
        reason=reason,
        authorities=tuple(authority or ()),
        person=person,
    )
    with wiring.release_desk(root, {}) as desk:
        taken = take_call(ask, desk, wiring.approval_keys(root, key), wiring.now())
    if output_format is Format.JSON:
        print_json(emergency_json(taken.call, review=taken.review, paged=None))
        return
    for style, line in emergency_lines(taken.call, review=taken.review, paged=None):
        say(line, style)


@app.command()
def show(repo: RepoOnlyOption = None, output_format: FormatOption = Format.TEXT) -> None:
    """Show who has taken which authority now."""
    root = repository_root(None, repo)
    with wiring.release_desk(root, {}, read_only=True) as desk:
        calls = calls_in_force(desk.ledger, wiring.now())
    if output_format is Format.JSON:
        rows = [{"person": one.person, "post": one.post, "authorities": sorted(one.authorities)} for one in calls]
        print_json({"schema": "careloop/oncall/v1", "careloop_version": __version__, "calls": rows})
        return
    for one in calls:
        say(f"{one.person} has {', '.join(sorted(one.authorities))} of {one.post}", "warn")
    if not calls:
        say("nobody has taken authority on call", "good")
