"""Whether a release counts as independently validated (SEMANTICS 15)."""

from collections.abc import Iterator, Sequence
from typing import Final

from careloop.domain.decision import Reason, ReasonKind, Verdict
from careloop.domain.validation import VALIDATE_MODEL, Validation
from careloop.gates.people import People
from careloop.gates.proven import Act, Purpose, why_not_proven
from careloop.gates.request import statement_digest
from careloop.ledger.canonical import instant_text

__all__ = [
    "VALIDATION",
    "VALIDATION_NAMESPACE",
    "is_validated",
    "validation_digest",
    "validation_reasons",
    "why_no_validator",
]

VALIDATION_NAMESPACE: Final = "care-validation"
VALIDATION: Final = Purpose("validate", VALIDATION_NAMESPACE)


def validation_digest(validation: Validation) -> str:
    """What the validator signs."""
    return statement_digest(
        {
            "action": "validate",
            "lock": validation.lock,
            "person": validation.person,
            "report": validation.report,
            "conditions": "\n".join(validation.conditions),
            "until": validation.until.isoformat(),
            "at": instant_text(validation.at),
            # Only where there are any: reports from before they existed were signed without.
            **({"findings": "\n".join(validation.findings)} if validation.findings else {}),
            **({"limits": "\n".join(validation.limits)} if validation.limits else {}),
        }
    )


def why_no_validator(person: str, people: People, authors: frozenset[str]) -> str | None:
    """Why somebody cannot validate a release independently; None when they can."""
    if people.identity(person) in {people.identity(author) for author in authors}:
        return f"{person} wrote or committed what is released"
    if not people.seats(person, VALIDATE_MODEL):
        return f"no post of {person} carries {VALIDATE_MODEL}"
    return f"{person} holds a post that develops models" if people.develops(person) else None


def is_validated(validations: Sequence[Validation], people: People, authors: frozenset[str]) -> bool:
    """Whether the newest signed validation of a release is in date, free of conditions and by an independent person."""
    newest = _newest(validations, people)
    if newest is None:
        return False
    independent = why_no_validator(newest.person, people, authors) is None
    return independent and not newest.conditions and newest.until >= people.on


def validation_reasons(validations: Sequence[Validation], people: People) -> Iterator[Reason]:
    """What the newest signed report means: open conditions block at every tier, limits and findings are told."""
    newest = _newest(validations, people)
    if newest is None:
        return
    for condition in newest.conditions:
        yield Reason(
            kind=ReasonKind.VALIDATION,
            effect=Verdict.BLOCK,
            message=f"{newest.person} validated the release on a condition that is open: {condition}",
            remedy="meet the condition, and have the validator sign a report without it: care release validate",
            controls=("iso42001:2023/A.6.2.4",),
        )
    for word, said in (("found", newest.findings), ("limits its use", newest.limits)):
        for one in said:
            message = f"{newest.person}, who validated it until {newest.until}, {word}: {one}"
            yield Reason(kind=ReasonKind.VALIDATION, effect=Verdict.ALLOW, message=message)


def _newest(validations: Sequence[Validation], people: People) -> Validation | None:
    """The last report that is proven to be its validator's."""
    signed = [one for one in validations if _signed(one, people)]
    return signed[-1] if signed else None


def _signed(validation: Validation, people: People) -> bool:
    act = Act(
        purpose=VALIDATION,
        person=validation.person,
        digest=validation_digest(validation),
        at=validation.at,
        signature=validation.signature,
        session=validation.session,
    )
    return why_not_proven(act, people) is None
