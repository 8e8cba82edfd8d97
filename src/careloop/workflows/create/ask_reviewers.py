"""Ask on the forge for the reviews of those whose approval a change lacks (R23, R25)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from careloop.documents.compile import compile_tree
from careloop.domain.forge import ForgeKind
from careloop.domain.roles import Roles
from careloop.errors import NotFound, Refused
from careloop.gates.people import People
from careloop.ports.forge import Forge
from careloop.ports.repository_source import RepositorySource

__all__ = ["ReviewersAsked", "Wanted", "ask_reviewers"]


@dataclass(frozen=True, slots=True)
class ReviewersAsked:
    """Who was asked, and whom nobody could ask there."""

    asked: tuple[str, ...]
    """Accounts that were asked now."""
    without_account: tuple[str, ...]
    """People for whom roles.yaml names no account on this forge."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose review is wanted."""

    posts: Sequence[str] = ()
    persons: Sequence[str] = ()
    """Ids of roles.yaml."""


def ask_reviewers(
    change: int, wanted: Wanted, *, source: RepositorySource, to: tuple[Forge, ForgeKind], on: date
) -> ReviewersAsked:
    """Ask whoever acts for the posts on a day, and the persons. Raises NotFound for a person without an entry."""
    forge, kind = to
    roles = compile_tree(source.work_tree()).repository.only(Roles)
    if roles is None:
        raise Refused("there is no readable roles.yaml", hint="run `care check`")
    people = People(roles, on)
    behind = [one for post in wanted.posts for one in sorted(people.behind(post, ""))]
    accounts: list[str] = []
    without: list[str] = []
    for name in dict.fromkeys([*wanted.persons, *behind]):
        person = people.entry(name)
        if person is None:
            raise NotFound(f"roles.yaml lists nobody with the id {name}")
        account = person.accounts.get(kind)
        if account is None:
            without.append(name)
        else:
            accounts.append(account)
    return ReviewersAsked(forge.request_reviews(change, accounts) if accounts else (), tuple(without))
