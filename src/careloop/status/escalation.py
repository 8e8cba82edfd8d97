"""An escalation as it would run on a day: who is asked, by when, and whether it reaches a person at all (R25). Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from careloop.domain.noun import seconds_in
from careloop.domain.roles import Escalation, Person, Post, Roles

__all__ = ["AskedPost", "SimulatedEscalation", "people_of", "simulate"]

_NOBODY = "unassigned"
"""What `care init` writes where nobody is named yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedPost:
    """One step of the path."""

    post: str
    people: tuple[str, ...]
    """Ids of those who hold it or stand in on that day; nobody for a vacant post, and it is passed over at once."""
    asked_at: datetime
    answer_by: datetime
    """When the next one is asked; the same as `asked_at` where nobody is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedEscalation:
    """The whole path, if nobody answers."""

    escalation: Escalation
    steps: tuple[AskedPost, ...]

    @property
    def first_person(self) -> str | None:
        """The person it reaches first; null when no step has anybody."""
        return next((step.people[0] for step in self.steps if step.people), None)

    @property
    def ends_with(self) -> str | None:
        """A person of the last step, who cannot pass it on; null when nobody is there."""
        return self.steps[-1].people[0] if self.steps[-1].people else None


def simulate(escalation: Escalation, roles: Roles, start: datetime) -> SimulatedEscalation:
    """Run it from `start`, in the organisation's time zone; a post that comes back is not asked again."""
    return SimulatedEscalation(escalation=escalation, steps=tuple(_steps(escalation, roles, start)))


def _steps(escalation: Escalation, roles: Roles, start: datetime) -> Iterator[AskedPost]:
    posts = {post.id: post for post in roles.posts}
    at, asked = start, set()
    for step in escalation.steps:
        if step.post in asked:
            continue
        asked.add(step.post)
        people = people_of(posts.get(step.post), roles, at.date())
        until = at + timedelta(seconds=seconds_in(step.within)) if people else at
        yield AskedPost(post=step.post, people=people, asked_at=at, answer_by=until)
        at = until


def people_of(post: Post | None, roles: Roles, on: date) -> tuple[str, ...]:
    """Who holds a post or stands in for it on a day: nobody who has left, nobody whose time is over."""
    if post is None:
        return ()
    people = {person.id: person for person in roles.people}
    held = [one for one in post.holders if one != _NOBODY and _present(people.get(one), on)]
    acting = post.acting
    if acting is not None and acting.until >= on and _present(people.get(acting.person), on):
        held.append(acting.person)
    return tuple(dict.fromkeys(held))


def _present(person: Person | None, on: date) -> bool:
    return person is not None and (person.left is None or person.left > on)
