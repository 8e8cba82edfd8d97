"""`care request`: ask for what loosens, see what waits for people, end what was granted."""

from pathlib import Path
from typing import Annotated, Any

import typer

from careloop import __version__, wiring
from careloop.cli.release_arguments import AsOption, KeyOption, RepoOnlyOption
from careloop.cli.terminal import Format, FormatOption, a_command, print_json, repository_root, say
from careloop.domain.approval import RequestState
from careloop.domain.matter import MatterKind
from careloop.web.answers import request_json
from careloop.workflows.run.approve_matter import EndAsk, end_matter
from careloop.workflows.run.ask_matter import MatterAsk, MatterAsked, ask_matter
from careloop.workflows.run.view_requests import RequestView, view_request, view_requests

__all__ = ["app", "end", "envelope", "legal_bar", "list_", "restore", "review", "show", "waiver"]

_EPILOG = """
Examples:  care request waiver late-card  ·  care request envelope credit-decision/nightly  ·
care request legal-bar credit-decision/impact_ratio  ·  care request restore credit-decision --environment production  ·
care request review 01a2…  ·  care request list --all  ·
care request end envelope/credit-decision/nightly --reason "Drift of the inputs"

Whatever loosens waits for people: one, or two of distinct posts where a system of tier high or above is concerned. They
sign with `care approve REQUEST`. Ending what was granted takes effect at once and needs one.
Exit codes:  0 done  ·  1 refused  ·  2 something cannot be read  ·  3 it waits for people
"""

app = a_command()

RequesterOption = Annotated[
    str | None, typer.Option("--requester", metavar="PERSON", help="Who asks; else as git says.")
]
EnvironmentOption = Annotated[str, typer.Option("--environment", metavar="NAME", help="Where.")]


@app.callback(epilog=_EPILOG)
def _request() -> None:
    """Ask people for a waiver, an envelope, a legal bar, a restore or a review; see what waits; end what was given."""


@app.command()
def waiver(
    name: Annotated[str, typer.Argument(metavar="WAIVER", help="Id of a committed waivers/*.yaml.")],
    requester: RequesterOption = None,
    repo: RepoOnlyOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Ask that a waiver count at the gate; what it says of its own approval counts for nothing there."""
    _ask(MatterKind.WAIVER, name, requester, repo, output_format)


@app.command()
def envelope(
    name: Annotated[str, typer.Argument(metavar="[SYSTEM/]ENVELOPE", help="A committed systems/*/envelopes/*.yaml.")],
    requester: RequesterOption = None,
    repo: RepoOnlyOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Ask two people to grant a change envelope: releases inside it then pass on the gate's word alone."""
    _ask(MatterKind.ENVELOPE, name, requester, repo, output_format)


@app.command(name="legal-bar")
def legal_bar(
    name: Annotated[str, typer.Argument(metavar="SYSTEM/MEASURE", help="With `not_assessable` in system.yaml.")],
    requester: RequesterOption = None,
    repo: RepoOnlyOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Ask people to let releases come without a measure that the law bars, while a control compensates."""
    _ask(MatterKind.LEGAL_BAR, name, requester, repo, output_format)


@app.command()
def restore(
    system: Annotated[str, typer.Argument(metavar="SYSTEM", help="Id of a system that was contained.")],
    to: Annotated[
        str | None, typer.Option("--to", metavar="LOCK", help="Release that answers again; else the one before.")
    ] = None,
    environment: EnvironmentOption = "production",
    requester: RequesterOption = None,
    repo: RepoOnlyOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Ask that a release may answer again after a containment; `care rollback` then uses the grant up."""
    _ask(MatterKind.RESTORE, f"{system}:{environment}:{to or ''}", requester, repo, output_format)


@app.command()
def review(
    record: Annotated[str, typer.Argument(metavar="RECORD", help="Id of the emergency's ledger record.")],
    requester: RequesterOption = None,
    repo: RepoOnlyOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Ask anew for the review of an emergency or of authority on call, when the first request has run out."""
    _ask(MatterKind.REVIEW, record, requester, repo, output_format)


def _ask(kind: MatterKind, name: str, requester: str | None, repo: Path | None, output_format: Format) -> None:
    root = repository_root(None, repo)
    author = wiring.workspace(root).author()
    ask = MatterAsk(kind=kind, id=name, requester=requester or (author.mail if author else None))
    with wiring.release_desk(root, {}) as desk:
        made = ask_matter(ask, desk, wiring.now())
        view = view_request(desk, made.asked.digest, wiring.now())
    _show_asked(made, view, output_format)
    raise typer.Exit(3)


def _show_asked(made: MatterAsked, view: RequestView, output_format: Format) -> None:
    if output_format is Format.JSON:
        print_json(_headed("request", **request_json(view)))
        return
    say(f"wait   {made.case.matter.asks}", "warn")
    say(f"       {view.count.given} of {view.required} approvals, tier {made.case.matter.tier.value}", "detail")
    say(f"next: care approve {made.asked.digest} --reason TEXT", "summary")


@app.command(name="list")
def list_(
    everything: Annotated[bool, typer.Option("--all", help="Also those that are closed.")] = False,
    repo: RepoOnlyOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """List what waits for people: releases, waivers, envelopes, legal bars, restores and reviews, newest first."""
    root = repository_root(None, repo)
    states = tuple(RequestState) if everything else (RequestState.OPEN,)
    with wiring.release_desk(root, {}, read_only=True) as desk:
        views = view_requests(desk, wiring.now(), states=states)
    if output_format is Format.JSON:
        print_json(_headed("requests", requests=[request_json(one) for one in views]))
        return
    for one in views:
        asked = one.asked
        about = one.asks or f"release {asked.version} of {asked.system} into {asked.request.environment}"
        line = f"{one.state.value:<8} {asked.request.action:<8} {asked.digest[7:19]}  {about}"
        say(line, _STYLES.get(one.state, "grey"))
        say(f"         {one.count.given} of {one.required}, asked by {asked.request.requester}", "detail")
    if not views:
        say("nothing waits for people", "good")


_STYLES = {RequestState.OPEN: "warn", RequestState.USED: "good", RequestState.REJECTED: "bad"}


@app.command()
def show(
    request: Annotated[str, typer.Argument(metavar="REQUEST", help="Digest, or its start.")],
    repo: RepoOnlyOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Show one request: what would be agreed to, field by field, who agreed, and whose approval does not count."""
    root = repository_root(None, repo)
    with wiring.release_desk(root, {}, read_only=True) as desk:
        view = view_request(desk, request, wiring.now())
    if output_format is Format.JSON:
        print_json(_headed("request", **request_json(view)))
        return
    say(f"{view.state.value}   {view.asks or view.title}", _STYLES.get(view.state, "grey"))
    if view.condition.because:
        say(f"  {view.condition.because}", "detail")
    for name, value in view.material:
        say(f"  {name}: {value}", "detail")
    for one in view.count.counted:
        say(f"  approved by {one.approval.person} for {one.post}: {one.approval.reason}", "good")
    for refusal in view.count.refused:
        say(f"  does not count: {refusal.message}", "warn")
    say(f"{view.count.given} of {view.required} approvals", "summary")


@app.command()
def end(
    name: Annotated[
        str, typer.Argument(metavar="MATTER", help="waiver/ID, envelope/SYSTEM/ID, legal-bar/SYSTEM/MEASURE.")
    ],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; recorded with your name.")],
    person: AsOption = None,
    key: KeyOption = None,
    repo: RepoOnlyOption = None,
) -> None:
    """End what was granted, at once and with your signature; granting it anew takes a new request."""
    root = repository_root(None, repo)
    with wiring.release_desk(root, {}) as desk:
        ask = EndAsk(name=name, reason=reason, person=person)
        gone = end_matter(ask, desk, wiring.approval_keys(root, key), wiring.now())
    say(f"{gone.name} counts no more: {gone.ended_because}", "warn")


def _headed(name: str, **body: Any) -> dict[str, Any]:
    return {"schema": f"careloop/{name}/v1", "careloop_version": __version__, **body}
