"""People, posts, duties, authorities and escalation (ISO/IEC 42001 5.3, A.3.2, R20, R25)."""

from datetime import date
from enum import StrEnum
from typing import Annotated
from unicodedata import name as unicode_name

from pydantic import AfterValidator, Field

from careloop.domain.forge import ForgeKind
from careloop.domain.noun import Duration, Governed, Noun, Slug, Text

__all__ = [
    "Accountability",
    "ActingHolder",
    "Delegation",
    "DutyKind",
    "Escalation",
    "EscalationStep",
    "Function",
    "OnCallRota",
    "Person",
    "Post",
    "Roles",
]


class Function(StrEnum):
    """Which view a post brings to a cross-functional review (R28)."""

    TOP_MANAGEMENT = "top_management"
    LEGAL = "legal"
    SECURITY = "security"
    PRODUCT = "product"
    DATA = "data"
    RISK = "risk"
    ENGINEERING = "engineering"
    AUDIT = "audit"
    OPERATIONS = "operations"
    PEOPLE = "people"


class DutyKind(StrEnum):
    """Duties that ISO/IEC 42001 5.3 and A.3.2 want somebody to hold."""

    AIMS_CONFORMITY = "aims_conformity"
    AIMS_REPORTING = "aims_reporting"
    RISK = "risk"
    IMPACT = "impact"
    SECURITY = "security"
    SAFETY = "safety"
    PRIVACY = "privacy"
    DEVELOPMENT = "development"
    PERFORMANCE = "performance"
    OVERSIGHT = "oversight"
    SUPPLIER = "supplier"
    DATA_QUALITY = "data_quality"


def _without_look_alikes(mail: str) -> str:
    strange = sorted({sign for sign in mail if not sign.isascii()})
    if strange:
        shown = ", ".join(f"U+{ord(sign):04X} {unicode_name(sign, '?')}" for sign in strange)
        raise ValueError(f"a mail address that names a person is written in ASCII, and this one holds {shown}")
    return mail


class Person(Noun):
    """Somebody who holds posts. In a larger firm the directory supplies these (SEMANTICS 27)."""

    id: Slug
    name: Text
    mail: Annotated[str, AfterValidator(_without_look_alikes)] | None = Field(
        default=None, pattern=r"^[^@\s]+@[^@\s]+$"
    )
    keys: tuple[str, ...] = ()
    """SSH public keys, `ssh-ed25519 AAAA…`, that prove who acts."""
    left: date | None = None
    """Day the person left; from then on every post held is vacant."""
    external: bool = False
    service: bool = False
    """A program's account, such as a pipeline's. It may ask and commit; it never approves, orders or validates."""
    accounts: dict[ForgeKind, Text] = {}
    """Account names by forge, so that the person can be asked for a review there. They prove nothing about who acts."""


class ActingHolder(Noun):
    """Who stands in while a post is vacant."""

    person: Slug
    until: date


class Post(Noun):
    """A post with named duties and authorities."""

    id: Slug
    title: Text
    function: Function
    holders: tuple[Slug, ...] = ()
    acting: ActingHolder | None = None
    vacant_since: date | None = None
    duties: tuple[DutyKind, ...] = ()
    authorities: tuple[Slug, ...] = ()
    """What the holder may decide: `approve_policy`, `approve_release`, `accept_risk`, `kill`, `restore`, …"""
    approves_risk_up_to: Slug | None = None
    """Highest risk level (of risk/criteria.yaml) whose acceptance this post may sign."""


class EscalationStep(Noun):
    """Who is asked next, and how long they have."""

    post: Slug
    within: Duration


class Escalation(Noun):
    """A path with time limits; the last step is top management (5.1)."""

    id: Slug
    when: Text
    steps: tuple[EscalationStep, ...] = Field(min_length=1)


class Accountability(Noun):
    """Exactly one accountable post for a part of the repository, and who else has to do with it (R20, R23, R25)."""

    path: Text
    """Glob from the repository's root, as in CODEOWNERS: `systems/credit-decision/**`."""
    post: Slug
    """Accountable: the one that answers for it and agrees to changes."""
    responsible: tuple[Slug, ...] = ()
    """Posts that do the work."""
    consulted: tuple[Slug, ...] = ()
    """Posts that are asked before."""
    informed: tuple[Slug, ...] = ()
    """Posts that are told after."""


class Delegation(Noun):
    """An authority lent for a while."""

    from_post: Slug
    to_post: Slug
    authority: Slug
    until: date


class OnCallRota(Noun):
    """Who may use a post's authority while on call: for hours, with a reason, reviewed the next day (SEMANTICS 18)."""

    post: Slug
    people: tuple[Slug, ...] = Field(min_length=1)
    authorities: tuple[Slug, ...] = Field(min_length=1)
    """Out of those of the post."""
    at_most: Duration = "PT12H"
    """Longest that it can be taken for at a time."""


class Roles(Governed):
    """`roles.yaml`."""

    people: tuple[Person, ...] = ()
    posts: tuple[Post, ...] = Field(min_length=1)
    escalations: tuple[Escalation, ...] = ()
    accountable: tuple[Accountability, ...] = ()
    delegations: tuple[Delegation, ...] = ()
    on_call: tuple[OnCallRota, ...] = ()
