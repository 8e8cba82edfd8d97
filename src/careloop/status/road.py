"""The road to certification: open work and milestones on a calendar, with owners and the critical path (R15, R88)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Final

from careloop.domain.gap import GapRow, Milestone, PlanStep, Road, RoadTerms
from careloop.domain.gap_work import GapWork
from careloop.domain.place import Pointer
from careloop.domain.repository import Repository
from careloop.domain.roadmap import Roadmap
from careloop.status.road_network import Network, Span, Task, find_circle
from careloop.status.road_owner import Owner, Owners
from careloop.status.road_tasks import ROADMAP, Draft, Work, work_of
from careloop.status.working_days import working_day, working_days_until

__all__ = ["Fault", "road_to_certificate"]

GOAL: Final = "stage-2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong with the plan, where, and what mends it."""

    code: str
    message: str
    path: str
    pointer: Pointer
    remedy: str


def road_to_certificate(
    repository: Repository, rows: Sequence[GapRow], work: GapWork, terms: RoadTerms
) -> tuple[Road | None, tuple[Fault, ...]]:
    """The road on these terms, and what is wrong with it; without a road when the order runs in a circle."""
    start, people = terms.start, terms.people
    made = work_of(rows, work, repository.only(Roadmap))
    faults = [
        Fault(code=one.code, message=one.message, path=ROADMAP, pointer=one.pointer, remedy=one.remedy)
        for one in made.problems
    ]
    booked = {name: working_days_until(start, day) for name, day in made.booked.items()}
    tasks = tuple(made.tasks(booked))
    circle = find_circle(tasks)
    if circle:
        return None, (*faults, _circle_fault(made, circle))
    owners = Owners(repository, terms.on)
    owned = {step.id: _owner(step, owners) for step in made.steps.values() if step.open}
    faults.extend(_unowned(made, owned))
    spans = _Spans(tasks, people)
    faults.extend(_out_of_order(made, spans, start))
    return _road(made, owned, spans, start, people), tuple(faults)


class _Spans:
    """The network laid out twice: with people enough, and with the people there are."""

    def __init__(self, tasks: tuple[Task, ...], people: int) -> None:
        self.network = Network(tasks)
        self.ideal = self.network.earliest()
        self.slack = self.network.slack(GOAL)
        self.real = self.network.schedule(people, tail=self.network.tails(GOAL))


def _road(made: Work, owned: Mapping[str, Owner], spans: _Spans, start: date, people: int) -> Road:
    steps = [_step(made, step, owned[step.id], spans, start) for step in made.steps.values() if step.open]
    path = spans.network.critical_path(GOAL)
    shown = tuple(name for name in path if name in owned or name in made.milestones)
    on_path = frozenset(shown)
    return Road(
        start=start,
        people=people,
        steps=tuple(sorted(steps, key=lambda step: (step.start, step.due, step.id))),
        milestones=tuple(_milestone(made, name, spans, start, critical=name in on_path) for name in made.milestones),
        critical_path=shown,
        critical_days=spans.ideal[GOAL].end,
        person_days=sum(step.days for step in steps),
    )


def _step(made: Work, step: Draft, owner: Owner, spans: _Spans, start: date) -> PlanStep:
    span = spans.real[step.id]
    return PlanStep(
        id=step.id,
        title=step.title,
        kind=step.kind,
        own=step.area is None,
        owner=owner.post,
        owner_title=owner.title,
        people=owner.people,
        days=step.days,
        requirements=step.requirements,
        claims=tuple(claim.id for claim in step.claims),
        remedies=tuple(dict.fromkeys(claim.remedy for claim in sorted(step.claims, key=lambda one: -one.weight))),
        weight=sum(claim.weight for claim in step.claims),
        after=tuple(sorted(_waiting_for(made, step.id))),
        start=working_day(start, span.start),
        due=working_day(start, max(span.end - 1, span.start)),
        slack=spans.slack.get(step.id),
    )


def _waiting_for(made: Work, name: str) -> set[str]:
    """What comes right before; a step with nothing left to do is passed through to what it waits for."""
    found: set[str] = set()
    for other in made.after[name]:
        step = made.steps.get(other)
        if step is not None and not step.open:
            found |= _waiting_for(made, other)
        elif step is not None or not made.reached(other):
            found.add(other)
    return found


def _milestone(made: Work, name: str, spans: _Spans, start: date, *, critical: bool) -> Milestone:
    step, span = made.milestones[name], spans.real[name]
    booked = made.booked.get(name)
    day = booked if booked is not None else _last_day(start, span)
    return Milestone(
        id=name,
        title=step.title,
        start=min(day, working_day(start, span.start)),
        on=day,
        reached=made.reached(name) or (booked is not None and booked <= start),
        booked=booked is not None,
        outside=step.outside,
        because=step.because,
        source=step.source,
        verified=step.verified,
        critical=critical,
    )


def _last_day(start: date, span: Span) -> date:
    return working_day(start, span.end - 1) if span.end else start


# --- what is wrong with it --------------------------------------------------------------------------------------------


def _owner(step: Draft, owners: Owners) -> Owner:
    if step.owner is not None:
        return owners.of_post(step.owner)
    if step.area is not None:
        return owners.of_area(step.area)
    pointer = (*step.pointer, "id")
    fault = f"the step '{step.id}' names no owner"
    return Owner(post=None, title="nobody", people=(), fault=fault, path=ROADMAP, pointer=pointer)


def _unowned(made: Work, owned: Mapping[str, Owner]) -> Iterator[Fault]:
    """One fault for each place to mend, however many steps hang on it."""
    by_place: dict[tuple[str, Pointer, str], list[str]] = {}
    for name, owner in owned.items():
        if owner.fault:
            by_place.setdefault((owner.path, owner.pointer, owner.fault), []).append(name)
    for (path, pointer, fault), names in by_place.items():
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        message = f"{fault}: nobody owns {', '.join(names[:3])}{more}"
        remedy = {
            "care.yaml": "give the phase an `owner` under `phases`, or the path a post in roles.yaml",
            "roles.yaml": "name `holders` or `acting`, or make another post accountable",
        }.get(path, "name its `owner`")
        yield Fault(code="plan-unowned", message=message, path=path, pointer=pointer, remedy=remedy)


def _circle_fault(made: Work, circle: tuple[str, ...]) -> Fault:
    edges = list(pairwise(circle))
    spots = [made.own_edges[edge] for edge in edges if edge in made.own_edges]
    return Fault(
        code="plan-circle-alone" if len(spots) == len(edges) else "plan-circle",
        message=f"the order runs in a circle: {' after '.join(circle)}",
        path=ROADMAP,
        pointer=spots[0] if spots else (),
        remedy="take one `after` or `before` of these steps away",
    )


def _out_of_order(made: Work, spans: _Spans, start: date) -> Iterator[Fault]:
    """A booked day on which, by the plan, something before it is not done yet."""
    for position, (name, day) in enumerate(made.booked.items()):
        before = max((spans.real[other].end for other in spans.network.after(name)), default=0)
        ready = working_day(start, before - 1) if before else start - timedelta(days=1)
        if day < ready and day >= start:
            message = f"{name} is booked for {day}; what comes before it is done on {ready} at the earliest"
            remedy = "book a later day, add people, or take days off the steps before it"
            yield Fault(
                code="plan-out-of-order",
                message=message,
                path=ROADMAP,
                pointer=("milestones", position, "on"),
                remedy=remedy,
            )
