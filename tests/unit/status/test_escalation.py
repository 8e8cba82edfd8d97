"""R25: a simulated escalation reaches a person by a known time; a vacant post is passed over, nobody is asked twice."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from careloop.domain.roles import Roles
from careloop.status.escalation import SimulatedEscalation, people_of, simulate

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def roles(*steps: tuple[str, str], **changes: Any) -> Roles:
    people: list[dict[str, Any]] = [{"id": name, "name": name.title()} for name in ("ada", "ben", "eve")]
    people[1] |= {"left": date(2026, 11, 1)}
    posts: list[dict[str, Any]] = [
        {"id": "lead", "title": "Lead", "function": "risk", "holders": ["ada"]},
        {"id": "gone", "title": "Gone", "function": "risk", "holders": ["ben"]},
        {"id": "lent", "title": "Lent", "function": "risk", "acting": {"person": "eve", "until": date(2026, 11, 23)}},
        {"id": "nobody", "title": "Nobody", "function": "risk", "holders": ["unassigned"]},
    ]
    path = [{"post": post, "within": within} for post, within in steps] or [{"post": "lead", "within": "P1D"}]
    fields = {
        "owner": "lead",
        "people": people,
        "posts": posts,
        "escalations": [{"id": "e", "when": "x", "steps": path}],
    }
    return Roles.model_validate(fields | changes)


def run(*steps: tuple[str, str], at: datetime = NOON) -> SimulatedEscalation:
    given = roles(*steps)
    return simulate(given.escalations[0], given, at)


def test_each_step_has_its_person_and_its_time_r25() -> None:
    found = run(("lead", "PT15M"), ("lent", "P2D"))
    assert [(step.post, step.people) for step in found.steps] == [("lead", ("ada",)), ("lent", ("eve",))]
    assert [step.answer_by.isoformat() for step in found.steps] == [
        "2026-11-23T12:15:00+00:00",
        "2026-11-25T12:15:00+00:00",
    ]
    assert (found.first_person, found.ends_with) == ("ada", "eve")


def test_a_post_whose_holder_left_takes_no_time_r25_r20() -> None:
    found = run(("gone", "P5D"), ("lead", "P1D"))
    assert found.steps[0].people == ()
    assert found.steps[1].asked_at == NOON
    assert found.first_person == "ada"


def test_a_path_that_ends_with_nobody_decides_nothing_r25() -> None:
    assert run(("lead", "P1D"), ("nobody", "P1D")).ends_with is None
    assert run(("gone", "P1D"), ("nobody", "P1D")).first_person is None


def test_who_stands_in_does_so_to_the_last_day_and_not_longer_r20() -> None:
    given = roles()
    lent = given.posts[2]
    assert people_of(lent, given, date(2026, 11, 23)) == ("eve",)
    assert people_of(lent, given, date(2026, 11, 24)) == ()


def test_in_a_loop_nobody_is_asked_twice_r25() -> None:
    found = run(("lead", "P1D"), ("lent", "PT1H"), ("lead", "P1D"))
    assert [step.post for step in found.steps] == ["lead", "lent"]
