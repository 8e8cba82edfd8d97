"""Approvals of treatments as the ledger keeps them: who signed what, and whether it was really that person (R8).

Judged whenever a treatment is looked at, by the people in force then; a statement counts only as it was signed. What it
covers and whether its post is designated for so much risk is judged with the risk itself.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from typing import Final

from careloop.domain.residual import Scores, TreatmentApproval
from careloop.domain.session import SessionStatement
from careloop.errors import InvalidInput
from careloop.gates.people import People
from careloop.gates.proven import Act, Purpose, why_not_proven
from careloop.gates.request import statement_digest
from careloop.gates.session import read_session
from careloop.ledger.canonical import instant_text
from careloop.ports.ledger import Entry, Json

__all__ = [
    "ACCEPT_RISK",
    "TREATMENT",
    "TREATMENT_NAMESPACE",
    "TREATMENT_TYPE",
    "Terms",
    "may_sign_for",
    "treatment_approvals",
    "treatment_statement",
]

TREATMENT_NAMESPACE: Final = "care-treatment"
TREATMENT: Final = Purpose("approve_treatment", TREATMENT_NAMESPACE)
TREATMENT_TYPE: Final = "treatment.approved"
ACCEPT_RISK: Final = "accept_risk"
"""The authority that a designated post can lend to another for a while."""
_SCORES: Final = ("organisation", "individuals", "society")


@dataclass(frozen=True, slots=True)
class Terms:
    """What approvals are held against: who may act, and the zone whose days count."""

    people: People
    zone: tzinfo


def treatment_statement(approval: TreatmentApproval, *, reason: str, at: datetime) -> dict[str, str]:
    """What somebody signs who approves a treatment: plain texts, all of them."""
    scores = approval.scores.by_bearer if approval.scores else {}
    return {
        "action": TREATMENT.action,
        "treatment": approval.treatment,
        "digest": approval.digest,
        **{who: str(score) for who, score in scores.items()},
        "evidenced": " ".join(sorted(approval.evidenced)),
        "person": approval.person,
        "post": approval.post,
        "reason": reason,
        "at": instant_text(at),
    }


def may_sign_for(people: People, person: str, posts: Iterable[str]) -> str | None:
    """The first of these posts that a person holds, stands in for, or was lent the right of; null for none."""
    usable = people.posts(person) | people.seats(person, ACCEPT_RISK)
    return next((post for post in sorted(posts) if post in usable), None)


def treatment_approvals(entries: Iterable[Entry], terms: Terms) -> tuple[TreatmentApproval, ...]:
    """Every approval of a treatment in the ledger, in order, each with the reason why it does not count if it does not.

    An entry that cannot be read as one is passed over: nobody signed that.
    """
    found = []
    for entry in entries:
        stated = entry.record.data.get("statement")
        if entry.record.type == TREATMENT_TYPE and isinstance(stated, Mapping):
            approval = _approval(entry, {str(key): str(value) for key, value in stated.items()}, terms)
            if approval is not None:
                found.append(approval)
    return tuple(found)


def _approval(entry: Entry, stated: dict[str, str], terms: Terms) -> TreatmentApproval | None:
    day = entry.recorded_at.astimezone(terms.zone).date()
    try:
        read = TreatmentApproval(
            treatment=stated["treatment"],
            digest=stated["digest"],
            person=stated["person"],
            post=stated["post"],
            on=day,
            scores=_scores(stated),
            evidenced=frozenset(stated["evidenced"].split()),
            entry=entry.index,
        )
        session = _session(entry.record.data.get("session"))
    except (KeyError, ValueError, InvalidInput):
        return None
    return replace(read, refused=_why_not(entry, read, stated, session, terms))


def _why_not(
    entry: Entry, read: TreatmentApproval, stated: dict[str, str], session: SessionStatement | None, terms: Terms
) -> str | None:
    people = _as_of(terms.people, read.on)
    act = Act(
        purpose=TREATMENT,
        person=read.person,
        digest=statement_digest(stated),
        at=entry.record.occurred_at,
        signature=str(entry.record.data.get("signature")),
        session=session,
    )
    if read.person != entry.record.actor.sub or stated["action"] != TREATMENT.action:
        return "the entry says something else than what was signed"
    refusal = why_not_proven(act, people)
    if refusal is not None:
        return refusal.message
    if may_sign_for(people, read.person, (read.post,)) is None:
        return f"{read.person} does not hold {read.post}"
    return None


def _as_of(people: People, day: date) -> People:
    """The same people on the day of the act: who left since had the right to act before."""
    return replace(people, on=min(day, people.on))


def _scores(stated: Mapping[str, str]) -> Scores | None:
    if not any(who in stated for who in _SCORES):
        return None
    return Scores(**{who: int(stated[who]) for who in _SCORES})


def _session(value: Json) -> SessionStatement | None:
    return None if value is None else read_session(value)
