"""A policy: text for people in numbered statements, each tied to rules or to a person."""

from datetime import date
from enum import StrEnum
from typing import Annotated

from careloop.domain.noun import Duration, Governed, Noun, Slug, Text, not_before
from careloop.domain.organisation import Approval

__all__ = ["Manual", "Policy", "PolicyKind", "Statement"]


class PolicyKind(StrEnum):
    """Which policy this is; exactly one `ai_policy` is expected (ISO/IEC 42001 5.2)."""

    CHARTER = "charter"
    AI_POLICY = "ai_policy"
    TOPIC = "topic"


class Manual(Noun):
    """A statement no machine can check: a post attests it at an interval."""

    owner: Slug
    interval: Duration


class Statement(Noun):
    """One numbered sentence of a policy."""

    number: str
    """`3.2`; unique within the policy."""
    text: Text
    rules: tuple[Slug, ...] = ()
    manual: Manual | None = None
    line: int
    """Line of the statement in its file, from 1."""
    section: str | None = None
    """Heading it stands under."""


class Policy(Governed):
    """A policy document: front matter and statements."""

    id: Slug
    title: Text
    kind: PolicyKind
    approvers: tuple[Slug, ...] = ()
    approved: Approval | None = None
    effective: Annotated[date | None, not_before("approved")] = None
    audience: tuple[Slug, ...] = ()
    """Posts that must know it."""
    available_to: tuple[Text, ...] = ()
    """Interested parties that may read it."""
    commits_to: tuple[Slug, ...] = ()
    """Commitments it makes: `requirements`, `improvement`, `objectives`, `exceptions`, `principles`."""
    acknowledge_within: Duration | None = None
    sections: tuple[str, ...] = ()
    statements: tuple[Statement, ...] = ()
