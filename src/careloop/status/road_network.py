"""Order, longest path and a calendar for work that waits for other work. Pure arithmetic over ids and working days.

Source of the method: the critical path method, J. E. Kelley and M. R. Walker, "Critical-Path Planning and Scheduling",
1959; with few people, the parallel schedule generation scheme by longest path to the goal (Kolisch, EJOR 90, 1996).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

__all__ = ["Network", "Span", "Task", "find_circle"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Something that takes a whole number of working days, 0 or more, after others."""

    id: str
    after: tuple[str, ...] = ()
    days: int = 0
    needs_person: bool = True
    """Whether somebody is busy with it; waiting needs nobody."""
    not_before: int = 0
    """It ends at this working day or later, counted from the start."""


@dataclass(frozen=True, slots=True)
class Span:
    """When a task runs: from a working day, counted from 0, up to but not including another."""

    start: int
    end: int


def find_circle(tasks: Iterable[Task]) -> tuple[str, ...]:
    """The ids of a circle, each after the next, the first one repeated at the end; empty when there is none.

    >>> find_circle([Task(id="a", after=("b",)), Task(id="b", after=("a",))])
    ('a', 'b', 'a')
    """
    after = {task.id: task.after for task in tasks}
    done: set[str] = set()
    for root in sorted(after):
        path: list[str] = []
        waiting: list[tuple[str, Iterator[str]]] = []
        _enter(root, after, path, waiting, done)
        while waiting:
            node, rest = waiting[-1]
            child = next(rest, None)
            if child is None:
                done.add(node)
                path.pop()
                waiting.pop()
            elif child in path:
                return (*path[path.index(child) :], child)
            else:
                _enter(child, after, path, waiting, done)
    return ()


def _enter(
    node: str,
    after: Mapping[str, tuple[str, ...]],
    path: list[str],
    waiting: list[tuple[str, Iterator[str]]],
    done: set[str],
) -> None:
    if node not in done and node in after:
        path.append(node)
        waiting.append((node, iter(after[node])))


class Network:
    """Tasks without a circle; ids that no task has are passed over."""

    def __init__(self, tasks: Iterable[Task]) -> None:
        self._tasks = {task.id: task for task in tasks}
        self._before: dict[str, list[str]] = {name: [] for name in self._tasks}
        for task in self._tasks.values():
            for other in self.after(task.id):
                self._before[other].append(task.id)
        self.order = tuple(self._topological())

    def after(self, name: str) -> tuple[str, ...]:
        """Tasks that come right before one."""
        return tuple(other for other in self._tasks[name].after if other in self._tasks)

    def _topological(self) -> Iterator[str]:
        open_count = {name: len(self.after(name)) for name in self._tasks}
        ready = sorted((name for name, count in open_count.items() if not count), reverse=True)
        while ready:
            name = ready.pop()
            yield name
            for later in self._before[name]:
                open_count[later] -= 1
                if not open_count[later]:
                    ready.append(later)

    def earliest(self) -> Mapping[str, Span]:
        """When each task can run if nobody is ever busy with something else."""
        spans: dict[str, Span] = {}
        for name in self.order:
            task = self._tasks[name]
            start = max((spans[other].end for other in self.after(name)), default=0)
            spans[name] = Span(start, max(start + task.days, task.not_before))
        return spans

    def critical_path(self, goal: str) -> tuple[str, ...]:
        """A longest path that ends with the goal, first task first; ties go to the smaller id."""
        spans = self.earliest()
        path = [goal]
        while True:
            task, span = self._tasks[path[-1]], spans[path[-1]]
            if span.end > span.start + task.days:
                break  # a booked day holds it, not the work before
            held_by = [other for other in self.after(path[-1]) if spans[other].end == span.start]
            if not held_by:
                break
            path.append(min(held_by, key=lambda other: (spans[other].start, other)))
        return tuple(reversed(path))

    def slack(self, goal: str) -> Mapping[str, int]:
        """Working days each task can slip without moving the goal; only tasks that the goal waits for."""
        spans = self.earliest()
        latest = {goal: spans[goal].end}
        for name in reversed(self.order):
            if name not in latest:
                continue
            duration = spans[name].end - spans[name].start
            for other in self.after(name):
                latest[other] = min(latest.get(other, spans[goal].end), latest[name] - duration)
        return {name: end - spans[name].end for name, end in latest.items()}

    def schedule(self, people: int, *, tail: Mapping[str, int]) -> Mapping[str, Span]:
        """When each task runs with so many people, one person a task: of what is ready, the longest `tail` first."""
        spans: dict[str, Span] = {}
        running: dict[str, int] = {}
        now = 0
        while len(spans) < len(self.order):
            busy = sum(self._tasks[name].needs_person for name in running)
            name = self._next(spans, now, tail, free=people > busy)
            if name is None:
                now = min(end for end in running.values() if end > now)
                running = {one: end for one, end in running.items() if end > now}
                continue
            task = self._tasks[name]
            spans[name] = Span(now, max(now + task.days, task.not_before))
            if spans[name].end > now:
                running[name] = spans[name].end
        return spans

    def _next(self, spans: Mapping[str, Span], now: int, tail: Mapping[str, int], *, free: bool) -> str | None:
        """The most urgent task that can start now; null when all wait for time or for somebody."""
        ready = (
            name
            for name in self.order
            if name not in spans
            and all(other in spans and spans[other].end <= now for other in self.after(name))
            and (free or not self._tasks[name].days or not self._tasks[name].needs_person)
        )
        return min(ready, key=lambda name: (-tail.get(name, 0), name), default=None)

    def tails(self, goal: str) -> Mapping[str, int]:
        """Working days from the start of each task to the end of the goal along the longest way; 0 off the way."""
        spans = self.earliest()
        far = {goal: spans[goal].end - spans[goal].start}
        for name in reversed(self.order):
            for other in self.after(name) if name in far else ():
                duration = spans[other].end - spans[other].start
                far[other] = max(far.get(other, 0), far[name] + duration)
        return far
