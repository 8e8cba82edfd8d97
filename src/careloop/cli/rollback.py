"""`care rollback`: a person lets another release, or the safe state, take over."""

from __future__ import annotations

from contextlib import closing
from typing import Annotated

import typer

from careloop import __version__, wiring
from careloop.cli.release_arguments import AsOption, EnvironmentOption, KeyOption, RepoOnlyOption
from careloop.cli.terminal import Format, FormatOption, a_command, print_json, repository_root, say
from careloop.domain.plan_steps import Plan
from careloop.errors import UsageError
from careloop.plans.explain import explain_step
from careloop.plans.orders import Order
from careloop.plans.progress import StepOutcome
from careloop.ports.ledger import Ledger
from careloop.reports.alarm_report import plan_json, plan_lines
from careloop.workflows.run.enter_safe_state import Place, plan_rollback, plan_safe_state, plan_undo
from careloop.workflows.run.execute_plan import Executed, execute_plan
from careloop.workflows.run.release_desk import Governance, read_governance
from careloop.workflows.run.restore_order import restore_in, use_restore_grant
from careloop.workflows.run.signed_order import OrderAsk, SignedOrder, sign_order
from careloop.workflows.run.watch_desk import hands_of

__all__ = ["app", "rollback"]

app = a_command()

_EPILOG = """
Examples:  care rollback credit-decision --to sha256:4be1… --reason "Refusals doubled"  ·
care rollback credit-decision --safe-state --reason "Wrong answers"  ·  care rollback credit-decision --undo --dry-run

It takes a signature by somebody whose post may roll back, kill or restore. Letting go of a containment (--undo, or any
release after a safe state) takes the right to restore and, from tier high on, two people: care request restore SYSTEM.
Exit codes:  0 done  ·  1 refused  ·  2 something cannot be read
"""
_STYLES = {StepOutcome.DONE: "good", StepOutcome.WAITING: "warn", StepOutcome.FAILED: "bad"}


@app.command(epilog=_EPILOG)
def rollback(
    system: Annotated[str, typer.Argument(metavar="SYSTEM", help="Id of the system.")],
    to: Annotated[
        str | None, typer.Option("--to", metavar="LOCK", help="Lock digest of a release with standing.")
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Back to what answered before the last switch.")] = False,
    safe_state: Annotated[bool, typer.Option("--safe-state", help="Into the declared safe state.")] = False,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; recorded with your name.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan; sign, record and do nothing.")] = False,
    environment: EnvironmentOption = "production",
    person: AsOption = None,
    key: KeyOption = None,
    repo: RepoOnlyOption = None,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Let another release with standing take over, go back, or enter the safe state; the plan is the same as shown."""
    if sum((to is not None, undo, safe_state)) != 1:
        raise UsageError("say what is to take over", hint="give one of --to LOCK, --undo, --safe-state")
    root, now, place = repository_root(None, repo), wiring.now(), Place(system=system, environment=environment)
    action = "undo" if undo else "safe_state" if safe_state else "rollback"
    with wiring.release_desk(root, {}) as desk, closing(wiring.lake(root)) as lake:
        governance = read_governance(desk, now)
        if dry_run:
            order = Order(id=wiring.new_id(now), by=person or "you", reason=reason or "a dry run")
            _show(_planned(desk.ledger, governance, place, order, to=to, action=action), None, output_format)
            return
        about = {"to": to} if to is not None else {}
        ask = OrderAsk(action=action, reason=reason, system=system, environment=environment, about=about, person=person)
        signed = sign_order(ask, desk, wiring.approval_keys(root, key), now)
        plan = _planned(desk.ledger, governance, place, _order(signed), to=to, action=action)
        restore = restore_in(plan, undo=undo)
        if restore is not None:
            use_restore_grant(restore, signed, governance, desk.ledger, now)
        hands = hands_of(wiring.watch_desk(root, desk.ledger, lake), place, now=now, actor=signed.actor)
        executed = execute_plan(plan, hands=hands, now=now, proof=signed.proof)
    _show(plan, executed, output_format)
    raise typer.Exit(int(any(done.outcome is StepOutcome.FAILED for done in executed.done)))


def _order(signed: SignedOrder) -> Order:
    return Order(id=signed.id, by=signed.person, reason=signed.reason, proof=signed.proof)


def _planned(
    ledger: Ledger, governance: Governance, place: Place, order: Order, *, to: str | None, action: str
) -> Plan:
    if to is not None:
        return plan_rollback(ledger, place, order, to=to, now=governance.now)
    if action == "undo":
        return plan_undo(ledger, place, order, now=governance.now)
    declared = governance.system(place.system).safe_state
    return plan_safe_state(ledger, place, order, declared=None if declared is None else declared.kind)


def _show(plan: Plan, executed: Executed | None, output_format: Format) -> None:
    if output_format is Format.JSON:
        done = None
        if executed is not None:
            done = [
                {"place": each.place, "outcome": each.outcome.value, "detail": each.detail} for each in executed.done
            ]
        shown = {"schema": "careloop/rollback/v1", "careloop_version": __version__, **plan_json(plan), "done": done}
        print_json(shown)
        return
    if executed is None:
        for style, line in plan_lines(plan):
            say(line, style)
        return
    say(plan.because, "summary")
    for each in executed.done:
        say(f"  {each.outcome.value:<7} {explain_step(each.step)} ({each.detail})", _STYLES[each.outcome])
    if not executed.over:
        say(f"next: care monitor run {plan.system} verifies it by the served traffic", "summary")
