"""Who may use an authority on a day, and which entries of roles.yaml are one and the same human (5.3, A.3.2; R20, R41).

A seat is a post whose authority somebody uses. A lent authority is used on the seat of the post that lends it, so that
one authority never counts as two voices.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from careloop.domain.emergency import OnCall
from careloop.domain.roles import DutyKind, Function, OnCallRota, Person, Post, Roles
from careloop.gates.session import SessionTerms
from careloop.ledger.ssh_signature import SshKey, read_ssh_keys

__all__ = ["People", "seated"]


@dataclass(frozen=True)
class People:
    """Everybody in roles.yaml, as they stand on one day, and the servers that may vouch for their sessions.

    A key that is listed for a person and for a server tells nobody who signed; it proves nothing as either.
    """

    roles: Roles
    on: date
    sessions: SessionTerms = field(default_factory=SessionTerms)
    calls: tuple[OnCall, ...] = ()
    """Authority that somebody on call has taken for now."""

    def entry(self, name: str) -> Person | None:
        """The person with an id."""
        return self._entries.get(name)

    def person(self, who: str) -> Person | None:
        """The person with an id or a mail address."""
        return next((one for one in self.roles.people if who == one.id or _same_mail(who, one.mail)), None)

    def keys_of(self, person: Person) -> tuple[SshKey, ...]:
        """The person's listed keys, as far as no server has the same."""
        return tuple(key for key in self._listed[person.keys] if key not in self.sessions.servers)

    def by_key(self, key: SshKey) -> tuple[Person, ...]:
        """Everybody for whom a key is listed."""
        return tuple(person for person in self.roles.people if key in self.keys_of(person))

    @cached_property
    def servers(self) -> tuple[SshKey, ...]:
        """Servers whose word about sessions counts: those whose key is nobody's own."""
        owned = {key for keys in self._listed.values() for key in keys}
        return tuple(key for key in self.sessions.servers if key not in owned)

    def identity(self, who: str) -> str:
        """One name for one human, however many entries they have; a stranger is known by what they are called."""
        person = self.person(who)
        return self._identities[person.id] if person else who.casefold()

    def seats(self, person: str, authority: str) -> frozenset[str]:
        """Posts whose authority a person may use; none for a program, somebody who left or is not listed."""
        if (person, authority) not in self._seats:
            self._seats[person, authority] = self._found_seats(person, authority)
        return self._seats[person, authority]

    @cached_property
    def _seats(self) -> dict[tuple[str, str], frozenset[str]]:
        return {}

    def _found_seats(self, person: str, authority: str) -> frozenset[str]:
        entry = self.entry(person)
        if entry is None or entry.service or self.has_left(entry):
            return frozenset()
        posts = {post.id: post for post in self.roles.posts}
        own = {post.id for post in posts.values() if authority in post.authorities and self._holds(person, post)}
        lent = {
            loan.from_post
            for loan in self.roles.delegations
            if loan.authority == authority and loan.until >= self.on and {loan.from_post, loan.to_post} <= posts.keys()
            if authority in posts[loan.from_post].authorities and self._holds(person, posts[loan.to_post])
        }
        return frozenset(own | lent | set(self._on_call(person, authority, posts)))

    def _on_call(self, person: str, authority: str, posts: Mapping[str, Post]) -> Iterator[str]:
        """Posts whose authority somebody took on call, as far as roles.yaml still lets them."""
        for call in self.calls:
            if call.person != person or authority not in call.authorities or call.post not in posts:
                continue
            if authority in posts[call.post].authorities and self.rota(person, call.post, authority) is not None:
                yield call.post

    def rota(self, person: str, post: str, authority: str) -> OnCallRota | None:
        """The line of roles.yaml by which somebody may take a post's authority on call; null when there is none."""
        rows = (one for one in self.roles.on_call if one.post == post)
        return next((one for one in rows if person in one.people and authority in one.authorities), None)

    def behind(self, post_id: str, authority: str) -> frozenset[str]:
        """Ids of those who act for a post: its holders, who stands in, and holders of posts it lends an authority to.

        An authority that the post says to have or not does not matter here: whoever holds a post owns what it owns.
        """
        posts = {post.id: post for post in self.roles.posts}
        lent = [loan for loan in self.roles.delegations if loan.from_post == post_id and loan.authority == authority]
        names = {post_id, *(loan.to_post for loan in lent if loan.until >= self.on)} & posts.keys()
        here = (person.id for person in self.roles.people if not person.service and not self.has_left(person))
        return frozenset(person for person in here if any(self._holds(person, posts[name]) for name in names))

    def posts(self, person: str) -> frozenset[str]:
        """Posts that a person holds or stands in for; none for a program, somebody who left or is not listed."""
        entry = self.entry(person)
        if entry is None or entry.service or self.has_left(entry):
            return frozenset()
        return frozenset(post.id for post in self.roles.posts if self._holds(person, post))

    def functions(self, persons: Iterable[str], authority: str, among: frozenset[Function]) -> frozenset[Function]:
        """The largest set of different functions that people bring in, each no more than one (R28)."""
        brings = {post.id: post.function for post in self.roles.posts}
        wishes = [
            (person, frozenset(brings[post] for post in self.seats(person, authority) if post in brings) & among)
            for person in persons
        ]
        return frozenset(Function(one) for one in seated(wishes).values())

    def may(self, authority: str) -> tuple[str, ...]:
        """Ids of all people who may use an authority."""
        return tuple(one.id for one in self.roles.people if self.seats(one.id, authority))

    def develops(self, person: str) -> bool:
        """Whether somebody, under whatever entry, holds a post whose duty is development."""
        same = [one.id for one in self.roles.people if self.identity(one.id) == self.identity(person)]
        building = [post for post in self.roles.posts if DutyKind.DEVELOPMENT in post.duties]
        return any(self._holds(one, post) for one in same for post in building)

    def has_left(self, person: Person) -> bool:
        """Whether somebody is no longer there."""
        return person.left is not None and person.left <= self.on

    def _holds(self, person: str, post: Post) -> bool:
        acting = post.acting is not None and post.acting.person == person and post.acting.until >= self.on
        return person in post.holders or acting

    @cached_property
    def _entries(self) -> Mapping[str, Person]:
        return {person.id: person for person in reversed(self.roles.people)}

    @cached_property
    def _listed(self) -> Mapping[tuple[str, ...], tuple[SshKey, ...]]:
        """Keys by the lines that list them."""
        return {person.keys: read_ssh_keys(person.keys) for person in self.roles.people}

    @cached_property
    def _identities(self) -> Mapping[str, str]:
        """Entries that share a mail address or a key are one human, named by the first of them."""
        first: dict[str, str] = {}
        leader = {person.id: person.id for person in self.roles.people}
        for person in self.roles.people:
            for mark in self._marks(person):
                other = first.setdefault(mark, person.id)
                old, new = leader[person.id], leader[other]
                leader = {one: new if now == old else now for one, now in leader.items()}
        return leader

    def _marks(self, person: Person) -> Iterator[str]:
        if person.mail is not None:
            yield person.mail.casefold()
        yield from (key.line for key in self._listed[person.keys])


def _same_mail(who: str, mail: str | None) -> bool:
    """Whether two addresses are one. Folding case makes Latin letters of some foreign signs (U+212A): not here."""
    return mail is not None and who.isascii() and who.casefold() == mail.casefold()


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
