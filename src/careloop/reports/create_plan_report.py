"""The thirty days of Create as JSON for machines and as lines for people (CONTRACTS, JSON)."""

from collections.abc import Iterator
from typing import Any

from careloop import __version__
from careloop.domain.create_plan import CreateItemState, CreatePlan, CreatePlanResult
from careloop.reports.gap_words import shortened

__all__ = ["create_plan_json", "create_plan_lines"]

_MOST = 2
"""Open sentences and next steps that are shown of one item; --format json has all."""


def create_plan_json(result: CreatePlanResult) -> dict[str, Any]:
    """The whole answer."""
    plan = result.plan
    return {
        "schema": "careloop/create-plan/v1",
        "careloop_version": __version__,
        "standards_digest": result.standards_digest,
        "commit": result.commit,
        "dirty": result.dirty,
        "on": plan.on.isoformat(),
        "start": plan.start.isoformat(),
        "start_from": plan.start_from,
        "end": plan.end.isoformat(),
        "day": plan.day,
        "days": plan.days,
        "done": plan.done,
        "items": [_item(item) for item in plan.items],
        "overdue": [item.id for item in plan.overdue],
        "errors": list(result.unread),
    }


def _item(item: CreateItemState) -> dict[str, Any]:
    return {
        "id": item.id,
        "title": item.title,
        "done": item.done,
        "day": item.day,
        "due": item.due.isoformat(),
        "overdue": item.overdue,
        "open": list(item.open),
        "because": list(item.because),
        "remedies": list(item.remedies),
    }


def create_plan_lines(result: CreatePlanResult) -> Iterator[tuple[str, str]]:
    """Lines to print, each with a style."""
    plan = result.plan
    yield "summary", _counter(plan)
    yield "grey", f"from {plan.start} (by {plan.start_from}) to {plan.end}; thirty days: {plan.source}"
    yield "", ""
    for item in plan.items:
        state = "done" if item.done else "overdue" if item.overdue else "open"
        style = {"done": "good", "overdue": "bad", "open": "warn"}[state]
        yield style, f"  {state:<8} day {item.day:>2}  {item.due}  {item.title}"
        yield from (("grey", f"      not yet: {shortened(sentence, 110)}") for sentence in item.open[:_MOST])
        if len(item.open) > _MOST:
            yield "grey", f"      and {len(item.open) - _MOST} more"
        yield from (("", f"      next: {remedy}") for remedy in item.remedies[:_MOST])
    yield "", ""
    late = plan.overdue
    names = ", ".join(item.title for item in late)
    yield ("bad", f"overdue: {len(late)} ({names})") if late else ("good", "overdue: none")


def _counter(plan: CreatePlan) -> str:
    count = f"{plan.done} of {len(plan.items)} done"
    if plan.done == len(plan.items):
        return f"Create is shipped: {count}; `care scorecard` says in how many days (M24)"
    if plan.day < 1:
        return f"Create begins on {plan.start}; {count}"
    if plan.day > plan.days:
        return f"Create: day {plan.day}, {plan.day - plan.days} past the {plan.days}; {count}"
    return f"Create: day {plan.day}/{plan.days}; {count}"
