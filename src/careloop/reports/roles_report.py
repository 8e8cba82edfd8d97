"""Who is accountable, responsible, consulted and informed, and escalations as they would run (R20, R25)."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from careloop import __version__
from careloop.domain.roles import Accountability, Roles
from careloop.status.escalation import SimulatedEscalation, people_of

__all__ = ["roles_json", "roles_lines"]


def roles_json(roles: Roles, escalations: Sequence[SimulatedEscalation], at: datetime) -> dict[str, Any]:
    """The matrix by path, posts with people on the day, and every simulated escalation."""
    return {
        "schema": "careloop/roles/v1",
        "careloop_version": __version__,
        "at": at.isoformat(),
        "posts": [
            {"id": post.id, "title": post.title, "people": list(people_of(post, roles, at.date()))}
            for post in roles.posts
        ],
        "matrix": [
            {
                "path": one.path,
                "accountable": one.post,
                "responsible": list(one.responsible),
                "consulted": list(one.consulted),
                "informed": list(one.informed),
            }
            for one in roles.accountable
        ],
        "escalations": [_escalation_json(one) for one in escalations],
    }


def _escalation_json(one: SimulatedEscalation) -> dict[str, Any]:
    return {
        "id": one.escalation.id,
        "when": one.escalation.when,
        "reaches": one.first_person,
        "ends_with": one.ends_with,
        "steps": [
            {
                "post": step.post,
                "people": list(step.people),
                "asked_at": step.asked_at.isoformat(),
                "answer_by": step.answer_by.isoformat(),
            }
            for step in one.steps
        ],
    }


def roles_lines(
    roles: Roles, escalations: Sequence[SimulatedEscalation], at: datetime, *, matrix: bool
) -> Iterator[tuple[str, str]]:
    """Lines to print, each with a style; the matrix is left out where one escalation is asked for."""
    if matrix:
        yield "heading", "Who answers for what"
        for one in roles.accountable:
            yield "", f"  {one.path}  accountable {one.post}{_others(one)}"
        yield "", ""
    for run in escalations:
        ends = run.ends_with
        yield "heading" if ends else "must", f"{run.escalation.id}: {run.escalation.when}"
        for step in run.steps:
            who = ", ".join(step.people) or "nobody: passed over at once"
            yield "" if step.people else "must", f"  {step.asked_at:%Y-%m-%d %H:%M}  {step.post}  {who}"
        by = run.steps[-1].answer_by
        told = (
            f"ends with {ends}, by {by:%Y-%m-%d %H:%M}" if ends else "ends with nobody: it reaches no one who decides"
        )
        yield "detail" if ends else "must", f"  {told}"
    yield "", f"as of {at:%Y-%m-%d %H:%M}"


def _others(one: Accountability) -> str:
    named = (("responsible", one.responsible), ("consulted", one.consulted), ("informed", one.informed))
    return "".join(f" · {word} {', '.join(posts)}" for word, posts in named if posts)
