"""Whether enough functions agreed to a change, each by a person of its own (R28).

An agreement is an approval as owners give one (`careloop.gates.change_approval`): signed, by somebody who made no part
of the change and saw exactly what it leaves. Whoever holds posts of several functions speaks for one of them.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from careloop.documents.codeowners import path_matches
from careloop.domain.organisation import CrossReview
from careloop.domain.tier import Tier
from careloop.gates.change_approval import ChangeApprovals
from careloop.gates.owners import APPROVE_CHANGE, OwnerGroup
from careloop.gates.people import People, seated

__all__ = ["ReviewOutcome", "judge_reviews"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewOutcome:
    """A review that a change needs, and how far it came."""

    review: CrossReview
    paths: tuple[str, ...]
    """Changed paths that it is about."""
    short: tuple[str, ...]
    """Those of them that too few functions agreed to."""
    agreed: Mapping[str, str]
    """Function to the person who spoke for it, at the path with the fewest."""
    because: tuple[str, ...]

    @property
    def message(self) -> str:
        """What is missing, in the reader's words; empty when nothing is."""
        if not self.short:
            return ""
        more = f" and {len(self.short) - 1} more" if len(self.short) > 1 else ""
        names = ", ".join(self.review.functions)
        so_far = ", ".join(f"{function}: {person}" for function, person in sorted(self.agreed.items())) or "nobody"
        wanted = f"{self.review.at_least} of {names}"
        return f"{self.short[0]}{more} changed without the review {self.review.id} by {wanted}; so far {so_far}"


def judge_reviews(
    reviews: tuple[CrossReview, ...], given: ChangeApprovals, tier_of: Callable[[str], Tier | None]
) -> Iterator[ReviewOutcome]:
    """Each review that a change needs; `tier_of` a path is null where no system owns it: then the review counts."""
    for review in reviews:
        paths = [path for path in sorted(given.change.after) if _concerns(review, path, tier_of(path))]
        if not paths:
            continue
        found = {path: _Agreement.of(review, path, given) for path in paths}
        least = min(found.values(), key=lambda one: len(one.agreed))
        short = tuple(path for path, one in found.items() if len(one.agreed) < review.at_least)
        yield ReviewOutcome(
            review=review, paths=tuple(paths), short=short, agreed=least.agreed, because=least.because if short else ()
        )


def _concerns(review: CrossReview, path: str, tier: Tier | None) -> bool:
    if not any(path_matches(f"/{pattern.lstrip('/')}", path) for pattern in review.paths):
        return False
    return review.tier is None or tier is None or tier.rank >= review.tier.rank


@dataclass(frozen=True, slots=True)
class _Agreement:
    agreed: Mapping[str, str]
    because: tuple[str, ...]

    @classmethod
    def of(cls, review: CrossReview, path: str, given: ChangeApprovals) -> "_Agreement":
        people = given.people
        functions: dict[str, set[str]] = {}
        names: dict[str, str] = {}
        because: list[str] = []
        for function in review.functions:
            group = OwnerGroup(name=f"the function {function}", people=_speaking(people, function))
            verdict = given.verdict(path, (group,))
            because += verdict.because
            for one in verdict.approved:
                human = people.identity(one.person)
                names.setdefault(human, one.person)
                functions.setdefault(human, set()).add(function)
        seats = seated((human, frozenset(mine)) for human, mine in functions.items())
        agreed = {function: names[human] for human, function in seats.items()}
        if len(agreed) < review.at_least:
            because += [
                f"{names[human]} agreed and holds posts of {', '.join(sorted(mine))}, and speaks for one of them"
                for human, mine in functions.items()
                if len(mine) > 1
            ]
        return cls(agreed, tuple(dict.fromkeys(because)))


def _speaking(people: People, function: str) -> frozenset[str]:
    posts = [post.id for post in people.roles.posts if post.function == function]
    return frozenset(person for post in posts for person in people.behind(post, APPROVE_CHANGE))
