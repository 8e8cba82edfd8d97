"""Loosening what guards a system of tier high or above takes two people of two posts (R41; SEMANTICS 8, 15).

Leaving a control out, and a looser threshold of a monitor. One of the two is the owner of what is loosened; the other
holds a post that may approve just this or accept risks, and neither made the change.
"""

from typing import Final

from careloop.domain.controls import ControlDecision, Controls
from careloop.domain.place import Pointer
from careloop.domain.repository import Repository
from careloop.domain.system import System
from careloop.domain.tier import Tier
from careloop.gates.change_approval import ChangeApprovals
from careloop.gates.owners import OwnerGroup
from careloop.gates.people import People, seated

__all__ = ["FOR_EXCLUSIONS", "FOR_THRESHOLDS", "reached_by_exclusion", "second_voice_missing"]

FOR_EXCLUSIONS: Final = ("approve_exclusion", "accept_risk")
FOR_THRESHOLDS: Final = ("approve_thresholds", "accept_risk")
"""Authorities of which the second post needs one."""


def reached_by_exclusion(repository: Repository, pointer: Pointer) -> tuple[str, ...]:
    """Systems of tier high or above for which the decision at a pointer of controls.yaml leaves its control out."""
    decision = _decision(repository, pointer)
    if decision is None or decision.applicable:
        return ()
    return tuple(
        system.id
        for system in repository.nouns(System)
        if system.tier.rank >= Tier.HIGH.rank and (not decision.systems or system.id in decision.systems)
    )


def _decision(repository: Repository, pointer: Pointer) -> ControlDecision | None:
    match pointer:
        case ("decisions", int(position), *_):
            controls = repository.only(Controls)
            return controls.decisions[position] if controls else None
    return None


def second_voice_missing(
    path: str, owners: tuple[OwnerGroup, ...], given: ChangeApprovals, authorities: tuple[str, ...]
) -> tuple[str, ...] | None:
    """Ids of the people who agreed so far, while two of two posts are not among them; null when they are."""
    people = given.people
    second = OwnerGroup(name="a second post", people=frozenset(_may_be_second(people, authorities)))
    first = {one.person for one in given.verdict(path, owners).approved}
    others = {one.person for one in given.verdict(path, (second,)).approved}
    for one in sorted(first):
        for other in sorted(others):
            if people.identity(one) == people.identity(other):
                continue
            wishes = [(one, _seats(people, one, owners)), (other, _second_seats(people, other, authorities))]
            if len(seated(wishes)) == len(wishes):
                return None
    return tuple(sorted(first | others))


def _may_be_second(people: People, authorities: tuple[str, ...]) -> set[str]:
    return {person for authority in authorities for person in people.may(authority)}


def _second_seats(people: People, person: str, authorities: tuple[str, ...]) -> frozenset[str]:
    return frozenset(seat for authority in authorities for seat in people.seats(person, authority))


def _seats(people: People, person: str, owners: tuple[OwnerGroup, ...]) -> frozenset[str]:
    """Posts for which somebody speaks as owner: of a post that owns it that post, else any that they hold."""
    posts = frozenset(group.post for group in owners if group.post is not None and person in group.people)
    return posts or people.posts(person)
