"""Laws of the road's arithmetic: longest paths by a second method, circles always found, nobody in two places (R15)."""

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careloop.status.road_network import Network, Task, find_circle


@st.composite
def acyclic(draw: st.DrawFn) -> list[Task]:
    """Tasks that wait only for tasks before them, handed over in any order; the last one is the goal of the laws."""
    count = draw(st.integers(1, 9))
    tasks = []
    for number in range(count):
        before = draw(st.sets(st.integers(0, number - 1), max_size=4)) if number else set()
        tasks.append(
            Task(
                id=f"t{number}",
                after=tuple(f"t{other}" for other in sorted(before)),
                days=draw(st.integers(0, 6)),
                needs_person=draw(st.booleans()),
            )
        )
    return draw(st.permutations(tasks))


def every_path_to(goal: str, tasks: list[Task]) -> list[list[Task]]:
    """All ways to a task, from tasks that wait for nothing: the second method, by brute force."""
    by_id = {task.id: task for task in tasks}
    task = by_id[goal]
    if not task.after:
        return [[task]]
    return [[*path, task] for other in task.after for path in every_path_to(other, tasks)]


@given(acyclic())
def test_the_critical_path_is_as_long_as_the_longest_of_all_paths(tasks: list[Task]) -> None:
    goal = f"t{len(tasks) - 1}"
    network = Network(tasks)
    longest = max(sum(task.days for task in path) for path in every_path_to(goal, tasks))
    by_id = {task.id: task for task in tasks}
    path = network.critical_path(goal)
    assert network.earliest()[goal].end == longest
    assert sum(by_id[name].days for name in path) == longest
    assert path[-1] == goal
    assert all(before in by_id[after].after for before, after in pairwise(path))
    slack = network.slack(goal)
    assert all(slack[name] == 0 for name in path)
    assert network.tails(goal)[path[0]] == longest


@given(acyclic(), st.integers(0, 20))
def test_slack_is_exactly_what_a_task_can_slip(tasks: list[Task], which: int) -> None:
    goal = f"t{len(tasks) - 1}"
    network = Network(tasks)
    slack = network.slack(goal)
    name = sorted(slack)[which % len(slack)]

    def end_with(more: int) -> int:
        slipped = [
            task if task.id != name else Task(id=task.id, after=task.after, days=task.days + more) for task in tasks
        ]
        return Network(slipped).earliest()[goal].end

    end = network.earliest()[goal].end
    assert end_with(slack[name]) == end
    assert end_with(slack[name] + 1) == end + 1


@given(acyclic(), st.data())
def test_a_circle_is_always_found_and_is_one(tasks: list[Task], data: st.DataObject) -> None:
    assert find_circle(tasks) == ()
    goal = f"t{len(tasks) - 1}"
    path = data.draw(st.sampled_from(every_path_to(goal, tasks)))
    closed = [
        task if task.id != path[0].id else Task(id=task.id, after=(*task.after, goal), days=task.days) for task in tasks
    ]
    circle = find_circle(closed)
    after = {task.id: task.after for task in closed}
    assert circle[0] == circle[-1]
    assert len(set(circle)) == len(circle) - 1
    assert all(other in after[one] for one, other in pairwise(circle))


@given(acyclic(), st.integers(1, 3))
def test_with_few_people_nothing_starts_too_early_and_nobody_is_in_two_places(tasks: list[Task], people: int) -> None:
    network = Network(tasks)
    goal = f"t{len(tasks) - 1}"
    spans = network.schedule(people, tail=network.tails(goal))
    ideal = network.earliest()
    assert spans.keys() == {task.id for task in tasks}
    for task in tasks:
        assert spans[task.id].end - spans[task.id].start == task.days
        assert all(spans[other].end <= spans[task.id].start for other in task.after)
        assert spans[task.id].start >= ideal[task.id].start
    last = max(span.end for span in spans.values())
    for day in range(last):
        busy = [task.id for task in tasks if task.needs_person and spans[task.id].start <= day < spans[task.id].end]
        assert len(busy) <= people
    work = sum(task.days for task in tasks if task.needs_person)
    assert last >= max(ideal[goal].end, -(-work // people))


@given(acyclic())
def test_with_people_enough_everything_runs_as_early_as_it_can(tasks: list[Task]) -> None:
    network = Network(tasks)
    assert network.schedule(len(tasks), tail={}) == network.earliest()


def test_a_booked_day_holds_what_comes_after_and_frees_what_came_before() -> None:
    tasks = [
        Task(id="a", days=2),
        Task(id="visit", after=("a",), not_before=10),
        Task(id="b", after=("visit",), days=1),
    ]
    network = Network(tasks)
    assert network.earliest()["b"].end == 11
    assert network.critical_path("b") == ("visit", "b")


def test_a_long_chain_needs_no_recursion() -> None:
    count = 5000
    tasks = [Task(id=f"{n:05}", after=(f"{n - 1:05}",) if n else (), days=1) for n in range(count)]
    random.Random(1).shuffle(tasks)
    assert find_circle(tasks) == ()
    assert Network(tasks).earliest()[f"{count - 1:05}"].end == count


@pytest.mark.parametrize("people", [1, 2])
def test_the_longest_way_goes_first_when_people_are_few(people: int) -> None:
    tasks = [Task(id="short", days=1), Task(id="long", days=5), Task(id="end", after=("short", "long"))]
    network = Network(tasks)
    spans = network.schedule(people, tail=network.tails("end"))
    assert spans["long"].start == 0
    assert spans["end"].end == {1: 6, 2: 5}[people]
