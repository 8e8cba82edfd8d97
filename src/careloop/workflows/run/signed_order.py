"""A person's order to automation: proven to be theirs, and only with the authority for it (SEMANTICS 8, 18, 24)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from careloop.errors import InvalidInput, Refused
from careloop.gates.proven import Purpose
from careloop.gates.request import statement_digest
from careloop.ledger.canonical import instant_text
from careloop.ports.ledger import Actor, Json
from careloop.ports.session_voucher import PersonalProof
from careloop.workflows.run.release_desk import ReleaseDesk, read_governance
from careloop.workflows.run.release_records import derived_id, plain_text
from careloop.workflows.run.sign_as import choose_signer, sign_digest

__all__ = ["AUTHORITIES", "ORDER_NAMESPACE", "OrderAsk", "SignedOrder", "sign_order"]

ORDER_NAMESPACE: Final = "care-order"
_ORDER: Final = Purpose("order", ORDER_NAMESPACE)
AUTHORITIES: Final[Mapping[str, tuple[str, ...]]] = {
    "rollback": ("rollback", "kill", "restore"),
    "safe_state": ("rollback", "kill", "restore"),
    "pause": ("rollback", "kill", "restore"),
    "resume": ("rollback", "restore"),
    "undo": ("restore",),
    "redact": ("erase",),
    "erase_rows": ("erase",),
    "hold": ("erase", "hold"),
    "release_hold": ("erase",),
}
"""What may be ordered, and authorities any of which is enough; what loosens takes the right to restore, or to erase."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAsk:
    """What somebody wants done, and why."""

    action: str
    """A key of `AUTHORITIES`."""
    reason: str
    system: str | None
    """None: all systems."""
    environment: str | None = None
    about: Mapping[str, str] = field(default_factory=dict)
    """What else the order says, such as the release that is to take over."""
    person: str | None = None
    """Which of the keys at hand signs; None for the only one, and for a session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedOrder:
    """The order with its proof."""

    id: str
    """UUIDv7 that follows from the signed statement."""
    actor: Actor
    reason: str
    proof: Mapping[str, Json]
    """Statement, key, signature and what a server says about the session, as the ledger keeps them."""

    @property
    def person(self) -> str:
        """Who ordered it."""
        return self.actor.sub


def sign_order(ask: OrderAsk, desk: ReleaseDesk, proof: PersonalProof, now: datetime) -> SignedOrder:
    """Sign the order; `Refused` without proof of who acts or without the authority, `NotFound` for no such system."""
    if not ask.reason.strip():
        raise InvalidInput("an order says why", hint="give --reason TEXT")
    governance = read_governance(desk, now)
    if ask.system is not None:
        governance.system(ask.system)
    signer = choose_signer(proof, governance.people, ask.person)
    person, enough = signer.person.id, AUTHORITIES[ask.action]
    if not any(governance.people.seats(person, authority) for authority in enough):
        raise Refused(f"no post of {person} carries {' or '.join(enough)}, which '{ask.action}' takes")
    statement = {
        "action": ask.action,
        "system": ask.system or "*",
        "environment": ask.environment or "*",
        "person": person,
        "reason": plain_text(ask.reason.strip()),
        "at": instant_text(now),
        **ask.about,
    }
    digest = statement_digest(statement)
    signed = sign_digest(signer, governance.people, digest, purpose=_ORDER, now=now)
    return SignedOrder(
        id=derived_id(int(now.timestamp() * 1000), "order", digest),
        actor=signer.actor,
        reason=statement["reason"],
        proof={"statement": statement, **signed.data},
    )
