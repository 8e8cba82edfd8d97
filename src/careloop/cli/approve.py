"""`care approve`: sign a request for a release."""

from typing import Annotated

import typer

from careloop import __version__, wiring
from careloop.cli.release_arguments import AsOption, KeyOption, RepoOnlyOption
from careloop.cli.terminal import Format, FormatOption, a_command, print_json, repository_root, say
from careloop.domain.approval import RELEASE
from careloop.errors import UsageError
from careloop.ports.approval_keys import ApprovalKeys
from careloop.reports.risk_report import approval_json, approval_line
from careloop.workflows.run.approve_request import approve_request
from careloop.workflows.run.approve_treatment import TreatmentAsk, approve_treatment
from careloop.workflows.run.give_approval import ApprovalAsk, Approved
from careloop.workflows.run.reject_release import Rejected, RejectionAsk, reject_release
from careloop.workflows.run.release_desk import ReleaseDesk

__all__ = ["app", "approve"]

app = a_command()

_EPILOG = """
Examples:  care approve sha256:4be1… --reason "Gap within tolerance, rollback drilled"  ·
care approve 4be1c9d07a52 --as marta-kowalska --key ~/.ssh/id_ed25519 --reason "Validated, conditions met"  ·
care approve 4be1c9d07a52 --reject --reason "The test set holds no applicants under 25"  ·
care approve --treatment credit-drift --reason "Until early labels arrive"  ·
care approve --treatment plan --reason "Plan of the autumn review"

The key must be listed for you in the committed roles.yaml. You cannot approve what you asked for, wrote or committed.
A risk is approved by designated management: the post of that level in risk/criteria.yaml, or `approves_risk_up_to`.
Exit codes:  0 recorded  ·  1 refused  ·  2 something cannot be read
"""


@app.command(epilog=_EPILOG)
def approve(
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; recorded with your name.")],
    request: Annotated[
        str | None, typer.Argument(metavar="[REQUEST]", help="Digest that `care gate` printed, or its start.")
    ] = None,
    treatment: Annotated[
        str | None,
        typer.Option(metavar="RISK|plan", help="Approve what is left of a risk now, or the whole treatment plan."),
    ] = None,
    person: AsOption = None,
    reject: Annotated[bool, typer.Option("--reject", help="Say no: the gate stays closed on these grounds.")] = False,
    key: KeyOption = None,
    repo: RepoOnlyOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Approve or reject a release, or approve a treatment, with your SSH signature, as it stands now."""
    if (request is None) == (treatment is None) or (reject and request is None):
        raise UsageError("give either a REQUEST or --treatment", hint="`care gate` and `care risk` print both")
    root = repository_root(None, repo)
    with wiring.release_desk(root, {}) as desk:
        keys = wiring.approval_keys(root, key)
        if request is None:
            _approve_treatment(TreatmentAsk(str(treatment), reason, person), desk, keys, output_format)
            return
        if reject:
            _show_rejection(
                reject_release(RejectionAsk(request, reason, person), desk, keys, wiring.now()), output_format
            )
            return
        made = approve_request(ApprovalAsk(request, reason, person), desk, keys, wiring.now())
    _show(made, output_format)


def _show(made: Approved, output_format: Format) -> None:
    if output_format is Format.JSON:
        print_json(
            {
                "schema": "careloop/approval/v1",
                "careloop_version": __version__,
                "request": made.asked.digest,
                "action": made.asked.request.action,
                "system": made.asked.system,
                "lock": made.asked.request.lock,
                "environment": made.asked.request.environment,
                "person": made.person,
                "post": made.post,
                "key": made.key,
                "given": made.given,
                "required": made.required,
            }
        )
        return
    say(f"approved by {made.person} for {made.post}, signed with {made.key}", "good")
    left = max(0, made.required - made.given)
    if left:
        say(f"{made.given} of {made.required} approvals: {left} more by people of other posts", "summary")
    elif made.asked.request.action != RELEASE:
        say(f"{made.asked.version} is granted", "good")
    else:
        lock, environment = made.asked.request.lock, made.asked.request.environment
        say(f"next: care release record {lock} --environment {environment}", "summary")


def _approve_treatment(ask: TreatmentAsk, desk: ReleaseDesk, keys: ApprovalKeys, output_format: Format) -> None:
    made = approve_treatment(ask, desk, keys, wiring.now())
    if output_format is Format.JSON:
        print_json(approval_json(made.approval, made.level, key=made.key, commit=made.commit))
    else:
        say(approval_line(made.approval, made.level, key=made.key), "good")


def _show_rejection(made: Rejected, output_format: Format) -> None:
    if output_format is Format.JSON:
        shown = {
            "schema": "careloop/rejection/v1",
            "careloop_version": __version__,
            "request": made.asked.digest,
            "system": made.asked.system,
            "person": made.person,
            "key": made.key,
        }
        print_json(shown)
        return
    say(f"rejected by {made.person}, signed with {made.key}", "warn")
    say("next: change what was objected to, then ask the gate again", "summary")
