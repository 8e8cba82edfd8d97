"""One of the two interpreters of a plan: says in words what the other would do. Nothing is done here."""

from __future__ import annotations

from typing import assert_never

from careloop.domain.plan_steps import (
    EnterSafeState,
    HoldEvidence,
    Notify,
    OpenIncident,
    Plan,
    RequestRetrain,
    RollBack,
    Step,
    VerifyRollback,
)

__all__ = ["explain_plan", "explain_step"]


def explain_plan(plan: Plan) -> tuple[str, ...]:
    """The plan in sentences: the decision, its ground, each step in order, and what follows if they fail."""
    lines = [f"{plan.kind.value.replace('_', ' ')} of {plan.system} in {plan.environment}, because {plan.because}"]
    if plan.attribution is not None and plan.attribution.ground is not None:
        ground = plan.attribution.ground.value.replace("_", " ")
        lines.append(f"attributed by {ground}, {plan.attribution.n} rows: {plan.attribution.verdict.value}")
    lines += [f"{place}. {explain_step(step)}" for place, step in enumerate(plan.steps, start=1)]
    if plan.otherwise:
        lines.append("if the rollback is refused or does not show itself:")
        lines += [f"   {place}. {explain_step(step)}" for place, step in enumerate(plan.otherwise, start=1)]
    return tuple(lines)


def explain_step(step: Step) -> str:
    """One step in one sentence."""
    match step:
        case HoldEvidence():
            return f"hold {', '.join(step.items)}, beside the rest"
        case RollBack():
            return f"let {step.to} take over, once its artefacts match its lock"
        case EnterSafeState():
            return f"enter the safe state '{step.state.value}'"
        case Notify():
            return f"{step.urgency.value} ({step.severity}): {step.text}"
        case OpenIncident():
            return f"open an incident of severity {step.severity}"
        case RequestRetrain():
            rows = step.rows
            group = f" of {rows.by} {rows.group}" if rows.by and rows.group else ""
            return f"request a retrain with {rows.n} rows{group}, counts sha256:{rows.digest[:12]}"
        case VerifyRollback():
            share = f"at least {step.share:.0%} of {step.least_n} or more served events carry {step.to[:19]}"
            metric = ""
            if step.claim is not None:
                days = step.recover_within_s / 86_400
                metric = f", and within {days:g} days that {step.claim.monitor} is within {step.claim.limit:g}"
            return f"verify within {step.within_s / 3600:g} h that {share}{metric}"
        case _:
            assert_never(step)
