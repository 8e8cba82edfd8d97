"""The work that is open as tasks with an order: claims, areas and the organisation's own roadmap in, tasks out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from math import ceil

from careloop.domain.gap import GapRow, OpenClaim, StepKind
from careloop.domain.gap_work import Area, GapWork, MilestoneStep, StepDays
from careloop.domain.noun import days_in
from careloop.domain.place import Pointer
from careloop.domain.roadmap import Roadmap, RoadmapAction
from careloop.status.road_network import Task

__all__ = ["ROADMAP", "Draft", "RoadProblem", "Work", "work_of", "working_days_in"]

ROADMAP = "aims/roadmap.yaml"
_VERBS = {StepKind.WRITE: "write", StepKind.RUN: "run and record", StepKind.IMPROVE: "go beyond"}


@dataclass(slots=True, kw_only=True)
class Draft:
    """A step while it is put together."""

    id: str
    title: str
    kind: StepKind
    area: Area | None
    days: float
    claims: tuple[OpenClaim, ...] = ()
    requirements: tuple[str, ...] = ()
    owner: str | None = None
    after: set[str] = field(default_factory=set)
    pointer: Pointer = ()

    @property
    def open(self) -> bool:
        """Whether something is left to do."""
        return self.days > 0


@dataclass(frozen=True, slots=True)
class RoadProblem:
    """Something that keeps the road from being what it says; `pointer` is in aims/roadmap.yaml."""

    code: str
    message: str
    pointer: Pointer
    remedy: str


@dataclass(slots=True)
class Work:
    """All steps and milestones with their order."""

    steps: dict[str, Draft]
    milestones: dict[str, MilestoneStep]
    after: dict[str, set[str]]
    """What comes before each step or milestone."""
    booked: dict[str, date]
    problems: list[RoadProblem]
    own_edges: dict[tuple[str, str], Pointer]
    """Edges (later, earlier) that the roadmap brought."""

    def reached(self, name: str) -> bool:
        """Whether a step is done, or a milestone lies behind: everything before it is, and nobody outside decides."""
        return self._reached(name, {})

    def _reached(self, name: str, known: dict[str, bool]) -> bool:
        if name not in known:
            step, milestone = self.steps.get(name), self.milestones.get(name)
            known[name] = False  # a circle is reported elsewhere
            if step is not None:
                known[name] = not step.open
            elif milestone is not None and not milestone.outside:
                waits = self.pending(milestone) if milestone.until_all else ()
                known[name] = all(self._reached(one, known) for one in (*sorted(self.after[name]), *waits))
        return known[name]

    def pending(self, milestone: MilestoneStep) -> tuple[str, ...]:
        """Steps of the kind that the milestone waits for in all areas, but for those that wait for it themselves."""
        kind = milestone.after_all or milestone.until_all
        return tuple(
            step.id
            for step in self.steps.values()
            if step.area is not None and step.kind.value == kind and not self.waits_for(step.id, milestone.id)
        )

    def waits_for(self, name: str, other: str) -> bool:
        """Whether a step or milestone comes, however many steps later, after another."""
        seen, waiting = set[str](), [name]
        while waiting:
            one = waiting.pop()
            if one == other:
                return True
            if one not in seen:
                seen.add(one)
                waiting.extend(self.after.get(one, ()))
        return False

    def tasks(self, day_number: Mapping[str, int]) -> Iterator[Task]:
        """Everything as tasks; `day_number` tells the working day of each booked milestone."""
        for step in self.steps.values():
            yield Task(id=step.id, after=tuple(sorted(self.after[step.id])), days=ceil(step.days))
        for milestone in self.milestones.values():
            name = milestone.id
            lies_behind = name in self.booked or self.reached(name)
            waits = working_days_in(milestone.wait) if milestone.wait and not lies_behind else 0
            yield Task(
                id=name,
                after=tuple(sorted(self.after[name])),
                days=waits,
                needs_person=False,
                not_before=day_number.get(name, 0),
            )


def working_days_in(duration: str) -> int:
    """Working days in a calendar duration, five of seven, rounded up.

    >>> working_days_in("P4W"), working_days_in("P3M")
    (20, 65)
    """
    return ceil(days_in(duration) * 5 / 7)


def work_of(rows: Sequence[GapRow], work: GapWork, roadmap: Roadmap | None) -> Work:
    """The open claims as steps of their areas, in order, with what the roadmap changes."""
    steps = {step.id: step for area in work.areas for step in _steps_of(area, rows, work)}
    made = Work(steps, {one.id: one for one in work.milestones}, {}, {}, [], {})
    areas = {area.id for area in work.areas}
    for step in steps.values():
        made.after[step.id] = set(_first(step, areas))
    for milestone in work.milestones:
        made.after[milestone.id] = set(milestone.after)
    for milestone in work.milestones:
        if milestone.after_all:
            made.after[milestone.id].update(made.pending(milestone))
    _apply_roadmap(made, roadmap)
    return made


def _first(step: Draft, areas: set[str]) -> Iterator[str]:
    area = step.area
    if area is None:
        return
    if step.kind is StepKind.WRITE:
        yield from (f"{other}.write" for other in area.after)
        return
    yield f"{area.id}.write"
    for other in area.run_after if step.kind is StepKind.RUN else ():
        yield f"{other}.run" if other in areas else other


def _steps_of(area: Area, rows: Sequence[GapRow], work: GapWork) -> Iterator[Draft]:
    ours = [row for row in rows if _belongs(row, area, work)]
    for kind in StepKind:
        found: dict[str, OpenClaim] = {}
        served: dict[str, None] = {}
        for row in ours:
            for claim in row.open:
                if claim.same_as is None and claim.step is kind:
                    found[claim.id] = claim
                    served[row.requirement.id] = None
        days = sum(_days(claim, area.days or work.days, work.further_case) for claim in found.values())
        yield Draft(
            id=f"{area.id}.{kind.value}",
            title=f"{area.title}: {_VERBS[kind]}",
            kind=kind,
            area=area,
            days=days,
            claims=tuple(found.values()),
            requirements=tuple(served),
        )


def _belongs(row: GapRow, area: Area, work: GapWork) -> bool:
    identity = row.requirement.id
    return identity in area.requirements or (identity.startswith("own/") and area.id == work.own_controls)


def _days(claim: OpenClaim, days: StepDays, further: float) -> float:
    one: float = getattr(days, claim.step.value)
    return one * (1 + further * max(0, len(claim.cases) - 1))


# --- the organisation's own word --------------------------------------------------------------------------------------


def _apply_roadmap(made: Work, roadmap: Roadmap | None) -> None:
    if roadmap is None:
        return
    for position, action in enumerate(roadmap.actions):
        _apply_action(made, action, ("actions", position))
    for position, action in enumerate(roadmap.actions):
        if action.id in made.steps:
            _apply_order(made, action, ("actions", position))
    for position, day in enumerate(roadmap.milestones):
        if day.id not in made.milestones:
            remedy = f"one of {', '.join(made.milestones)}"
            message = f"there is no milestone '{day.id}'"
            made.problems.append(RoadProblem("plan-unknown", message, ("milestones", position, "id"), remedy))
            continue
        made.booked[day.id] = day.on


def _apply_action(made: Work, action: RoadmapAction, pointer: Pointer) -> None:
    step = made.steps.get(action.id)
    if step is not None:
        step.pointer = pointer
        step.owner = action.owner
        if action.days is not None and step.open:
            step.days = action.days
        return
    if action.title is None or action.id in made.milestones:
        message = f"there is no step '{action.id}' to change"
        remedy = "give it a `title` if it is a step of your own; `care gap --format json` lists the steps"
        made.problems.append(RoadProblem("plan-unknown", message, (*pointer, "id"), remedy))
        return
    days = 0.0 if action.done is not None else action.days or 1.0
    made.steps[action.id] = Draft(
        id=action.id, title=action.title, kind=StepKind.RUN, area=None, days=days, owner=action.owner, pointer=pointer
    )
    made.after[action.id] = set()


def _apply_order(made: Work, action: RoadmapAction, pointer: Pointer) -> None:
    for name, others in (("after", action.after), ("before", action.before)):
        for position, other in enumerate(others):
            spot = (*pointer, name, position)
            if other not in made.after:
                message = f"there is no step or milestone '{other}'"
                remedy = "name a step or milestone of `care gap --format json`"
                made.problems.append(RoadProblem("plan-unknown", message, spot, remedy))
                continue
            later, earlier = (action.id, other) if name == "after" else (other, action.id)
            made.after[later].add(earlier)
            made.own_edges[later, earlier] = spot
