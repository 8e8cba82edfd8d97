"""Profiles to start from, and the modules that an organisation may switch off (S5; SEMANTICS 28)."""

from itertools import product

from pydantic import Field

from careloop.domain.noun import Duration, Noun, Slug, Text
from careloop.domain.risk import Appetite, TierRule
from careloop.domain.roles import Function
from careloop.domain.tier import Phase

__all__ = ["Module", "Profile", "ProfileFile", "ProfilePost", "least_people"]


class Module(Noun):
    """A part of the management system that can be off; then what its rules find is grey, and never a pass."""

    id: Slug
    title: Text
    rules: tuple[Slug, ...] = ()


class ProfilePost(Noun):
    """A post that the profile adds to top management and the responsible-AI lead."""

    id: Slug
    title: Text
    function: Function
    authorities: tuple[Slug, ...] = ()
    guest: bool = False
    """Held by somebody from outside with limited access (SEMANTICS 28)."""


class Profile(Noun):
    """A kind of organisation, with what it starts from."""

    id: Slug
    title: Text
    why: Text
    on: tuple[Slug, ...]
    every: dict[Phase, Duration]
    appetite: Appetite
    tiers: tuple[TierRule, ...]
    posts: tuple[ProfilePost, ...]
    apart: tuple[tuple[Slug, Slug], ...] = ()
    """Posts that one person may not hold together."""


class ProfileFile(Noun):
    """`standards/profiles.yaml`."""

    edition: Text
    modules: tuple[Module, ...] = Field(min_length=1)
    profiles: tuple[Profile, ...] = Field(min_length=1)


def least_people(profile: Profile) -> tuple[int, int]:
    """The least number of people of its own that a profile needs, and how many guests beside them.

    The fewest people that can hold all posts with no two posts that must be apart in one hand: tried from one upwards.
    """
    guests = {post.id for post in profile.posts if post.guest}
    posts = [name for name in _posts(profile) if name not in guests]
    pairs = [(one, two) for one, two in profile.apart if one in posts and two in posts]
    for number in range(1, len(posts) + 1):
        for hands in product(range(number), repeat=len(posts)):
            held = dict(zip(posts, hands, strict=True))
            if all(held[one] != held[two] for one, two in pairs):
                return number, len(guests)
    return len(posts), len(guests)


def _posts(profile: Profile) -> tuple[str, ...]:
    return ("top-management", "responsible-ai-lead", *(post.id for post in profile.posts))
