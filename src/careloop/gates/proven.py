"""Whether it was really this person: their own signature, or the word of a listed server about a session of theirs.

Judged when something is signed and again whenever it is relied on, by the documents in force at that moment: a key that
was taken off roles.yaml or care.yaml proves nothing any more. Source: LEDGER 8; SEMANTICS 18; R41.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from careloop.domain.approval import Ground, Refusal
from careloop.domain.roles import Person
from careloop.domain.session import SessionStatement
from careloop.errors import CareloopError
from careloop.gates.people import People
from careloop.gates.session import SESSION_NAMESPACE, session_digest
from careloop.ledger.ssh_signature import APPROVAL_NAMESPACE, SshKey, read_ssh_signature, verify_ssh_signature

__all__ = ["APPROVAL", "Act", "Purpose", "why_no_session", "why_not_proven"]

_AT_ONCE: Final = timedelta(minutes=1)
"""Longest time between somebody's yes and the ledger's entry; a statement cannot be kept for later."""


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a signature is for."""

    action: str
    """In a session statement."""
    namespace: str
    """Of a signature by the person's own key."""


APPROVAL: Final = Purpose("approve", APPROVAL_NAMESPACE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Something a person is said to have agreed to, and what is to prove that they did."""

    purpose: Purpose
    person: str
    digest: str
    """Of the request or statement that they agreed to."""
    at: datetime
    """When the ledger took it."""
    signature: str
    session: SessionStatement | None = None


def why_not_proven(act: Act, people: People) -> Refusal | None:
    """Why an act is not proven to be that person's; None when it is."""
    entry = people.entry(act.person)
    if entry is None:
        return Refusal(act.person, Ground.UNKNOWN_KEY, f"roles.yaml lists nobody called {act.person}")
    if act.session is None:
        return _not_signed(act, entry, people)
    return _not_vouched(act.session, act, people) or why_no_session(act.session, act, people)


def why_no_session(statement: SessionStatement, act: Act, people: People) -> Refusal | None:
    """Why a session statement does not show this act, even if the right server signed it; None when it does."""
    who, session, step_up = act.person, statement.who, people.sessions.step_up
    if (statement.action, statement.digest) != (act.purpose.action, act.digest):
        return Refusal(who, Ground.UNKNOWN_KEY, f"in this session {who} agreed to something else")
    if session.person != who:
        return Refusal(who, Ground.UNKNOWN_KEY, f"the session is one of {session.person}, not of {who}")
    if not timedelta(0) <= act.at - statement.at <= _AT_ONCE:
        message = f"{who} agreed at {statement.at.isoformat()}, and it was recorded at {act.at.isoformat()}"
        return Refusal(who, Ground.STALE_SESSION, message)
    if session.stepped_up_at > statement.at:
        return Refusal(who, Ground.STALE_SESSION, f"{who} proved who they are only after they had agreed")
    if act.at - session.stepped_up_at > step_up:
        proven, fresh = _minutes(act.at - session.stepped_up_at), _minutes(step_up)
        return Refusal(
            who, Ground.STALE_SESSION, f"{who} proved who they are {proven} min ago; it must be within {fresh} min"
        )
    return None


def _not_signed(act: Act, entry: Person, people: People) -> Refusal | None:
    try:
        key = verify_ssh_signature(
            act.signature, act.digest.encode(), allowed=people.keys_of(entry), namespace=act.purpose.namespace
        )
    except CareloopError as error:
        return Refusal(entry.id, Ground.UNKNOWN_KEY, f"{entry.id}: {error.message}")
    if len({people.identity(one.id) for one in people.by_key(key)}) != 1:
        return Refusal(entry.id, Ground.UNKNOWN_KEY, f"the key of {entry.id} is listed for several people")
    return None


def _not_vouched(statement: SessionStatement, act: Act, people: People) -> Refusal | None:
    message, who = session_digest(statement).encode(), act.person
    try:
        server = read_ssh_signature(act.signature).key
        if server not in people.servers:
            return Refusal(who, Ground.UNKNOWN_KEY, f"{who}: {_unlisted(server, people)}")
        verify_ssh_signature(act.signature, message, allowed=[server], namespace=SESSION_NAMESPACE)
    except CareloopError as error:
        return Refusal(who, Ground.UNKNOWN_KEY, f"{who}: {error.message}")
    return None


def _unlisted(server: SshKey, people: People) -> str:
    if server in people.sessions.servers:
        return f"the key {server.fingerprint} is a server's and a person's, and so proves nothing"
    return f"the care.yaml in force does not list the server {server.fingerprint} under sessions"


def _minutes(span: timedelta) -> int:
    """Whole minutes, rounded up."""
    return -(-span // timedelta(minutes=1))
