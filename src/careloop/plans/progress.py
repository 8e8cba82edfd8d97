"""How far a plan has come, and which step is next; a function of the steps' outcomes alone.

A rollback that is refused, or does not show itself, goes on with the plan's `otherwise`. Steps that speak of a
containment (its page, its verification) wait for it and fall away when it failed; a containment that did not happen
always ends in a page of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum

from careloop.domain.plan_steps import (
    CONTAINING,
    EnterSafeState,
    HoldEvidence,
    Notify,
    OpenIncident,
    Plan,
    RequestRetrain,
    RollBack,
    Step,
    Urgency,
    VerifyRollback,
)

__all__ = ["StepOutcome", "emergency_of", "is_over", "next_step"]

_ALWAYS = (HoldEvidence, OpenIncident, RequestRetrain)
"""Steps that say nothing about a containment and are taken whatever became of it."""


class StepOutcome(StrEnum):
    """How a step went."""

    DONE = "done"
    FAILED = "failed"
    WAITING = "waiting"
    """Not yet: out of reach, or too early to say. It is tried again in the next run and is no record."""


def next_step(plan: Plan, outcomes: Mapping[str, StepOutcome]) -> tuple[str, Step] | None:
    """The next step to take and its place, such as `steps/2`; None when nothing can be done now.

    `outcomes` maps places to how they went, including what is waiting in this run.
    """
    return next(((place, step) for place, step in _agenda(plan, outcomes) if place not in outcomes), None)


def emergency_of(place: str) -> str:
    """The place of the page that is sent when a containing step at `place` does not contain."""
    return f"emergency/{place}"


def is_over(plan: Plan, outcomes: Mapping[str, StepOutcome]) -> bool:
    """Whether nothing is left to do, now or later."""
    settled = {place: outcome for place, outcome in outcomes.items() if outcome is not StepOutcome.WAITING}
    return next_step(plan, settled) is None


def _agenda(plan: Plan, outcomes: Mapping[str, StepOutcome]) -> Iterator[tuple[str, Step]]:
    main = [(f"steps/{at}", step) for at, step in enumerate(plan.steps, start=1)]
    failed = _failed_rollback(main, outcomes)
    if failed is None:
        yield from _in_order(plan, main, outcomes)
        return
    yield from _in_order(plan, main[: failed + 1], outcomes)
    yield from _in_order(plan, [(f"otherwise/{at}", step) for at, step in enumerate(plan.otherwise, start=1)], outcomes)
    yield from ((place, step) for place, step in main[failed + 1 :] if isinstance(step, _ALWAYS))


def _failed_rollback(main: list[tuple[str, Step]], outcomes: Mapping[str, StepOutcome]) -> int | None:
    return next(
        (
            at
            for at, (place, step) in enumerate(main)
            if isinstance(step, RollBack | VerifyRollback) and outcomes.get(place) is StepOutcome.FAILED
        ),
        None,
    )


def _in_order(
    plan: Plan, steps: list[tuple[str, Step]], outcomes: Mapping[str, StepOutcome]
) -> Iterator[tuple[str, Step]]:
    contained = StepOutcome.DONE
    for place, step in steps:
        if contained is not StepOutcome.DONE and not isinstance(step, _ALWAYS):
            continue
        yield place, step
        if isinstance(step, CONTAINING):
            contained = outcomes.get(place, StepOutcome.DONE)
            last_resort = isinstance(step, EnterSafeState) or not plan.otherwise or contained is StepOutcome.WAITING
            if contained is not StepOutcome.DONE and last_resort:
                yield emergency_of(place), _emergency(plan, contained)


def _emergency(plan: Plan, outcome: StepOutcome) -> Notify:
    why = "the deployer is out of reach" if outcome is StepOutcome.WAITING else "the deployer refused"
    text = f"{plan.system} in {plan.environment} is not contained: {why}. Somebody must act now ({plan.because})"
    return Notify(urgency=Urgency.PAGE, severity="sev1", text=text)
