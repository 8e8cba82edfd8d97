"""Who may use an authority on a day, and which entries of roles.yaml are one and the same human (5.3, A.3.2; R20, R41).

A seat is a post whose authority somebody uses. A lent authority is used on the seat of the post that lends it, so that
one authority never counts as two voices.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from careloop.domain.roles import DutyKind, Person, Post, Roles
from careloop.errors import InvalidInput
from careloop.ledger.ssh_signature import SshKey, read_ssh_key

__all__ = ["People", "keys_of", "seated"]


def keys_of(person: Person) -> tuple[SshKey, ...]:
    """The person's listed keys; a line that is no SSH key opens nothing."""
    found = []
    for line in person.keys:
        with suppress(InvalidInput):
            found.append(read_ssh_key(line))
    return tuple(found)


@dataclass(frozen=True)
class People:
    """Everybody in roles.yaml, as they stand on one day."""

    roles: Roles
    on: date

    def person(self, who: str) -> Person | None:
        """The person with an id or a mail address."""
        return next((one for one in self.roles.people if who == one.id or _same_mail(who, one.mail)), None)

    def by_key(self, key: SshKey) -> tuple[Person, ...]:
        """Everybody for whom a key is listed."""
        return tuple(person for person in self.roles.people if key in keys_of(person))

    def identity(self, who: str) -> str:
        """One name for one human, however many entries they have; a stranger is known by what they are called."""
        person = self.person(who)
        return self._identities[person.id] if person else who.casefold()

    def seats(self, person: str, authority: str) -> frozenset[str]:
        """Posts whose authority a person may use; none for somebody who left or is not listed."""
        entry = next((one for one in self.roles.people if one.id == person), None)
        if entry is None or self.has_left(entry):
            return frozenset()
        posts = {post.id: post for post in self.roles.posts}
        own = {post.id for post in posts.values() if authority in post.authorities and self._holds(person, post)}
        lent = {
            loan.from_post
            for loan in self.roles.delegations
            if loan.authority == authority and loan.until >= self.on and {loan.from_post, loan.to_post} <= posts.keys()
            if authority in posts[loan.from_post].authorities and self._holds(person, posts[loan.to_post])
        }
        return frozenset(own | lent)

    def may(self, authority: str) -> tuple[str, ...]:
        """Ids of all people who may use an authority."""
        return tuple(one.id for one in self.roles.people if self.seats(one.id, authority))

    def develops(self, person: str) -> bool:
        """Whether somebody holds a post whose duty is development."""
        return any(DutyKind.DEVELOPMENT in post.duties and self._holds(person, post) for post in self.roles.posts)

    def has_left(self, person: Person) -> bool:
        """Whether somebody is no longer there."""
        return person.left is not None and person.left <= self.on

    def _holds(self, person: str, post: Post) -> bool:
        acting = post.acting is not None and post.acting.person == person and post.acting.until >= self.on
        return person in post.holders or acting

    @cached_property
    def _identities(self) -> Mapping[str, str]:
        """Entries that share a mail address or a key are one human, named by the first of them."""
        first: dict[str, str] = {}
        leader = {person.id: person.id for person in self.roles.people}
        for person in self.roles.people:
            for mark in _marks(person):
                other = first.setdefault(mark, person.id)
                old, new = leader[person.id], leader[other]
                leader = {one: new if now == old else now for one, now in leader.items()}
        return leader


def _marks(person: Person) -> Iterator[str]:
    if person.mail is not None:
        yield person.mail.casefold()
    yield from (key.line for key in keys_of(person))


def _same_mail(who: str, mail: str | None) -> bool:
    return mail is not None and who.casefold() == mail.casefold()


def seated(wishes: Iterable[tuple[str, frozenset[str]]]) -> Mapping[str, str]:
    """As many people as possible, each on a seat of their own: person -> post; earlier people keep a seat.

    >>> seated([("ada", frozenset({"risk", "security"})), ("bob", frozenset({"risk"}))])
    {'ada': 'security', 'bob': 'risk'}
    """
    seats: dict[str, str] = {}
    wanted = dict(wishes)

    def find(person: str, tried: set[str]) -> bool:
        for seat in sorted(wanted[person] - tried):
            tried.add(seat)
            if seat not in seats or find(seats[seat], tried):
                seats[seat] = person
                return True
        return False

    for person in wanted:
        find(person, set())
    by_person = {person: seat for seat, person in seats.items()}
    return {person: by_person[person] for person in wanted if person in by_person}
