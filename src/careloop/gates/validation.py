"""Whether a release counts as independently validated (SEMANTICS 15)."""

from collections.abc import Sequence
from typing import Final

from careloop.domain.validation import VALIDATE_MODEL, Validation
from careloop.gates.people import People
from careloop.gates.proven import Act, Purpose, why_not_proven
from careloop.gates.request import statement_digest
from careloop.ledger.canonical import instant_text

__all__ = ["VALIDATION", "VALIDATION_NAMESPACE", "is_validated", "validation_digest", "why_no_validator"]

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
    signed = [one for one in validations if _signed(one, people)]
    if not signed:
        return False
    newest = signed[-1]
    independent = why_no_validator(newest.person, people, authors) is None
    return independent and not newest.conditions and newest.until >= people.on


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
