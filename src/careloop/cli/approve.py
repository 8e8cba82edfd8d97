"""`care approve`: sign a request for a release, or what is left of a risk."""

from typing import Annotated

import typer

from careloop import __version__, wiring
from careloop.cli.release_arguments import AsOption, KeyOption, RepoOnlyOption
from careloop.cli.terminal import Format, FormatOption, a_command, print_json, repository_root, say
from careloop.errors import UsageError
from careloop.reports.risk_report import approval_json, approval_line
from careloop.workflows.run.approve_release import ApprovalAsk, Approved, approve_release
from careloop.workflows.run.approve_treatment import TreatmentAsk, approve_treatment

__all__ = ["app", "approve"]

app = a_command()

_EPILOG = """
Examples:  care approve sha256:4be1… --reason "Gap within tolerance, rollback drilled"  ·
care approve 4be1c9d07a52 --as marta-kowalska --key ~/.ssh/id_ed25519 --reason "Validated, conditions met"  ·
care approve --treatment credit-drift --reason "Until early labels arrive"  ·
care approve --treatment plan --reason "Plan of the autumn review"

The key must be listed for you in the committed roles.yaml. You cannot approve what you asked for, wrote or committed.
A risk is approved by designated management: the post of that level in risk/criteria.yaml, or `approves_risk_up_to`.
Exit codes:  0 recorded  ·  1 refused  ·  2 something cannot be read
"""


@app.command(epilog=_EPILOG)
def approve(
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why you approve; recorded with your name.")],
    request: Annotated[
        str | None, typer.Argument(metavar="[REQUEST]", help="Digest that `care gate` printed, or its start.")
    ] = None,
    treatment: Annotated[
        str | None,
        typer.Option(metavar="RISK|plan", help="Approve what is left of a risk now, or the whole treatment plan."),
    ] = None,
    person: AsOption = None,
    key: KeyOption = None,
    repo: RepoOnlyOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Approve a release, or a treatment, with your SSH signature, after checking what it stands on now."""
    if (request is None) == (treatment is None):
        raise UsageError("give either a REQUEST or --treatment", hint="`care gate` and `care risk` print both")
    root = repository_root(None, repo)
    with wiring.release_desk(root, {}) as desk:
        keys, now = wiring.approval_keys(root, key), wiring.now()
        if treatment is not None:
            signed = approve_treatment(TreatmentAsk(treatment, reason, person), desk, keys, now)
            if output_format is Format.JSON:
                print_json(approval_json(signed.approval, signed.level, key=signed.key, commit=signed.commit))
            else:
                say(approval_line(signed.approval, signed.level, key=signed.key), "good")
            return
        made = approve_release(ApprovalAsk(str(request), reason, person), desk, keys, now)
    _show(made, output_format)


def _show(made: Approved, output_format: Format) -> None:
    if output_format is Format.JSON:
        print_json(
            {
                "schema": "careloop/approval/v1",
                "careloop_version": __version__,
                "request": made.asked.digest,
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
    else:
        lock, environment = made.asked.request.lock, made.asked.request.environment
        say(f"next: care release record {lock} --environment {environment}", "summary")
